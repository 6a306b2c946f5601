"""Executions: start and look at. Starting is durable before it is acknowledged; `control.py` has the rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from uuid_utils import uuid7

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Invalid, UserError
from concertmaster.domain.events import Event, ExecutionCreated
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.domain.execution_filter import EVERY, ExecutionFilter
from concertmaster.domain.given import Part
from concertmaster.domain.interfaces import (
    Claim,
    Clock,
    ExecutionStore,
    Journal,
    NewExecution,
    Page,
    Placement,
    Slots,
    StoredWorkflow,
)
from concertmaster.domain.problems import has_errors
from concertmaster.domain.validation import check_inputs
from concertmaster.domain.values import JsonValue, Stored, TableRef, Value
from concertmaster.domain.workflow import Workflow
from concertmaster.engine.parts import Owner
from concertmaster.services.baselines import Baselines
from concertmaster.services.execution_view import ExecutionView, value_at
from concertmaster.services.explaining import explain
from concertmaster.services.kept_data import demand_kept, references_of
from concertmaster.services.moments import Moment, RowThen, last_seq, until
from concertmaster.services.output_pages import no_table, page_of_table, page_of_whole, text_of_json
from concertmaster.services.start_keys import demand_key, fingerprint, slot_of
from concertmaster.services.workflows import WorkflowService

JOURNAL_PAGE = 1_000
SCANS_AT_ONCE = 2
MANUAL: Mapping[str, Any] = {"type": "manual"}
WHOLE = Part()
# In what a replay is told as `trigger`: the execution that it repeats.
REPLAY = "replay_of"


@dataclass(frozen=True, slots=True)
class Started:
    """An execution that was started, now or, with its idempotency key, earlier.

    Attributes:
        document: that it runs, or of this request.
        inputs: of this request; when the execution is known from its key alone, empty.
    """

    row: ExecutionRow
    is_new: bool
    document: Workflow
    inputs: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """`Execution` of the REST contract, of a new one."""
        return ExecutionView(self.document, self.inputs).as_json(self.row, {})


class ExecutionService:
    """Use cases around executions."""

    def __init__(
        self,
        *,
        owner: Owner,
        journal: Journal,
        store: ExecutionStore,
        workflows: WorkflowService,
        placement: Placement,
        artifacts: ArtifactStore,
        slots: Slots,
        stored: Callable[[Value], Awaitable[Stored]],
        baselines: Baselines,
        clock: Clock,
    ) -> None:
        self._owner = owner
        self._journal = journal
        self._store = store
        self._workflows = workflows
        self._placement = placement
        self._artifacts = artifacts
        self._slots = slots
        self._stored = stored
        self._baselines = baselines
        self._clock = clock
        self._scans = asyncio.Semaphore(SCANS_AT_ONCE)

    async def start(
        self,
        actor: Actor,
        workflow: str,
        inputs: Mapping[str, Any],
        *,
        version: int | None = None,
        idempotency_key: str | None = None,
        trigger: Mapping[str, Any] = MANUAL,
        priority: int | None = None,
        noted: bool = False,
        cache: bool = True,
        part: Part = WHOLE,
        request: str = "",
    ) -> Started:
        """Start an execution; it is stored durably when this returns.

        Args:
            inputs: by name; defaults are filled in from the document.
            version: the published one when not given.
            priority: higher ones start first; that of the workflow's policy when not given.
            noted: see `NewExecution`.
            cache: results of earlier executions are reused where the workflow allows it.
            idempotency_key: a second start with the same key and the same request gives the first execution.
            part: what does not run; request: the fingerprint of the request where it says more than is said here.
        Raises:
            NotFound: the workflow or version.
            Invalid: inputs or document have problems.
            Conflict: the key was used for another request; `partial.data_gone`.
        """
        demand(actor, "execution:start")
        demand_key(idempotency_key, by_request=trigger["type"] == MANUAL["type"] or REPLAY in trigger)
        if idempotency_key is not None and not request:
            request = fingerprint(workflow, version, inputs, trigger.get(REPLAY), fresh=not cache)
        try:
            stored, document, given, code = await self._fitting(workflow, inputs, version)
        except UserError:
            # What was published since does not change what a request that comes again is told.
            first = await self.keyed(workflow, idempotency_key, fingerprint=request) if idempotency_key else None
            if first is None:
                raise
            return first
        await demand_kept(self._artifacts, part.given)
        new = NewExecution(
            id=str(uuid7()),
            at=self._clock.now(),
            body=ExecutionCreated(
                *(workflow, stored.version, given, trigger, None, not cache, code), part.given, part.left_out
            ),
            idempotency_key=idempotency_key,
            fingerprint=request,
            priority=document.policy.priority if priority is None else priority,
            slot=slot_of(document, given, trigger),
            noted=noted,
            artifacts=references_of(part.given),
        )
        # Without room it is left to the dispatcher of whichever process has some first.
        owner = None if self._placement.full else self._owner.name
        row, is_new = await self._journal.create(new, actor=actor, owner=owner)
        if is_new and row.owner == owner and owner is not None:
            self._placement.submit(Claim(row, created=Event(row.id, 1, row.created_at, new.body)))
        return Started(row, is_new, document, given)

    async def keyed(self, workflow: str, key: str, *, fingerprint: str | None = None) -> Started | None:
        """What was started earlier with an idempotency key, by any request or by one with this fingerprint.

        For other services: it asks nobody's permission.
        """
        known = await self._store.keyed(workflow, key)
        if known is None or fingerprint not in (None, known[1]):
            return None
        row = known[0]
        return Started(row, False, await self._workflows.version(row.workflow, row.version), {})

    async def _fitting(
        self, workflow: str, inputs: Mapping[str, Any], version: int | None
    ) -> tuple[StoredWorkflow, Workflow, dict[str, Any], Mapping[str, str]]:
        """The version to run, the inputs with its defaults, and the code of plugins. Raises as `start` does."""
        stored, document = await self._workflows.runnable(workflow, version=version)
        given, problems = check_inputs(document, inputs)
        if has_errors(problems):
            raise Invalid("execution.inputs_invalid", f"The inputs do not fit {workflow}", problems)
        return stored, document, given, await self._workflows.demand_runnable(stored, document)

    async def prepare(self, workflow: str, version: int) -> None:
        """Read, check and compile a version, so that its start has little to do. Raises as `start` does."""
        await self._workflows.demand_runnable(*await self._workflows.runnable(workflow, version=version))
        await self._placement.prepare(workflow, version)

    async def get(self, actor: Actor, execution_id: str) -> ExecutionRow:
        """The execution's line. Raises NotFound."""
        demand(actor, "execution:read")
        return await self._store.get(execution_id)

    async def show(self, actor: Actor, execution_id: str, *, at: int | None = None) -> dict[str, Any]:
        """The execution with inputs, outputs and nodes, as the REST contract has it.

        Args:
            at: as it was after the event of this seq; what it waited for then is not told.
        Raises:
            NotFound: the execution, or `execution.moment_not_found`.
        """
        demand(actor, "execution:read")
        row, view = await self.view(execution_id, at)
        shown = view.as_json(row, await self._store.log_counts(execution_id, until=None if at is None else view.at))
        shown["typical_seconds"] = None if row.hidden else await self._baselines.typical(row.workflow)
        if at is None and row.status not in FINAL_EXECUTION:
            await explain(shown, row, view, store=self._store, slots=self._slots, look=self.view)
        return shown

    async def list(
        self, actor: Actor, chosen: ExecutionFilter = EVERY, *, before: str | None = None, limit: int = 50
    ) -> Page[ExecutionRow]:
        """A page of executions, newest first."""
        demand(actor, "execution:read")
        return await self._store.list(chosen, before=before, limit=limit)

    async def output(
        self,
        actor: Actor,
        execution_id: str,
        node: str,
        *,
        outlet: str,
        offset: int,
        limit: int,
        sort: str | None,
        where: Sequence[str] = (),
        moment: Moment = None,
    ) -> dict[str, Any]:
        """A node's output: a page of a table, which is read without loading the whole; JSON as a whole.

        Args:
            offset, limit: rows of a table; they mean nothing to other kinds.
            sort: a column, `-column` for descending.
            where: conditions that rows have to meet, see `data.where`; of a table only.
        Raises:
            NotFound: the execution, the node, nothing on that outlet, or its data is not kept any more.
            UserError: `table.unknown_column`, `table.not_sortable`, `where.*`; `output.no_table`, there are conditions
                and no table; or what making a table raises that is not stored.
        """
        demand(actor, "execution:read")
        value = await self.value(execution_id, node, outlet, moment)
        if isinstance(value, TableRef):
            path = await asyncio.to_thread(self._artifacts.local_path, value.artifact)
            # Looking through a whole table takes a core and some memory for a while.
            async with self._scans if sort or where else contextlib.nullcontext():
                found = await asyncio.to_thread(page_of_table, path, offset=offset, limit=limit, sort=sort, where=where)
            return {"kind": "table", **found}
        if where:
            raise no_table(node, outlet)
        if isinstance(value, JsonValue) and value.artifact is not None:
            return {"kind": "json", "value": await asyncio.to_thread(text_of_json, self._artifacts, value.artifact)}
        return page_of_whole(value)

    async def value(self, execution_id: str, node: str, outlet: str, moment: Moment = None) -> Stored:
        """What a node gave; for other services. Raises as `output`."""
        return await self._stored(value_at((await self.view(execution_id, moment))[1], execution_id, node, outlet))

    async def view(self, execution_id: str, moment: Moment = None) -> tuple[ExecutionRow, ExecutionView]:
        """The row and the fold of exactly the events it knows of, so that `seq` is where a follower goes on.

        For other services: it asks nobody's permission.

        Args:
            moment: both as they were after the event of this seq, or at this time; now when not given.
        Raises:
            NotFound: the execution, or `execution.moment_not_found`.
        """
        row = await self._store.get(execution_id)
        view = ExecutionView(await self._workflows.version(row.workflow, row.version))
        last = last_seq(row, moment)
        then = None if moment is None else RowThen(row)
        after = 0
        while after < last:
            events = await self._journal.read(execution_id, after, limit=min(JOURNAL_PAGE, last - after))
            if not events:
                break
            shown = until(events, moment)
            view.apply(shown)
            if then is not None:
                then.apply(shown)
            if len(shown) < len(events):
                break
            after = events[-1].seq
        return row if then is None else then.row, view

    async def log_counts(self, execution_id: str, *, until: datetime | None = None) -> Mapping[str, int]:
        """How many lines each node logged, all or until a time; for other services."""
        return await self._store.log_counts(execution_id, until=until)

"""Control of executions: cancel, pause, resume, retry, replay; one by one or many by a filter.

Nobody but its owner changes an execution. What is asked for here is durable in its inbox when the call returns, and the
owner, or the process that claims it next, answers it with events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Conflict, Invalid, NotFound, UserError
from concertmaster.domain.events import ExecutionCreated, ExecutionRetried
from concertmaster.domain.execution import FINAL_EXECUTION, REQUESTS, ExecutionRow, ExecutionStatus, RequestKind
from concertmaster.domain.execution_filter import EVERY, ExecutionFilter
from concertmaster.domain.given import Part
from concertmaster.domain.interfaces import Clock, ExecutionStore, Journal
from concertmaster.domain.near_miss import hint
from concertmaster.domain.problems import has_errors
from concertmaster.domain.validation import check_inputs
from concertmaster.services.executions import REPLAY, ExecutionService, Started
from concertmaster.services.workflows import WorkflowService

BulkAction = Literal["cancel", "pause", "resume", "retry", "replay"]

BULK_PAGE = 500
REFUSALS_SHOWN = 20
_WORDS: Mapping[RequestKind, str] = {
    "cancel": "cancelled",
    "pause": "paused",
    "resume": "resumed",
    "retry": "retried",
}
# What has not ended is not repeated by the hundred.
_POSSIBLE: Mapping[BulkAction, frozenset[ExecutionStatus]] = {**REQUESTS, "replay": FINAL_EXECUTION}


@dataclass(slots=True)
class BulkResult:
    """What became of a bulk request.

    Attributes:
        matched: executions that the filter names and that can be asked this.
        done: those that were asked.
        refused: the first few that cannot be, with the reason; among the ids also what there is not.
    """

    matched: int = 0
    done: int = 0
    refused: list[dict[str, str]] = field(default_factory=lambda: list[dict[str, str]]())

    def refuse(self, execution_id: str, error: UserError) -> None:
        """Note that one cannot be asked."""
        if len(self.refused) < REFUSALS_SHOWN:
            self.refused.append({"id": execution_id, "code": error.code, "message": error.message})

    def as_json(self) -> dict[str, Any]:
        """The form in REST."""
        return {"matched": self.matched, "done": self.done, "refused": self.refused}


class ControlService:
    """Use cases of whoever steers executions."""

    def __init__(
        self,
        journal: Journal,
        store: ExecutionStore,
        *,
        workflows: WorkflowService,
        executions: ExecutionService,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._store = store
        self._workflows = workflows
        self._executions = executions
        self._clock = clock

    async def request(
        self, actor: Actor, execution_id: str, kind: RequestKind, *, reason: str | None = None
    ) -> ExecutionRow:
        """Ask for cancel, pause or resume; durable when this returns.

        Raises:
            NotFound: `execution.not_found`.
            Conflict: its status does not allow it; `execution.write_interrupted`, to resume it would do nothing.
        """
        demand(actor, "execution:control")
        if kind == "resume" and (refusal := _refusal(kind, await self._store.get(execution_id))) is not None:
            raise refusal
        return await self._journal.post(execution_id, kind, {"reason": _reason(actor, kind, reason)}, actor=actor)

    async def retry(
        self,
        actor: Actor,
        execution_id: str,
        *,
        start: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> ExecutionRow:
        """Let an ended execution go on: what did not succeed runs again, the rest keeps its results.

        Args:
            start: a node that runs again, with everything behind it, although it succeeded.
            inputs: replace the inputs; every node that runs again then counts as new work.
        Raises:
            NotFound: the execution, or `node.not_found`.
            Conflict: `execution.not_ended`; `execution.nothing_to_retry`, it succeeded and no node is named.
            Invalid: the inputs do not fit.
        """
        demand(actor, "execution:control")
        row = await self._store.get(execution_id)
        document = await self._workflows.version(row.workflow, row.version)
        if start is not None and start not in document.nodes:
            raise NotFound(
                "node.not_found", f"Execution {execution_id} has no node '{start}'{hint(start, document.nodes)}"
            )
        if start is None and (refusal := _refusal("retry", row)) is not None:
            raise refusal
        data: dict[str, Any] = {"reason": _reason(actor, "retry", reason)}
        if start is not None:
            data["from"] = start
        if inputs is not None:
            given, problems = check_inputs(document, inputs)
            if has_errors(problems):
                raise Invalid("execution.inputs_invalid", f"The inputs do not fit {row.workflow}", problems)
            data["inputs"] = given
        return await self._journal.post(execution_id, "retry", data, actor=actor)

    async def replay(
        self, actor: Actor, execution_id: str, *, idempotency_key: str | None = None, priority: int | None = None
    ) -> Started:
        """Start a new execution of the same version with the same inputs (those of its last retry, if edited).

        It is told the same `trigger` as the first one, which its nodes may read, and that it is a replay. Where only a
        part of the workflow ran, the same part runs with the same given outputs.

        Raises:
            Conflict: `partial.data_gone`, of what was given nothing is left.
        """
        demand(actor, "execution:start")
        row = await self._store.get(execution_id)
        inputs, part = await self._brought(execution_id)
        return await self._executions.start(
            actor,
            row.workflow,
            inputs,
            version=row.version,
            idempotency_key=idempotency_key,
            trigger={**row.trigger, REPLAY: execution_id},
            priority=priority,
            part=part,
        )

    async def _brought(self, execution_id: str) -> tuple[Mapping[str, Any], Part]:
        """What an execution was started with, or retried."""
        inputs: Mapping[str, Any] = {}
        part = Part()
        after = 0
        while page := await self._journal.read(execution_id, after, limit=1_000):
            for event in page:
                match event.body:
                    case ExecutionCreated(inputs=given):
                        inputs, part = given, Part(event.body.given, event.body.left_out)
                    case ExecutionRetried(inputs=given) if given is not None:
                        inputs = given
                    case _:
                        pass
            after = page[-1].seq
        return inputs, part

    async def bulk(
        self,
        actor: Actor,
        action: BulkAction,
        chosen: ExecutionFilter = EVERY,
        *,
        ids: Sequence[str] = (),
        reason: str | None = None,
        dry_run: bool = False,
    ) -> BulkResult:
        """Ask the same of many executions, or start each anew, newest first; each for itself.

        Args:
            chosen: without a status all in which it can be asked; `called` is too wide to stand alone.
            ids: only these; the filters hold for them too.
            dry_run: only count.
        Raises:
            UserError: `bulk.no_filter`, it names everything.
            NotFound: there is none of the ids.
        """
        demand(actor, "execution:start" if action == "replay" else "execution:control")
        if chosen.is_empty and not ids:
            raise UserError(
                "bulk.no_filter", "Name a workflow, a status, a time, a backfill or ids: this would be every execution"
            )
        possible = _POSSIBLE[action]
        wanted = replace(chosen, status=[one for one in chosen.status or _natural(action) if one in possible])
        result = BulkResult()
        async for found in self._named(ids, wanted, result) if ids else self._listed(wanted):
            fitting: list[ExecutionRow] = []
            for row in found:
                if (refusal := _refusal(action, row)) is None:
                    fitting.append(row)
                else:
                    result.refuse(row.id, refusal)
            result.matched += len(fitting)
            if not dry_run:
                # Together, so that they share commits.
                await asyncio.gather(*(self._ask(actor, action, row, reason, result) for row in fitting))
        return result

    async def _ask(
        self, actor: Actor, action: BulkAction, row: ExecutionRow, reason: str | None, result: BulkResult
    ) -> None:
        try:
            if action == "retry":
                await self.retry(actor, row.id, reason=reason)
            elif action == "replay":
                await self.replay(actor, row.id)
            else:
                await self.request(actor, row.id, action, reason=reason)
        except UserError as error:
            # It went on meanwhile.
            result.refuse(row.id, error)
        else:
            result.done += 1

    async def _named(
        self, ids: Sequence[str], wanted: ExecutionFilter, result: BulkResult
    ) -> AsyncGenerator[Sequence[ExecutionRow]]:
        rows: list[ExecutionRow] = []
        missing: NotFound | None = None
        for execution_id in dict.fromkeys(ids):
            try:
                rows.append(await self._store.get(execution_id))
            except NotFound as error:
                missing = missing or error
                result.refuse(execution_id, error)
        if missing is not None and not rows:
            raise missing
        now = self._clock.now()
        yield [row for row in rows if row.status in wanted.status and wanted.lets_through(row, now)]

    async def _listed(self, wanted: ExecutionFilter) -> AsyncGenerator[Sequence[ExecutionRow]]:
        before: str | None = None
        while wanted.status:
            page = await self._store.list(wanted, before=before, limit=BULK_PAGE)
            yield page.items
            before = page.next
            if before is None:
                return


def _refusal(action: BulkAction, row: ExecutionRow) -> Conflict | None:
    """Why an execution in a fitting status cannot be asked this."""
    if action == "retry" and row.status == "succeeded":
        return Conflict(
            "execution.nothing_to_retry",
            f"Execution {row.id} succeeded, so there is nothing to retry; name the node to start from, or replay it as "
            "a new execution",
        )
    interrupted = row.error if row.status == "interrupted" else None
    if action == "resume" and interrupted is not None and interrupted.code == "node.write_interrupted":
        return Conflict(
            "execution.write_interrupted",
            f"Execution {row.id} was interrupted in a write of node {interrupted.node!r}, and nobody knows whether it "
            "arrived: look there, then retry the execution, which makes the write again under the same key, or cancel "
            "it",
        )
    return None


def _natural(action: BulkAction) -> Sequence[ExecutionStatus]:
    """The statuses that are meant when none is named: a bulk retry is not for what was cancelled on purpose."""
    if action == "retry":
        return ("failed", "interrupted")
    possible = _POSSIBLE[action]
    return sorted(possible - FINAL_EXECUTION if action == "cancel" else possible)


def _reason(actor: Actor, kind: RequestKind, reason: str | None) -> str:
    return f"{_WORDS[kind]} by {actor.name}" + (f": {reason}" if reason else "")

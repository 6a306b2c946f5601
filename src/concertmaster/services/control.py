"""Control of executions: cancel, pause, resume, retry, replay; one by one or many by a filter.

Nobody but its owner changes an execution. What is asked for here is durable in its inbox when the call returns, and the
owner, or the process that claims it next, answers it with events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Conflict, Invalid, NotFound, UserError
from concertmaster.domain.events import ExecutionCreated, ExecutionRetried
from concertmaster.domain.execution import FINAL_EXECUTION, REQUESTS, ExecutionRow, ExecutionStatus, RequestKind
from concertmaster.domain.given import Part
from concertmaster.domain.interfaces import ExecutionStore, Journal
from concertmaster.domain.near_miss import hint
from concertmaster.domain.problems import has_errors
from concertmaster.domain.validation import check_inputs
from concertmaster.services.executions import REPLAY, ExecutionService, Started
from concertmaster.services.workflows import WorkflowService

BULK_PAGE = 500
REFUSALS_SHOWN = 20
_WORDS: Mapping[RequestKind, str] = {
    "cancel": "cancelled",
    "pause": "paused",
    "resume": "resumed",
    "retry": "retried",
}


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
        self, *, journal: Journal, store: ExecutionStore, workflows: WorkflowService, executions: ExecutionService
    ) -> None:
        self._journal = journal
        self._store = store
        self._workflows = workflows
        self._executions = executions

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
        kind: RequestKind,
        *,
        workflow: str | None = None,
        status: Sequence[ExecutionStatus] = (),
        backfill: str | None = None,
        called: bool | None = None,
        ids: Sequence[str] = (),
        reason: str | None = None,
        dry_run: bool = False,
    ) -> BulkResult:
        """Ask the same of many executions, newest first; each is asked for itself.

        Args:
            status: all in which it can be asked when not given; retry must be told which.
            called: only those that another execution called, or only the others; too wide to stand alone.
            ids: only these; the filters hold for them too.
            dry_run: only count.
        Raises:
            UserError: `bulk.no_filter`, it names everything.
            NotFound: there is none of the ids.
        """
        demand(actor, "execution:control")
        if not (workflow or status or backfill or ids):
            raise UserError(
                "bulk.no_filter", "Name a workflow, a status, a backfill or ids: this would be every execution"
            )
        possible: list[ExecutionStatus] = [one for one in (status or _natural(kind)) if one in REQUESTS[kind]]
        result = BulkResult()
        chosen = self._named(ids, result) if ids else self._listed(workflow, possible, backfill, called)
        async for found in chosen:
            rows = [row for row in found if row.status in possible and workflow in (None, row.workflow)]
            if backfill is not None:
                rows = [row for row in rows if row.trigger.get("backfill") == backfill]
            if called is not None:
                rows = [row for row in rows if (row.parent is not None) == called]
            fitting: list[ExecutionRow] = []
            for row in rows:
                if (refusal := _refusal(kind, row)) is None:
                    fitting.append(row)
                else:
                    result.refuse(row.id, refusal)
            result.matched += len(fitting)
            if not dry_run:
                # Together, so that they share commits.
                await asyncio.gather(*(self._ask(actor, kind, row, reason, result) for row in fitting))
        return result

    async def _ask(
        self, actor: Actor, kind: RequestKind, row: ExecutionRow, reason: str | None, result: BulkResult
    ) -> None:
        try:
            if kind == "retry":
                await self.retry(actor, row.id, reason=reason)
            else:
                await self.request(actor, row.id, kind, reason=reason)
        except UserError as error:
            # It went on meanwhile.
            result.refuse(row.id, error)
        else:
            result.done += 1

    async def _named(self, ids: Sequence[str], result: BulkResult) -> AsyncGenerator[Sequence[ExecutionRow]]:
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
        yield rows

    async def _listed(
        self, workflow: str | None, status: Sequence[ExecutionStatus], backfill: str | None, called: bool | None
    ) -> AsyncGenerator[Sequence[ExecutionRow]]:
        before: str | None = None
        while status:
            page = await self._store.list(
                workflow=workflow, status=status, backfill=backfill, called=called, before=before, limit=BULK_PAGE
            )
            yield page.items
            before = page.next
            if before is None:
                return


def _refusal(kind: RequestKind, row: ExecutionRow) -> Conflict | None:
    """Why an execution in a fitting status cannot be asked this."""
    if kind == "retry" and row.status == "succeeded":
        return Conflict(
            "execution.nothing_to_retry",
            f"Execution {row.id} succeeded, so there is nothing to retry; name the node to start from, or replay it as "
            "a new execution",
        )
    interrupted = row.error if row.status == "interrupted" else None
    if kind == "resume" and interrupted is not None and interrupted.code == "node.write_interrupted":
        return Conflict(
            "execution.write_interrupted",
            f"Execution {row.id} was interrupted in a write of node {interrupted.node!r}, and nobody knows whether it "
            "arrived: look there, then retry the execution, which makes the write again under the same key, or cancel "
            "it",
        )
    return None


def _natural(kind: RequestKind) -> Sequence[ExecutionStatus]:
    """The statuses that are meant when none is named: a bulk retry is not for what was cancelled on purpose."""
    if kind == "retry":
        return ("failed", "interrupted")
    return sorted(REQUESTS[kind] - FINAL_EXECUTION) if kind == "cancel" else sorted(REQUESTS[kind])


def _reason(actor: Actor, kind: RequestKind, reason: str | None) -> str:
    return f"{_WORDS[kind]} by {actor.name}" + (f": {reason}" if reason else "")

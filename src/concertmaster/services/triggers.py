"""Triggers: look at them, switch them, try them out, and start what they start."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Invalid, UserError
from concertmaster.domain.expression import compile_value
from concertmaster.domain.findings import Findings
from concertmaster.domain.interfaces import Backfill, Clock, Page, TriggerFire, TriggerKinds, TriggerRow, TriggerStore
from concertmaster.domain.problems import has_errors
from concertmaster.domain.triggers import ScheduleCheck, read_trigger
from concertmaster.domain.workflow import Trigger, Workflow
from concertmaster.services.executions import ExecutionService, Started
from concertmaster.services.workflows import WorkflowService

UPCOMING = 5
UPCOMING_WITHIN = timedelta(weeks=1)
LISTED_FIRES = 3
SHOWN_FIRES = 50
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class TriggerView:
    """A trigger, its next times, and what became of the last ones, newest first."""

    row: TriggerRow
    upcoming: tuple[datetime, ...]
    fires: tuple[TriggerFire, ...]


class TriggerService:
    """Use cases around triggers.

    Args:
        wake: called when a trigger may be due earlier than before.
    """

    def __init__(
        self,
        *,
        store: TriggerStore,
        workflows: WorkflowService,
        executions: ExecutionService,
        kinds: TriggerKinds,
        schedules: ScheduleCheck,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._executions = executions
        self._kinds = kinds
        self._schedules = schedules
        self._clock = clock
        self._wake = wake

    async def list(
        self, actor: Actor, *, workflow: str | None = None, before: str | None = None, limit: int = 100
    ) -> Page[TriggerView]:
        """A page of triggers by workflow and name, each with a few of its last fires."""
        demand(actor, "workflow:read")
        page = await self._store.list(workflow=workflow, before=before, limit=limit)
        fires = await self._store.fires(page.items, limit=LISTED_FIRES)
        shown = [self._view(row, tuple(own)) for row, own in zip(page.items, fires, strict=True)]
        return Page(shown, page.next)

    async def show(self, actor: Actor, workflow: str, name: str) -> TriggerView:
        """One trigger. Raises NotFound `trigger.not_found`."""
        demand(actor, "workflow:read")
        return await self._shown(await self._store.get(workflow, name))

    async def upcoming(
        self, actor: Actor, *, until: datetime | None = None, limit: int
    ) -> Sequence[tuple[TriggerRow, datetime]]:
        """The next times of all enabled schedules, soonest first: of the next week when no end is given."""
        demand(actor, "workflow:read")
        now = self._clock.now()
        end = now + UPCOMING_WITHIN if until is None else until
        # Each has one time at least, so that no later trigger can be among the first ones.
        rows = await self._store.due_until(end, limit=limit)
        coming = [(row.next_at, n) for n, row in enumerate(rows) if row.next_at is not None]
        heapify(coming)
        found: list[tuple[TriggerRow, datetime]] = []
        while coming and len(found) < limit:
            at, n = heappop(coming)
            found.append((rows[n], at))
            for later in self._after(rows[n], at):
                if later <= end:
                    heappush(coming, (later, n))
        return found

    def _after(self, row: TriggerRow, at: datetime) -> Sequence[datetime]:
        try:
            return self._kinds.upcoming(_trigger(row), at, count=1)
        except UserError:
            # It cannot be read, as its fires say.
            return ()

    def preview(self, actor: Actor, config: Mapping[str, Any], *, count: int = UPCOMING) -> Sequence[datetime]:
        """The next times of a schedule that is being written.

        Raises:
            Invalid: `trigger.invalid`, with the problems of the config.
        """
        demand(actor, "workflow:read")
        findings = Findings()
        read = read_trigger("schedule", config, findings, at="/config", schedules=self._schedules)
        problems = findings.problems()
        if read is None or has_errors(problems):
            raise Invalid("trigger.invalid", "The schedule has no times yet", problems)
        return self._kinds.upcoming(Trigger("schedule", config), self._clock.now(), count=count)

    async def enable(self, actor: Actor, workflow: str, name: str, *, enabled: bool) -> TriggerView:
        """Let it start executions, from now on, or no longer.

        Times that pass while it is disabled are not missed.

        Raises:
            NotFound: `trigger.not_found`.
            UserError: `trigger.unreadable`.
        """
        demand(actor, "trigger:control")
        changed = await self._store.enable(workflow, name, enabled=enabled, at=self._clock.now(), actor=actor)
        self._wake()
        return await self._shown(changed)

    async def test(self, actor: Actor, workflow: str, name: str, *, sample: Mapping[str, Any] | None = None) -> Started:
        """Start an execution at once, told the same as the last one that the trigger started, or something made up.

        Args:
            sample: to be told in place of the one that is kept, which stays.
        Raises:
            NotFound: `trigger.not_found`.
            Invalid: the inputs do not fit.
        """
        demand(actor, "execution:start")
        row = await self._store.get(workflow, name)
        now = self._clock.now()
        info = self._kinds.info(_trigger(row), name, now)
        told = row.sample if sample is None else sample
        if told is not None:
            info |= told
        return await self.start(actor, row, {**info, "test": True}, key=None)

    async def start_scheduled(self, row: TriggerRow, at: datetime) -> str:
        """Start the execution of a trigger for an instant, or find the one that was started; gives its id.

        Raises:
            UserError: it cannot be started, now and later.
            OperationalError: not at the moment.
        """
        execution, _ = await self.start_once(row, self._kinds.info(_trigger(row), row.name, at), key=_iso(at))
        return execution

    async def start_backfilled(self, backfill: Backfill, at: datetime) -> str:
        """The same for an instant that has long passed; see `start_scheduled`."""
        row = TriggerRow(
            backfill.workflow, backfill.trigger, "schedule", backfill.config, backfill.version, enabled=True
        )
        info = self._kinds.info(_trigger(row), row.name, at) | {"backfill": backfill.id}
        execution, _ = await self.start_once(row, info, key=f"backfill:{backfill.id}:{_iso(at)}")
        return execution

    async def start_once(self, row: TriggerRow, info: Mapping[str, Any], *, key: str) -> tuple[str, bool]:
        """Start the execution of a trigger for what has this key, or find the one that was started.

        Gives its id, and whether it is new.

        Raises:
            UserError: it cannot be started, now and later.
            OperationalError: not at the moment.
        """
        actor = Actor(f"trigger:{row.workflow}/{row.name}", "operator")
        started = await self.start(actor, row, info, key=key)
        return started.row.id, started.is_new

    async def evaluate(self, row: TriggerRow, expression: Any, info: Mapping[str, Any]) -> Any:
        """Compute an expression of the trigger's config. Raises UserError."""
        document = await self._workflows.version(row.workflow, row.version)
        return compile_value(expression).render({"trigger": info, "vars": document.vars})

    async def prepare(self, row: TriggerRow) -> None:
        """Read and check what the trigger starts, so that its start has little to do.

        Raises:
            UserError: it cannot be started.
        """
        await self._executions.prepare(row.workflow, row.version)

    async def start(
        self, actor: Actor, row: TriggerRow, info: Mapping[str, Any], *, key: str | None, noted: bool = False
    ) -> Started:
        """Start an execution of the published version with the trigger's inputs.

        Args:
            info: what the execution is told as `trigger`.
            noted: see `NewExecution`.
            key: the same key starts one execution of this trigger, whatever it is told and was published since.
        """
        own_key = None if key is None else _key(row.name, key)
        try:
            document = await self._workflows.version(row.workflow, row.version)
            inputs = inputs_of(document, row.name, info)
            return await self._executions.start(
                actor,
                row.workflow,
                inputs,
                version=row.version,
                idempotency_key=own_key,
                trigger=info,
                noted=noted,
            )
        except UserError:
            # It says something else than the first time, or what was published since does not take it.
            first = None if own_key is None else await self._executions.keyed(row.workflow, own_key)
            if first is None:
                raise
            return first

    async def _shown(self, row: TriggerRow) -> TriggerView:
        (fires,) = await self._store.fires([row], limit=SHOWN_FIRES)
        return self._view(row, tuple(fires))

    def _view(self, row: TriggerRow, fires: tuple[TriggerFire, ...]) -> TriggerView:
        if row.next_at is None:
            return TriggerView(row, (), fires)
        try:
            later = self._kinds.upcoming(_trigger(row), row.next_at, count=UPCOMING - 1)
        except UserError:
            # It cannot be read, as its fires say; the others of a list are shown all the same.
            return TriggerView(row, (), fires)
        return TriggerView(row, (row.next_at, *later), fires)


def inputs_of(document: Workflow, name: str, info: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that a trigger gives, computed.

    Raises:
        UserError: `trigger.not_found`, or an expression cannot be computed.
    """
    trigger = document.triggers.get(name)
    if trigger is None:
        raise UserError("trigger.not_found", f"The published version of {document.name} has no trigger {name}")
    return compile_value(trigger.inputs).render({"trigger": info, "vars": document.vars})


def _trigger(row: TriggerRow) -> Trigger:
    return Trigger(row.type, row.config)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _key(name: str, key: str) -> str:
    """In a namespace that requests cannot use (`ExecutionService.start`)."""
    short = name if len(name) <= _LONGEST_NAME else hashlib.sha256(name.encode()).hexdigest()
    return f"trigger:{short}:{key}"

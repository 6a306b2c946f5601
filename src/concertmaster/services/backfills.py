"""Backfills: order the times of a schedule in a range that has passed, look at them, pause, resume, cancel."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from uuid_utils import uuid7

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import Backfill, BackfillStore, Clock, Page, TriggerKinds, TriggerStore
from concertmaster.domain.workflow import Trigger

MOST_TIMES = 100_000
MOST_AT_ONCE = 100
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """What a backfill would do."""

    total: int
    first: datetime | None
    last: datetime | None


class BackfillService:
    """Use cases around backfills.

    Args:
        wake: called when there is something to do.
    """

    def __init__(
        self,
        *,
        store: BackfillStore,
        triggers: TriggerStore,
        kinds: TriggerKinds,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._triggers = triggers
        self._kinds = kinds
        self._clock = clock
        self._wake = wake

    async def plan(
        self, actor: Actor, workflow: str, trigger: str, *, from_at: datetime, until_at: datetime
    ) -> BackfillPlan:
        """Count the times in [from_at, until_at).

        Raises:
            NotFound: `trigger.not_found`.
            UserError: `trigger.no_times`, `backfill.range`, `backfill.too_many`.
        """
        demand(actor, "execution:start")
        row = await self._triggers.get(workflow, trigger)
        return await self._plan(Trigger(row.type, row.config), from_at, until_at)

    async def create(
        self,
        actor: Actor,
        workflow: str,
        trigger: str,
        *,
        from_at: datetime,
        until_at: datetime,
        concurrency: int = 1,
    ) -> Backfill:
        """Order it; it is durable when this returns.

        Args:
            concurrency: how many of its executions there may be at one time.
        Raises:
            NotFound: `trigger.not_found`.
            UserError: see `plan`; `backfill.concurrency`.
        """
        demand(actor, "execution:start")
        if not 1 <= concurrency <= MOST_AT_ONCE:
            raise UserError("backfill.concurrency", f"`concurrency` must be 1 to {MOST_AT_ONCE}")
        row = await self._triggers.get(workflow, trigger)
        plan = await self._plan(Trigger(row.type, row.config), from_at, until_at)
        ordered = Backfill(
            id=str(uuid7()),
            workflow=workflow,
            trigger=trigger,
            version=row.version,
            config=row.config,
            from_at=from_at.astimezone(UTC),
            until_at=until_at.astimezone(UTC),
            status="running",
            concurrency=concurrency,
            total=plan.total,
            created_at=self._clock.now(),
            created_by=actor.name,
        )
        await self._store.create(ordered, actor=actor)
        self._wake()
        return ordered

    async def get(self, actor: Actor, backfill_id: str) -> Backfill:
        """One. Raises NotFound `backfill.not_found`."""
        demand(actor, "execution:read")
        return await self._store.get(backfill_id)

    async def list(self, actor: Actor, *, before: str | None = None, limit: int = 100) -> Page[Backfill]:
        """A page of them, newest first."""
        demand(actor, "execution:read")
        return await self._store.list(before=before, limit=limit)

    async def pause(self, actor: Actor, backfill_id: str) -> Backfill:
        """Start no more for now. Raises NotFound, Conflict `backfill.status`."""
        return await self._switch(actor, backfill_id, "paused", ("running",))

    async def resume(self, actor: Actor, backfill_id: str) -> Backfill:
        """Go on. Raises NotFound, Conflict `backfill.status`."""
        return await self._switch(actor, backfill_id, "running", ("paused",))

    async def cancel(self, actor: Actor, backfill_id: str) -> Backfill:
        """Start no more; executions that run go on. Raises NotFound, Conflict `backfill.status`."""
        return await self._switch(actor, backfill_id, "cancelled", ("running", "paused"))

    async def _switch(self, actor: Actor, backfill_id: str, status: str, of: tuple[str, ...]) -> Backfill:
        demand(actor, "trigger:control")
        changed = await self._store.switch(backfill_id, status=status, of=of, actor=actor)
        self._wake()
        return changed

    async def _plan(self, trigger: Trigger, from_at: datetime, until_at: datetime) -> BackfillPlan:
        if from_at < EARLIEST:
            raise UserError("backfill.range", "`from` lies before 1970; choose a later moment")
        if until_at <= from_at:
            raise UserError("backfill.range", "`to` must be later than `from`")
        if until_at > self._clock.now():
            raise UserError("backfill.range", "`to` lies in the future; the schedule itself will get there")
        # Many times take a second to find, and everybody else would wait for it.
        times = await asyncio.to_thread(self._times, trigger, from_at, until_at)
        if len(times) > MOST_TIMES:
            raise UserError("backfill.too_many", f"There are more than {MOST_TIMES} times; choose a shorter range")
        return BackfillPlan(len(times), times[0] if times else None, times[-1] if times else None)

    def _times(self, trigger: Trigger, from_at: datetime, until_at: datetime) -> Sequence[datetime]:
        found = self._kinds.between(trigger, from_at - timedelta.resolution, until_at - timedelta.resolution)
        return list(itertools.islice(found, MOST_TIMES + 1))

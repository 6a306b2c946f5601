"""Backfills: order the times of a schedule in a range that has passed, look at them, pause, resume, cancel."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from uuid_utils import uuid7

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import Backfill, BackfillStore, Clock, Page, TriggerKinds, TriggerStore
from concertmaster.domain.triggers import timezone_of
from concertmaster.domain.workflow import Trigger

MOST_TIMES = 100_000
MOST_AT_ONCE = 100
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """What a backfill would do.

    Attributes:
        timezone: of the schedule.
        clipped: the range was to end in the future, and ends now.
    """

    total: int
    first: datetime | None
    last: datetime | None
    from_at: datetime
    until_at: datetime
    timezone: str
    clipped: bool


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
        """Count the times in [from_at, until_at); without an offset they are in the schedule's zone.

        Raises:
            NotFound: `trigger.not_found`.
            UserError: `trigger.no_times`, `backfill.range`, `backfill.too_many`.
        """
        demand(actor, "execution:start")
        row = await self._triggers.get(workflow, trigger)
        return await self._plan(Trigger(row.type, row.config), from_at, until_at, self._clock.now())

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
        now = self._clock.now()
        plan = await self._plan(Trigger(row.type, row.config), from_at, until_at, now)
        ordered = Backfill(
            id=str(uuid7()),
            workflow=workflow,
            trigger=trigger,
            version=row.version,
            config=row.config,
            from_at=plan.from_at,
            until_at=plan.until_at,
            status="running",
            concurrency=concurrency,
            total=plan.total,
            created_at=now,
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

    async def _plan(self, trigger: Trigger, from_at: datetime, until_at: datetime, now: datetime) -> BackfillPlan:
        timezone = timezone_of(trigger.config)
        from_at, until_at = _in_zone(from_at, timezone), _in_zone(until_at, timezone)
        if from_at < EARLIEST:
            raise UserError("backfill.range", "`from` lies before 1970; choose a later moment")
        if from_at >= now:
            raise UserError("backfill.range", "`from` lies in the future; the schedule itself will get there")
        clipped = until_at > now
        # What lies before 1970 may have no time in UTC.
        from_at, until_at = from_at.astimezone(UTC), now if clipped else max(until_at, EARLIEST).astimezone(UTC)
        if until_at <= from_at:
            raise UserError("backfill.range", "`to` must be later than `from`")
        # Many times take a second to find, and everybody else would wait for it.
        times = await asyncio.to_thread(self._times, trigger, from_at, until_at)
        if len(times) > MOST_TIMES:
            raise UserError("backfill.too_many", f"There are more than {MOST_TIMES} times; choose a shorter range")
        first, last = (times[0], times[-1]) if times else (None, None)
        return BackfillPlan(len(times), first, last, from_at, until_at, timezone, clipped)

    def _times(self, trigger: Trigger, from_at: datetime, until_at: datetime) -> Sequence[datetime]:
        found = self._kinds.between(trigger, from_at - timedelta.resolution, until_at - timedelta.resolution)
        return list(itertools.islice(found, MOST_TIMES + 1))


def _in_zone(at: datetime, timezone: str) -> datetime:
    if at.tzinfo:
        return at
    try:
        return at.replace(tzinfo=ZoneInfo(timezone))
    # An unknown name is a KeyError, what is no name a ValueError, and the name of a folder an OSError.
    except (KeyError, ValueError, OSError) as error:
        raise UserError("trigger.unreadable", f"The time zone {timezone} is not known on this machine") from error

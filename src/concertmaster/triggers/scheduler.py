"""Scheduler: claims triggers that are due, starts their executions, and only then moves them on to their next time.

A process that dies in between leaves its claim behind; whoever finds it starts the same time again, under the same
idempotency key, so nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.domain.interfaces import Clock, Named, TriggerFire, TriggerProgress, TriggerRow, TriggerStore
from concertmaster.domain.recent import Recent
from concertmaster.domain.triggers import ScheduleConfig
from concertmaster.domain.workflow import Trigger
from concertmaster.triggers.kinds import config_of
from concertmaster.triggers.missed import Due, Skipped, what_is_due
from concertmaster.triggers.schedule import schedule_of
from concertmaster.triggers.working import TROUBLE_SECONDS, keep_working

_log = logging.getLogger(__name__)
BATCH = 500
# What is due soon is read and checked before: a thousand at one moment must not wait for that one after the other.
PREPARED = 1_000
PREPARE_SECONDS = 30.0
# Another process may have published a trigger and died.
LOOK_SECONDS = 15.0
# Until then another release may be here that reads it, or the zone that it names.
UNREADABLE = timedelta(minutes=1)


StartScheduled = Callable[[TriggerRow, datetime], Awaitable[str]]
"""Starts the execution of a trigger for an instant, once for ever; returns its id."""
Prepare = Callable[[TriggerRow], Awaitable[None]]
"""Makes a start that comes soon quick."""


class Scheduler:
    """Runs until it is cancelled."""

    def __init__(
        self, store: TriggerStore, clock: Clock, owner: Named, *, start: StartScheduled, prepare: Prepare
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._start = start
        self._prepare = prepare
        self._prepared = Recent[tuple[str, int], bool](2 * PREPARED)
        self._poked = asyncio.Event()

    def wake(self) -> None:
        """Triggers have changed: look soon."""
        self._poked.set()

    async def run(self) -> None:
        """Start what is due, for ever."""
        await keep_working(self._round, self._poked, on="schedules")

    async def _round(self) -> float:
        """Work off a batch; returns the seconds until it is worth looking again."""
        owner, now = self._owner.name, self._clock.now()
        due = await self._store.next_due(owner)
        # Claims that dead processes left behind are not among what is due next; they are looked for all the same.
        claimed = await self._store.claim_due(owner, now=now, limit=BATCH)
        if not claimed:
            await self._prepare_soon()
            wait = LOOK_SECONDS if due is None else (due - self._clock.now()).total_seconds()
            return min(max(wait, 0.001), LOOK_SECONDS)
        progress = await asyncio.gather(*(self._work_off(row, owner, now) for row in claimed))
        await self._store.advance(owner, progress)
        # One that has not moved has to wait; one that is still due catches up, and goes on at once.
        in_trouble = any(done.next_at == row.next_at for row, done in zip(claimed, progress, strict=True))
        return TROUBLE_SECONDS if in_trouble else 0.0

    async def _prepare_soon(self) -> None:
        """Prepare what is due soon, until the first of it is due."""
        soon = await self._store.due_until(self._clock.now() + timedelta(seconds=PREPARE_SECONDS), limit=PREPARED)
        for row in soon:
            if row.next_at is None or row.next_at <= self._clock.now() + timedelta(seconds=TROUBLE_SECONDS):
                return
            key = (row.workflow, row.version)
            if self._prepared.get(key) is None:
                self._prepared.put(key, True)
                with contextlib.suppress(ConcertMasterError):
                    await self._prepare(row)

    async def _work_off(self, row: TriggerRow, owner: str, now: datetime) -> TriggerProgress:
        """Start what is due of one trigger."""
        assert row.next_at is not None
        at = row.next_at
        try:
            config = config_of(Trigger(row.type, row.config))
            assert isinstance(config, ScheduleConfig)
            due = what_is_due(schedule_of(config), config, first=at, now=now, begun=row.begun)
            if due.skipped is not None:
                # What is skipped is settled before anything starts: after a crash it is not decided again.
                skipped = [_skip(due.skipped, self._clock.now())]
                if not due.fire:
                    return TriggerProgress(row.workflow, row.name, due.next_at, skipped)
                at = due.fire[0]
                await self._store.advance(owner, [TriggerProgress(row.workflow, row.name, at, skipped, keep=True)])
            return await self._start_all(row, owner, due)
        except OperationalError as error:
            return self._later(row, at, error)
        except Exception as error:
            # It must not keep the others of the batch from their turn. There may be no next time: look again.
            return TriggerProgress(row.workflow, row.name, now + UNREADABLE, [self._failed(row, at, error)])

    async def _start_all(self, row: TriggerRow, owner: str, due: Due) -> TriggerProgress:
        """Start the times in order; each but the last is settled before the one after it."""
        fired: list[TriggerFire] = []
        for at, following in zip(due.fire, (*due.fire[1:], None), strict=False):
            try:
                fired = [await self._fire(row, at)]
            except OperationalError as error:
                return self._later(row, at, error)
            if following is not None:
                step = TriggerProgress(row.workflow, row.name, following, fired, keep=True)
                await self._store.advance(owner, [step])
        return TriggerProgress(row.workflow, row.name, due.next_at, fired)

    async def _fire(self, row: TriggerRow, at: datetime) -> TriggerFire:
        try:
            execution = await self._start(row, at)
        except OperationalError:
            raise
        except Exception as error:
            # Also after a bug the next time comes.
            return self._failed(row, at, error)
        return TriggerFire(self._clock.now(), "started", execution=execution, scheduled_at=at)

    def _later(self, row: TriggerRow, at: datetime, error: OperationalError) -> TriggerProgress:
        _log.warning("a scheduled start has to wait: %s", error.message, extra=_of(row))
        return TriggerProgress(row.workflow, row.name, at)

    def _failed(self, row: TriggerRow, at: datetime, error: Exception) -> TriggerFire:
        if isinstance(error, ConcertMasterError):
            reason = f"{error.message} ({error.code})"
            _log.warning("a scheduled start was refused: %s", error.message, extra=_of(row))
        else:
            reason = f"a bug: {type(error).__name__}"
            _log.error("a scheduled start failed", exc_info=error, extra=_of(row))
        return TriggerFire(self._clock.now(), "failed", reason, scheduled_at=at)


def _skip(skipped: Skipped, at: datetime) -> TriggerFire:
    until = "" if skipped.count == 1 else f" (until {skipped.last.isoformat()})"
    return TriggerFire(at, "skipped", skipped.reason + until, scheduled_at=skipped.first, count=skipped.count)


def _of(row: TriggerRow) -> dict[str, str]:
    return {"workflow": row.workflow, "trigger": row.name}

"""Backfiller: works off backfills, so many executions at a time; all it knows is in the database.

A process that dies leaves times behind that were started and not noted; whoever goes on starts them again under the
same idempotency keys.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.domain.execution import FINAL_EXECUTION
from concertmaster.domain.interfaces import Backfill, BackfillStore, Committed, Named, TriggerKinds
from concertmaster.domain.workflow import Trigger
from concertmaster.triggers.working import keep_working

_log = logging.getLogger(__name__)
LOOK_SECONDS = 15.0
# Executions may end in other processes, which do not say so.
WORKING_SECONDS = 1.0

StartOne = Callable[[Backfill, datetime], Awaitable[str]]
"""Starts the execution of a backfill for an instant, once for ever; returns its id."""


class Backfiller:
    """Runs until it is cancelled."""

    def __init__(self, store: BackfillStore, owner: Named, kinds: TriggerKinds, start: StartOne) -> None:
        self._store = store
        self._owner = owner
        self._kinds = kinds
        self._start = start
        self._poked = asyncio.Event()

    def wake(self) -> None:
        """There is a new one, or one goes on: look soon."""
        self._poked.set()

    def committed(self, committed: Sequence[Committed]) -> None:
        """An execution has ended here: another one may start."""
        if any(one.row.status in FINAL_EXECUTION and "backfill" in one.row.trigger for one in committed):
            self._poked.set()

    async def run(self) -> None:
        """Work off what there is, for ever."""
        await keep_working(self._round, self._poked, on="backfills")

    async def _round(self) -> float:
        owner = self._owner.name
        claimed = await self._store.claim(owner)
        await asyncio.gather(*(self._stepped(one, owner) for one in claimed))
        return WORKING_SECONDS if claimed else LOOK_SECONDS

    async def _stepped(self, backfill: Backfill, owner: str) -> None:
        """A step; one that cannot be taken holds up no other backfill."""
        about = {"backfill": backfill.id}
        try:
            await self._step(backfill, owner)
        except OperationalError as error:
            _log.warning("a backfill has to wait: %s", error.message, extra=about)
        except Exception as error:
            # It is tried again, since a newer release may be able to, and is told of once.
            reason = _reason(error)
            if reason != backfill.error:
                _log.warning("a backfill cannot go on", exc_info=error, extra=about)
                with contextlib.suppress(Exception):
                    await self._store.advance(owner, replace(backfill, error=reason))

    async def _step(self, backfill: Backfill, owner: str) -> None:
        """See what has ended, start what there is room for, and note both."""
        ended = await self._store.ended(backfill.active)
        outcomes = Counter(status == "succeeded" for status in ended.values())
        now = replace(
            backfill,
            active=tuple(id_ for id_ in backfill.active if id_ not in ended),
            succeeded=backfill.succeeded + outcomes[True],
            failed=backfill.failed + outcomes[False],
        )
        if now.status == "running":
            room = now.concurrency - len(now.active)
            times = self._times(now, room) if room > 0 else []
            now = await self._start_all(now, times)
            if room > 0 and not times and not now.active:
                now = replace(now, status="finished")
        if now != backfill:
            await self._store.advance(owner, now)
        if now.refused > backfill.refused:
            # These have left their places at once.
            self._poked.set()

    def _times(self, backfill: Backfill, count: int) -> list[datetime]:
        trigger = Trigger("schedule", backfill.config)
        after = backfill.cursor_at or backfill.from_at - timedelta.resolution
        until = backfill.until_at - timedelta.resolution
        return list(itertools.islice(self._kinds.between(trigger, after, until), count))

    async def _start_all(self, backfill: Backfill, times: Sequence[datetime]) -> Backfill:
        results = await asyncio.gather(*(self._start(backfill, at) for at in times), return_exceptions=True)
        now = backfill
        for at, result in zip(times, results, strict=True):
            if isinstance(result, str):
                now = replace(now, cursor_at=at, active=(*now.active, result), started=now.started + 1)
            elif isinstance(result, Exception) and not isinstance(result, OperationalError):
                if not isinstance(result, ConcertMasterError):
                    _log.error("a backfill cannot start a time", exc_info=result, extra={"backfill": backfill.id})
                now = replace(now, cursor_at=at, refused=now.refused + 1, error=_reason(result))
            else:
                # Not now; those behind it that were started are found again by their keys.
                _log.warning("a backfill has to wait", exc_info=result, extra={"backfill": backfill.id})
                break
        return now


def _reason(error: Exception) -> str:
    """What a person reads."""
    if isinstance(error, ConcertMasterError):
        return f"{error.message} ({error.code})"
    return f"a bug: {type(error).__name__}"

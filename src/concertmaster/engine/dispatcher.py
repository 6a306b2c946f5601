"""Dispatcher: finds executions that want an owner, claims them and has them driven.

They want one at the start of this process, when an owner has died, when a wake-up is due, and when a request or a
free place came while nobody drove them. Claims come in small batches, so that ten thousand timers of one second
neither starve what runs nor hold the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.interfaces import Clock, Journal, Placement
from concertmaster.engine.parts import Owner

_log = logging.getLogger(__name__)
BATCH = 200
LONGEST_SLEEP_SECONDS = 60.0
TROUBLE_SECONDS = 1.0
RETRY_SECONDS = 0.005


class Dispatcher:
    """Runs until it is cancelled.

    Args:
        look_seconds: how long the death of another process may go unnoticed; None: there is no other process.
        everything: False: only executions that `wake` names, as for a process that is there for one of its own.
    """

    def __init__(
        self,
        journal: Journal,
        placement: Placement,
        clock: Clock,
        owner: Owner,
        *,
        look_seconds: float | None,
        everything: bool = True,
    ) -> None:
        self._journal = journal
        self._placement = placement
        self._clock = clock
        self._owner = owner
        self._look_seconds = look_seconds or LONGEST_SLEEP_SECONDS
        self._everything = everything
        self._named = set[str]()
        self._poked = asyncio.Event()
        self._starved = False
        self._looks_at: datetime | None = None

    def wake(self, ids: Sequence[str]) -> None:
        """Executions that want attention: those driven here are told, for the others a claim is tried soon."""
        for execution_id in ids:
            if not self._placement.wake(execution_id):
                self._named.add(execution_id)
                self._poked.set()

    def poke(self) -> None:
        """Look soon."""
        self._poked.set()

    def expect(self, wake_at: datetime) -> None:
        """An execution was let go of that wants an owner then: look no later."""
        # In the middle of a round nobody knows whether it has seen this one.
        if self._looks_at is None or wake_at < self._looks_at:
            self._poked.set()

    def room_made(self) -> None:
        """The placement can take more than a moment ago."""
        if self._starved:
            self._poked.set()

    async def run(self) -> None:
        """Claim and submit, for ever."""
        while True:
            self._poked.clear()
            self._looks_at = None
            try:
                pause = await self._round()
            except ConcertMasterError as error:
                _log.warning("executions cannot be claimed at the moment: %s", error.message)
                pause = TROUBLE_SECONDS
            except Exception:
                # A bug must not end the only one who takes up what is due.
                _log.exception("claiming executions failed")
                pause = TROUBLE_SECONDS
            if pause > 0:
                self._looks_at = self._clock.now() + timedelta(seconds=pause)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._poked.wait()

    async def _claim_named(self) -> None:
        while self._named:
            # Taken out first: it may be named again while it is claimed.
            execution_id = self._named.pop()
            try:
                claim = await self._journal.claim(execution_id, self._owner.name)
            except BaseException:
                self._named.add(execution_id)
                raise
            if claim is not None:
                self._placement.submit(claim)

    async def _round(self) -> float:
        """Claim a batch; returns the seconds until it is worth looking again."""
        limit = min(BATCH, self._placement.room())
        self._starved = limit == 0
        if self._starved:
            return LONGEST_SLEEP_SECONDS
        if not self._everything:
            await self._claim_named()
            return LONGEST_SLEEP_SECONDS
        self._named.clear()
        # Whatever was named is due as well.
        claims = await self._journal.claim_due(self._owner.name, now=self._clock.now(), limit=limit)
        for claim in claims:
            self._placement.submit(claim)
        if len(claims) == limit:
            return 0.0
        due = await self._journal.next_due()
        if due is None:
            return self._look_seconds
        # What is due and was not claimed is just being claimed by another process.
        least = 0.0 if claims else RETRY_SECONDS
        return min(max(least, (due - self._clock.now()).total_seconds()), self._look_seconds)

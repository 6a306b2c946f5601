"""Refusals: calls of webhooks that start nothing, told in the history without a commit for each.

They are counted in memory and stored about once a second. Trap: a killed process forgets what it counted since.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from concertmaster.domain.errors import ConcertMasterError, UserError
from concertmaster.domain.interfaces import Clock, TriggerFire, TriggerRow, TriggerStore
from concertmaster.triggers.webhook import UnprovenError

PAUSE_SECONDS = 1.0
_log = logging.getLogger(__name__)
# Not what the caller was told: that may name seconds and sizes, and then each call would be a reason of its own.
_REASONS = {
    "hook.unauthorized": "no valid proof of who calls",
    "hook.too_many": "too many calls without a good proof from one address",
    "hook.rate": "more calls than `rate_per_minute`",
    "hook.busy": "too many calls waited for an answer",
    "hook.too_large": "larger than it takes",
    "hook.body": "the body cannot be read",
    "hook.method": "called with another method than `methods`",
}


class Refusals:
    """Counts refused calls by trigger, reason and minute."""

    def __init__(self, store: TriggerStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._counted: dict[tuple[str, str, str, int], TriggerFire] = {}
        self._some = asyncio.Event()

    @contextmanager
    def counting(self, row: TriggerRow) -> Generator[None]:
        """Count what the block refuses; an error of any other code passes through."""
        try:
            yield
        except UserError as error:
            if error.code in _REASONS:
                self.count(row, error)
            raise

    def count(self, row: TriggerRow, error: ConcertMasterError) -> None:
        """Count one refused call."""
        why = f": {error.fault}" if isinstance(error, UnprovenError) else ""
        now, reason = self._clock.now(), f"{_REASONS.get(error.code, error.message)}{why} ({error.code})"
        key = (row.workflow, row.name, reason, int(now.timestamp() // 60))
        known = self._counted.get(key)
        counted = TriggerFire(now, "refused", reason) if known is None else replace(known, count=known.count + 1)
        self._counted[key] = counted
        self._some.set()

    @asynccontextmanager
    async def storing(self) -> AsyncGenerator[None]:
        """Store what is counted until the block ends, and then the rest of it."""
        task = asyncio.create_task(self._work())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._flush()

    async def _work(self) -> None:
        while True:
            await self._some.wait()
            # What comes meanwhile goes along.
            await asyncio.sleep(PAUSE_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        self._some.clear()
        if not self._counted:
            return
        taken, self._counted = self._counted, {}
        try:
            await self._store.note_refused([(key[0], key[1], fire) for key, fire in taken.items()])
        except ConcertMasterError as error:
            # How many calls were refused is not worth keeping for long; the next second counts anew.
            _log.warning("refused calls of webhooks are missing in the history: %s", error.message)

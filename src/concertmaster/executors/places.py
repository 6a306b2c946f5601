"""Places: a bounded number of threads or processes, and those who wait for one, first come first served."""

from __future__ import annotations

import asyncio

from concertmaster.domain.interfaces import Turn


class Places:
    """Belongs to one event loop."""

    def __init__(self, limit: int, *, resource: str) -> None:
        """Args:
        resource: what those who wait are told that they wait for.
        """
        self._free = asyncio.Semaphore(limit)
        self._resource = resource

    async def take(self, turn: Turn | None) -> None:
        """Take a place; who has to wait for it says so, and says when it goes on."""
        if turn is None or not self._free.locked():
            await self._free.acquire()
            return
        turn.waits(self._resource)
        await self._free.acquire()
        try:
            await turn.goes_on()
        except BaseException:
            self._free.release()
            raise

    def give_back(self) -> None:
        """Let the next one have it."""
        self._free.release()

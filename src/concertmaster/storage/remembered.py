"""Remembered: answers of reads that stay true until this process writes.

Right only while this process is the only writer, as the lock of the data folder makes sure for SQLite; with others
about, `keep` is false and every answer comes from a read that began after it was asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from concertmaster.domain.recent import Recent

T = TypeVar("T")
KEPT = 64


class Remembered(Generic[T]):
    """Keeps the `KEPT` answers used last; `forget` after each write that may change one.

    Args:
        keep: False: others write, too, so nothing is remembered. Reads are shared all the same: a thousand starts at
            once wait for the one under way to end, and then for one more.
    """

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self.hits = 0
        self.misses = 0
        self._answers = Recent[Hashable, T](KEPT)
        self._reading = dict[Hashable, asyncio.Future[T]]()
        self._next = dict[Hashable, asyncio.Future[T]]()
        self._writes = 0

    async def get(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """The answer kept for the key, or a fresh one; a read that a write overtook is not kept."""
        known = self._answers.get(key)
        if known is not None:
            self.hits += 1
            return known
        self.misses += 1
        if not self._keep:
            following = self._next.get(key)
            if following is None:
                following = self._next[key] = asyncio.ensure_future(self._fresh(key, read, self._reading.get(key)))
            return await asyncio.shield(following)
        # A thousand starts that ask for the same at once read it once.
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = asyncio.ensure_future(self._read(key, read, self._writes))
        return await asyncio.shield(reading)

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[T]], writes: int) -> T:
        try:
            answer = await read()
        finally:
            if writes == self._writes:
                del self._reading[key]
        if writes == self._writes:
            self._answers.put(key, answer)
        return answer

    async def _fresh(self, key: Hashable, read: Callable[[], Awaitable[T]], before: asyncio.Future[T] | None) -> T:
        if before is not None:
            await asyncio.wait({before})
        # Whoever asks from here on needs a later one.
        reading = self._reading[key] = self._next.pop(key)
        try:
            return await read()
        finally:
            if self._reading.get(key) is reading:
                del self._reading[key]

    def forget(self) -> None:
        """Drop everything, reads under way included."""
        self._reading.clear()
        self._writes += 1
        self._answers = Recent[Hashable, T](KEPT)

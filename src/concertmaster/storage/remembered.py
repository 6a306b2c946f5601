"""Remembered: answers of reads that stay true until this process writes.

Right only while this process is the only writer, as the lock of the data folder makes sure for SQLite; with others
about, `keep` is false and every answer is read anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from concertmaster.domain.recent import Recent

T = TypeVar("T")
KEPT = 64


class Remembered(Generic[T]):
    """Keeps the `KEPT` answers used last; `forget` after each write that may change one.

    Args:
        keep: False: others write, too, so nothing is remembered.
    """

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._answers = Recent[Hashable, T](KEPT)
        self._writes = 0

    async def get(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """The answer kept for the key, or a fresh one; a read that a write overtook is not kept."""
        known = self._answers.get(key)
        if known is not None:
            return known
        writes = self._writes
        answer = await read()
        if self._keep and writes == self._writes:
            self._answers.put(key, answer)
        return answer

    def forget(self) -> None:
        """Drop everything, reads under way included."""
        self._writes += 1
        self._answers = Recent[Hashable, T](KEPT)

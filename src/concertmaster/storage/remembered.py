"""Remembered: answers of reads that stay true until this process writes.

Right only while this process is the only writer, as the lock of the data folder makes sure for SQLite.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
KEPT = 64


class Remembered(Generic[T]):
    """Keeps the newest `KEPT` answers; `forget` after each write that may change one."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, T] = OrderedDict()
        self._writes = 0

    async def get(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """The answer kept for the key, or a fresh one; a read that a write overtook is not kept."""
        if key in self._answers:
            return self._answers[key]
        writes = self._writes
        answer = await read()
        if writes == self._writes:
            self._answers[key] = answer
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return answer

    def forget(self) -> None:
        """Drop everything, reads under way included."""
        self._writes += 1
        self._answers.clear()

"""Shared: work that several ask for at one time is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Work(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class Shared(Generic[T]):
    """Work by key; it is cancelled when nobody waits for it any more. Nothing of it is remembered."""

    def __init__(self) -> None:
        self._running: dict[str, _Work[T]] = {}

    async def get(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the work of that key gives, or raises; it is begun unless it is under way."""
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = _Work(asyncio.create_task(work()))
        running.waiting += 1
        try:
            return await asyncio.shield(running.task)
        finally:
            running.waiting -= 1
            if not running.waiting:
                # Whoever asks from here on begins anew.
                del self._running[key]
                await _ended(running.task)


async def _ended(task: asyncio.Task[Any]) -> None:
    """Stop it, unless it has ended by itself; what it raises now nobody asks for any more."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()

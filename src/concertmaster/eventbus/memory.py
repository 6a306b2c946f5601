"""Fan-out inside one process. Nothing is ever only here: a reader that fell behind catches up from the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Committed

_EVENTS_LIMIT = 10_000


class MemorySubscription:
    """One reader's bounded queue; made by `MemoryEventBus.subscribe`."""

    def __init__(self, bus: MemoryEventBus, execution_id: str | None, limit: int) -> None:
        self._bus = bus
        self._execution_id = execution_id
        self._limit = limit
        self._queue: list[Committed] = []
        self._events = 0
        self._overflow = False
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, committed: Sequence[Committed]) -> None:
        """Take what was published; never blocks. Too much empties the queue and is told at the next `next`."""
        if self._overflow:
            return
        self._queue.extend(committed)
        self._events += sum(len(item.events) for item in committed)
        if self._events > self._limit:
            self._queue.clear()
            self._overflow = True
        self._wake()

    def overflow(self) -> None:
        """Empty the queue; the next `next` says that something was lost."""
        self._queue.clear()
        self._overflow = True
        self._wake()

    async def next(self) -> list[Committed]:
        """See `Subscription`; empty at once when closed. After an overflow it goes on with what comes then."""
        if not (self._queue or self._overflow or self._closed):
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        taken, self._queue, self._events = self._queue, [], 0
        if self._overflow:
            self._overflow = False
            raise OperationalError(
                "stream.overflow",
                f"More than {self._limit} events came since the last look; catch up from the journal",
            )
        return taken

    def close(self) -> None:
        """Leave the bus; a pending `next` returns empty."""
        if not self._closed:
            self._closed = True
            self._bus.drop(self, self._execution_id)
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class MemoryEventBus:
    """`EventBus` of one process; all on one event loop.

    Args:
        limit: events that a reader may be behind before its queue is dropped.
    """

    def __init__(self, *, limit: int = _EVENTS_LIMIT) -> None:
        self._limit = limit
        self._all: set[MemorySubscription] = set()
        self._by_execution: dict[str, set[MemorySubscription]] = {}

    def publish(self, committed: Sequence[Committed]) -> None:
        """Hand what was committed to its readers; each is woken at most once."""
        for subscription in self._all:
            subscription.offer(committed)
        if not self._by_execution:
            return
        wanted: dict[str, list[Committed]] = {}
        for item in committed:
            if item.row.id in self._by_execution:
                wanted.setdefault(item.row.id, []).append(item)
        for execution_id, items in wanted.items():
            for subscription in self._by_execution[execution_id]:
                subscription.offer(items)

    def subscribe(self, execution_id: str | None) -> MemorySubscription:
        """Follow one execution, or all (None), from now on."""
        subscription = MemorySubscription(self, execution_id, self._limit)
        if execution_id is None:
            self._all.add(subscription)
        else:
            self._by_execution.setdefault(execution_id, set()).add(subscription)
        return subscription

    def wanted(self, execution_id: str) -> bool:
        """Whether anybody follows it."""
        return bool(self._all) or execution_id in self._by_execution

    def lose(self) -> None:
        """Something may have been missed: every reader is told to catch up from the journal."""
        for subscription in [*self._all, *(one for readers in self._by_execution.values() for one in readers)]:
            subscription.overflow()

    def drop(self, subscription: MemorySubscription, execution_id: str | None) -> None:
        """Forget a reader; called by its `close`."""
        if execution_id is None:
            self._all.discard(subscription)
            return
        readers = self._by_execution.get(execution_id, set())
        readers.discard(subscription)
        if not readers:
            self._by_execution.pop(execution_id, None)

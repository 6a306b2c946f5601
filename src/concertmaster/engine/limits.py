"""Limits: attempts wait here for a free place, or for their turn under a rate, of node types and connections.

Places are counted over all processes on the database (`Slots`); whoever waits for one is served by priority, then in
order of arrival. Rates are kept by each process for itself, so that together they start as many times more; turns are
given in order of arrival, and that of an attempt which gives up passes unused.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.interfaces import Slots
from concertmaster.domain.limits import Limit

_log = logging.getLogger(__name__)
# A place freed in another process is announced; this is how long a lost announcement costs.
LOOK_AGAIN_SECONDS = 0.5


@dataclass(order=True, slots=True)
class _Waiter:
    order: tuple[int, int]
    holder: str = field(compare=False)
    granted: asyncio.Future[None] = field(compare=False)


@dataclass(slots=True)
class _Line:
    """Those who wait for a resource, the next one first."""

    limit: int
    waiters: list[_Waiter] = field(default_factory=lambda: list[_Waiter]())
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    serving: bool = False


class Limits:
    """Admission of attempts.

    Args:
        limits: by resource.
    """

    def __init__(self, slots: Slots, limits: Mapping[str, Limit]) -> None:
        self._slots = slots
        self._limits = limits
        self._lines: dict[str, _Line] = {}
        self._next_start: dict[str, float] = {}
        self._arrivals = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def concerning(self, resources: Iterable[str]) -> list[str]:
        """Those that have a limit, in the order in which everybody takes them, so that nobody blocks another."""
        return sorted(resource for resource in resources if resource in self._limits)

    @property
    def resources(self) -> Mapping[str, Limit]:
        """The limits by resource."""
        return self._limits

    async def enter(
        self, resources: Sequence[str], *, holder: str, priority: int, on_wait: Callable[[str, str], None]
    ) -> None:
        """Wait for a place and a turn of each resource; `leave` gives the places back, also after a cancel.

        Args:
            resources: from `concerning`.
            on_wait: called with rule (`slot` or `rate`) and resource when it is not free at once.
        """
        for resource in resources:
            limit = self._limits[resource]
            if limit.places is not None:
                await self._take(resource, limit.places, holder=holder, priority=priority, on_wait=on_wait)
            if limit.per_second is not None:
                await self._await_turn(resource, limit.per_second, on_wait=on_wait)

    def leave(self, resources: Sequence[str], *, holder: str) -> None:
        """Give back whatever `holder` has of the resources, soon."""
        for resource in resources:
            if self._limits[resource].places is not None:
                self._spawn(self._give_back(resource, holder))

    async def _give_back(self, resource: str, holder: str) -> None:
        """A place that is not given back is lost while this process lives, so it is tried as long as it may work."""
        while True:
            try:
                await self._slots.give_back(resource, holder=holder)
            except ConcertMasterError as error:
                if not error.retryable:
                    _log.warning("a place cannot be given back", exc_info=True, extra={"resource": resource})
                    return
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            else:
                break
        self.freed(resource)

    def freed(self, resource: str) -> None:
        """A place may be free: serve the line."""
        line = self._lines.get(resource)
        if line is None:
            return
        line.freed.set()
        if not line.serving:
            line.serving = True
            self._spawn(self._serve(resource, line))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Stop serving and giving back; the lease gives the places back."""
        self._closed = True
        for task in self._tasks:
            task.cancel()

    async def _take(
        self, resource: str, limit: int, *, holder: str, priority: int, on_wait: Callable[[str, str], None]
    ) -> None:
        if resource not in self._lines and await self._slots.take(resource, limit=limit, holder=holder):
            return
        on_wait("slot", resource)
        waiter = _Waiter((-priority, next(self._arrivals)), holder, asyncio.get_running_loop().create_future())
        line = self._lines.setdefault(resource, _Line(limit))
        heapq.heappush(line.waiters, waiter)
        self.freed(resource)
        await waiter.granted

    async def _serve(self, resource: str, line: _Line) -> None:
        """Grant places, and look again now and then, until nobody waits."""
        while line.waiters:
            first = line.waiters[0]
            if first.granted.done():  # gave up
                heapq.heappop(line.waiters)
                continue
            line.freed.clear()
            if not await self._try(resource, line.limit, first):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                        await line.freed.wait()
        del self._lines[resource]

    async def _try(self, resource: str, limit: int, first: _Waiter) -> bool:
        try:
            if not await self._slots.take(resource, limit=limit, holder=first.holder):
                return False
        except ConcertMasterError:
            _log.warning("a place could not be asked for; trying again", exc_info=True, extra={"resource": resource})
            return False
        if first.granted.done():
            await self._slots.give_back(resource, holder=first.holder)
        else:
            first.granted.set_result(None)
        return True

    async def _await_turn(self, resource: str, per_second: float, *, on_wait: Callable[[str, str], None]) -> None:
        """Starts are spread evenly: each takes the next free moment."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next_start.get(resource, 0.0))
        self._next_start[resource] = turn + 1.0 / per_second
        if turn > now:
            on_wait("rate", resource)
            await asyncio.sleep(turn - now)

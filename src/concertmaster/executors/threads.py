"""Threads: node functions in threads of this process. A thread cannot be killed.

One that ignores `Context.cancelled` is abandoned after its grace: it keeps its slot, is counted, and is told of in the
log. The threads are daemons of our own making: those of `concurrent.futures` would keep the process from ending.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from concertmaster.domain.interfaces import Abandoned, Turn
from concertmaster.executors.places import Places

_log = logging.getLogger(__name__)


class Threads:
    """Runs functions in threads, a bounded number at once."""

    def __init__(self, limit: int, *, grace_seconds: float) -> None:
        """Args:
        limit: threads at once, abandoned ones included; later calls wait for a free slot.
        grace_seconds: how long a cancelled thread may take to end.
        """
        self._limit = limit
        self._places = Places(limit, resource="threads")
        self._grace_seconds = grace_seconds
        self._running: dict[asyncio.Future[Any], str | None] = {}
        self._abandoned: dict[asyncio.Future[Any], str | None] = {}

    @property
    def running(self) -> int:
        """Threads at this moment, abandoned ones included."""
        return len(self._running)

    @property
    def abandoned(self) -> int:
        """How many were left behind and have not ended."""
        return len(self._abandoned)

    def left_behind(self, alone: str) -> bool:
        """Whether an abandoned thread of that name still runs."""
        return alone in self._abandoned.values()

    async def run(
        self, call: Callable[[], Any], *, stop: Callable[[], None], alone: str | None, turn: Turn | None = None
    ) -> Any:
        """See `domain.interfaces.Compute.run`."""
        await self._places.take(turn)
        while before := [work for work, name in self._running.items() if alone is not None and name == alone]:
            self._places.give_back()
            await asyncio.wait(before)
            await self._places.take(turn)
        work = _in_thread(call)
        self._running[work] = alone
        work.add_done_callback(self._ended)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop()
            if not await ends_within(work, self._grace_seconds):
                self._abandon(work, alone)
                raise Abandoned from None
            drop(work)
            raise

    def _ended(self, work: asyncio.Future[Any]) -> None:
        del self._running[work]
        self._places.give_back()
        if work in self._abandoned:
            del self._abandoned[work]
            drop(work)
            _log.info("an abandoned thread has ended", extra={"abandoned": self.abandoned})

    def _abandon(self, work: asyncio.Future[Any], alone: str | None) -> None:
        self._abandoned[work] = alone
        numbers = {"abandoned": self.abandoned, "threads": self._limit}
        _log.warning("a node's thread did not end when told to, and was left behind with its slot", extra=numbers)
        if self.abandoned >= self._limit:
            _log.error(
                "abandoned threads hold all slots: no node runs in a thread until one of them ends; restart, and let "
                "the nodes that hang run with isolation='process'",
                extra=numbers,
            )


def bearable(error: BaseException) -> Exception:
    """What a node raised, as something that a loop can carry: KeyboardInterrupt and SystemExit would end the server,
    a CancelledError would look like ours, and a future refuses StopIteration."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    try:
        told = repr(error)
    except BaseException:
        # A class of the node's own may raise anything when it is shown; its thread would never be heard of again.
        told = type(error).__name__
    return RuntimeError(f"the node raised {told}").with_traceback(error.__traceback__)


async def ends_within(work: asyncio.Future[Any], seconds: float) -> bool:
    """Whether it ends in time. Another cancel meanwhile changes nothing: who waits here is ending already."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not work.done() and (left := until - loop.time()) > 0:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({work}, timeout=left)
    return work.done()


def drop(work: asyncio.Future[Any]) -> None:
    """Look at a result that nobody wants, so that asyncio does not complain about it."""
    if not work.cancelled():
        work.exception()


def _in_thread(call: Callable[[], Any]) -> asyncio.Future[Any]:
    """Run `call` in a daemon thread of its own; starting one costs about 50 µs."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def work() -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            result = call()
        except BaseException as caught:
            error = bearable(caught)
        # The loop may be gone when an abandoned thread ends after the server.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, name="node", daemon=True).start()
    return future

"""Plugin loop: the event loop of plugins' `async def` nodes, so that one that blocks stalls others, not the server.

A loop that is blocked for seconds is told of in the log, with the stack of what blocks it, and left behind: later calls
get a fresh one. Those on the old one go on if it ever gets free.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import uvloop

from concertmaster.domain.interfaces import Abandoned
from concertmaster.executors.threads import bearable, drop, ends_within

_log = logging.getLogger(__name__)
BLOCKED_SECONDS = 5.0
# Looks in a row without a beat make a loop blocked; a machine that slept for an hour has missed none.
_LOOKS = 10


class PluginLoops:
    """The loop in service, and those left behind."""

    def __init__(self, *, grace_seconds: float, blocked_seconds: float = BLOCKED_SECONDS) -> None:
        """Args:
        grace_seconds: how long a cancelled call may take to end.
        blocked_seconds: after which a loop that does nothing is replaced.
        """
        self._grace_seconds = grace_seconds
        self._interval_seconds = blocked_seconds / _LOOKS
        self._current: _Loop | None = None
        self._left_behind: list[_Loop] = []
        self._timer: asyncio.TimerHandle | None = None
        self.replaced = 0

    async def run(self, call: Callable[[], Any], *, stop: Callable[[], None]) -> Any:
        """See `domain.interfaces.Compute.run`."""
        if self._current is None or not self._current.alive:
            self._current = _Loop(self._interval_seconds / 2)
        loop = self._current
        work = loop.submit(call)
        work.end.add_done_callback(lambda _: self._ended(loop, work))
        self._watch()
        try:
            return await asyncio.shield(work.end)
        except asyncio.CancelledError:
            stop()
            work.cancel()
            if not await ends_within(work.end, self._grace_seconds):
                work.end.add_done_callback(drop)
                raise Abandoned from None
            drop(work.end)
            raise

    @property
    def lag_seconds(self) -> float:
        """By how much the loop in service is late now."""
        return 0.0 if self._current is None else self._current.lag_seconds

    def close(self) -> None:
        """Stop the loops; what blocks one is left behind and ends with the process."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for loop in (*self._left_behind, *([self._current] if self._current else [])):
            loop.stop()
        self._current = None
        self._left_behind.clear()

    def _ended(self, loop: _Loop, work: _Work) -> None:
        loop.calls.discard(work)
        if loop in self._left_behind and not loop.calls:
            self._left_behind.remove(loop)
            loop.stop()

    def _watch(self) -> None:
        if self._timer is None and self._current is not None and self._current.calls:
            self._timer = asyncio.get_running_loop().call_later(self._interval_seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        loop = self._current
        if loop is not None and loop.missed() >= _LOOKS:
            self.replaced += 1
            self._left_behind.append(loop)
            self._current = None
            _log.warning(
                "a node blocks the loop of asynchronous nodes, which is replaced (let it await, or make it a `def`)",
                extra={"stack": loop.stack(), "calls": len(loop.calls)},
            )
        self._watch()


class _Loop:
    """An event loop in a thread, with a pulse."""

    def __init__(self, beat_seconds: float) -> None:
        self.calls = set[_Work]()
        self._beat_seconds = beat_seconds
        self._beats = 0
        self._beat_at = time.monotonic()
        self._seen = -1
        self._missed = 0
        self._ended = threading.Event()
        self._loop = uvloop.new_event_loop()
        self._loop.call_soon(self._beat)
        self._thread = threading.Thread(target=self._run, name="plugin-loop", daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[], Any]) -> _Work:
        """Start a call."""
        work = _Work(self._loop, call)
        self.calls.add(work)
        if not self.alive:
            work.lose()
        return work

    @property
    def alive(self) -> bool:
        """Whether it runs: a node can stop it, as it can stop any loop that it is on."""
        return not self._ended.is_set()

    @property
    def lag_seconds(self) -> float:
        """How long the pulse is overdue."""
        return max(0.0, time.monotonic() - self._beat_at - self._beat_seconds)

    def missed(self) -> int:
        """Looks in a row, this one included, without a beat before it."""
        beats = self._beats
        self._missed = self._missed + 1 if beats == self._seen else 0
        self._seen = beats
        return self._missed

    def stack(self) -> str:
        """What the thread does now."""
        frame = sys._current_frames().get(self._thread.ident or 0)  # pyright: ignore[reportPrivateUsage]
        return "".join(traceback.format_stack(frame)) if frame is not None else ""

    def stop(self) -> None:
        """End the loop, as soon as it is free; nobody waits any more for what it has not ended."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        for work in self.calls:
            work.end.cancel()

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._ended.set()
            self._loop.close()
            for work in list(self.calls):
                work.lose()

    def _beat(self) -> None:
        self._beats += 1
        self._beat_at = time.monotonic()
        self._loop.call_later(self._beat_seconds, self._beat)


class _Work:
    """A call on a loop of plugins, seen from the loop that made it.

    Attributes:
        end: settled when the call has really ended; a future of `run_coroutine_threadsafe` is cancelled at once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
        self._home = asyncio.get_running_loop()
        self.end: asyncio.Future[Any] = self._home.create_future()
        self._loop = loop
        self._task: asyncio.Task[Any] | None = None
        loop.call_soon_threadsafe(self._begin, call)

    def cancel(self) -> None:
        """Tell the call to end."""
        # A loop that is closed runs nothing any more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._cancel)

    def lose(self) -> None:
        """Its loop has ended before it; from any thread."""
        with contextlib.suppress(RuntimeError):
            self._home.call_soon_threadsafe(self._lost)

    def _lost(self) -> None:
        if not self.end.done():
            self.end.set_exception(
                RuntimeError("a node has stopped the loop of asynchronous nodes that this one ran on")
            )

    def _begin(self, call: Callable[[], Any]) -> None:
        self._task = self._loop.create_task(_awaited(call))
        self._task.add_done_callback(self._ended)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        # The server's loop may be gone when a call ends that was left behind.
        with contextlib.suppress(RuntimeError):
            self._home.call_soon_threadsafe(self._settle, task)

    def _settle(self, task: asyncio.Task[Any]) -> None:
        if self.end.done():
            return
        if task.cancelled():
            self.end.cancel()
        elif (error := task.exception()) is not None:
            self.end.set_exception(error)
        else:
            self.end.set_result(task.result())


async def _awaited(call: Callable[[], Any]) -> Any:
    try:
        return await call()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise bearable(error) from error
    except (Exception, GeneratorExit):
        raise
    except BaseException as error:
        raise bearable(error) from error

"""Embedded work: executions as tasks of this process; node functions on the loop, a second loop, or in threads.

A thread cannot be killed: one that ignores `Context.cancelled` is abandoned after its grace and keeps its slot.
Threads are daemons of our own making, because those of `concurrent.futures` would keep the process from ending.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.interfaces import Abandoned, Claim
from concertmaster.domain.recent import Recent
from concertmaster.engine.parts import Engine
from concertmaster.engine.runner import Runner

_log = logging.getLogger(__name__)
GRACE_SECONDS = 10.0
LOADING = 200
TROUBLES_KEPT = 1_000
LONGEST_PAUSE_SECONDS = 30.0


class LocalCompute:
    """Runs node functions in this process."""

    def __init__(self, *, threads: int, grace_seconds: float = GRACE_SECONDS) -> None:
        """Args:
        threads: node functions that may run in threads at once; later ones wait for a free slot.
        grace_seconds: how long a cancelled thread may take to end.
        """
        self._slots = asyncio.Semaphore(threads)
        self._grace_seconds = grace_seconds
        self._plugin_loop: asyncio.AbstractEventLoop | None = None

    async def run(self, call: Callable[[], Any], *, where: str, stop: Callable[[], None]) -> Any:
        """See `domain.interfaces.Compute`."""
        if where == "loop":
            try:
                return await call()
            except asyncio.CancelledError:
                stop()
                raise
        if where == "plugin_loop":
            work = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_awaited(call), self._second_loop()))
        else:
            await self._slots.acquire()
            work = _in_thread(call)
            work.add_done_callback(lambda _: self._slots.release())
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop()
            if where == "plugin_loop":
                work.cancel()
            await asyncio.wait({work}, timeout=self._grace_seconds)
            if not work.done():
                work.add_done_callback(_drop)
                raise Abandoned from None
            _drop(work)
            raise

    def close(self) -> None:
        """Stop the second loop; threads that still run are left behind and end with the process."""
        if self._plugin_loop is not None:
            self._plugin_loop.call_soon_threadsafe(self._plugin_loop.stop)

    def _second_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of plugins' `async def` nodes, so that one that blocks stalls other plugins, not the server."""
        if self._plugin_loop is None:
            self._plugin_loop = asyncio.new_event_loop()
            threading.Thread(target=self._plugin_loop.run_forever, name="plugin-loop", daemon=True).start()
        return self._plugin_loop


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
            error = _bearable(caught)
        # The loop may be gone when an abandoned thread ends after the server.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, name="node", daemon=True).start()
    return future


async def _awaited(call: Callable[[], Any]) -> Any:
    try:
        return await call()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise _bearable(error) from error
    except (Exception, GeneratorExit):
        raise
    except BaseException as error:
        raise _bearable(error) from error


def _bearable(error: BaseException) -> Exception:
    """What a node raised, as something that a loop can carry: KeyboardInterrupt and SystemExit would end the server,
    a CancelledError would look like ours, and a future refuses StopIteration."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(f"the node raised {error!r}").with_traceback(error.__traceback__)


def _drop(work: asyncio.Future[Any]) -> None:
    """Look at a result that nobody wants, so that asyncio does not complain about it."""
    if not work.cancelled():
        work.exception()


class LocalPlacement:
    """Drives executions as tasks of this process.

    Args:
        on_room: called when a drive has ended or has been loaded, so that others may be submitted.
        on_rest: called with the wake-up of an execution that has left memory.
    """

    def __init__(self, engine: Engine, *, on_room: Callable[[], None], on_rest: Callable[[datetime], None]) -> None:
        self._engine = engine
        self._on_room = on_room
        self._on_rest = on_rest
        self._drives: dict[str, tuple[Runner, asyncio.Task[None]]] = {}
        self._loading = 0
        self._trouble = Recent[str, str](TROUBLES_KEPT)

    def submit(self, claim: Claim) -> None:
        """See `domain.interfaces.Placement`."""
        execution_id = claim.row.id
        known = self._drives.get(execution_id)
        if known is not None:
            # Claimed anew although it is driven here: that drive's ownership is a thing of the past.
            known[1].cancel()
        runner = Runner(self._engine, claim, trouble=self._trouble.get(execution_id) or "")
        task = asyncio.create_task(self._drive(runner, claim), name=f"drive-{execution_id}")
        self._drives[execution_id] = (runner, task)

    def wake(self, execution_id: str) -> bool:
        """See `domain.interfaces.Placement`."""
        if execution_id not in self._drives:
            return False
        self._drives[execution_id][0].wake()
        return True

    @property
    def running(self) -> int:
        """How many executions are in memory."""
        return len(self._drives)

    @property
    def full(self) -> bool:
        """See `domain.interfaces.Placement`."""
        return len(self._drives) >= self._engine.settings.running

    def room(self) -> int:
        """How many claims may be submitted now; loading many histories at once would starve those that run."""
        return max(0, min(self._engine.settings.running - len(self._drives), LOADING - self._loading))

    async def abandon(self) -> None:
        """Stop driving and forget what is in memory; every execution goes on from the journal, here or elsewhere."""
        tasks = [task for _, task in self._drives.values()]
        for task in tasks:
            task.cancel()
        self._drives.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(self, runner: Runner, claim: Claim) -> None:
        row = claim.row
        try:
            if await self._load(runner, claim):
                await runner.drive()
            if runner.rests_until is not None:
                self._on_rest(runner.rests_until)
        except Exception as error:
            # A bug, or a refused append: it is tried again from the journal, a few times (`engine.load`).
            _log.exception("drive stopped by an unexpected error", extra={"execution_id": row.id})
            self._trouble.put(row.id, f"{type(error).__name__}: {error}")
            await self._give_back(claim)
        finally:
            if self._drives.get(row.id, (None,))[0] is runner:
                del self._drives[row.id]
            self._on_room()

    async def _load(self, runner: Runner, claim: Claim) -> bool:
        if claim.created is not None:
            return await runner.load()
        self._loading += 1
        try:
            return await runner.load()
        finally:
            self._loading -= 1
            self._on_room()

    async def _give_back(self, claim: Claim) -> None:
        pause = timedelta(seconds=min(2.0**claim.takeovers, LONGEST_PAUSE_SECONDS))
        try:
            await self._engine.journal.disown(claim.row.id, claim.row.epoch, wake_at=self._engine.clock.now() + pause)
        except ConcertMasterError:
            _log.exception("an execution could not be given back", extra={"execution_id": claim.row.id})

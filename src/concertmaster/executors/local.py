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
from typing import Any

from concertmaster.domain.interfaces import Abandoned, Claim
from concertmaster.engine.parts import Engine
from concertmaster.engine.runner import Runner

_log = logging.getLogger(__name__)
GRACE_SECONDS = 10.0


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
    """Drives executions as tasks of this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._runners: dict[str, tuple[Runner, asyncio.Task[None]]] = {}

    def submit(self, execution_id: str, claim: Claim | None = None) -> None:
        """See `domain.interfaces.Placement`."""
        if execution_id in self._runners:
            return
        runner = Runner(self._engine, execution_id)
        task = asyncio.create_task(self._drive(runner, claim), name=f"drive-{execution_id}")
        self._runners[execution_id] = (runner, task)

    def wake(self, execution_id: str) -> None:
        """See `domain.interfaces.Placement`; an execution driven nowhere is claimed."""
        if execution_id in self._runners:
            self._runners[execution_id][0].wake()
        else:
            self.submit(execution_id)

    async def close(self) -> None:
        """Stop driving; every execution goes on from the journal at the next start."""
        tasks = [task for _, task in self._runners.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drive(self, runner: Runner, claim: Claim | None) -> None:
        try:
            await runner.run(claim)
        except Exception:
            # A bug: the execution stays where its journal is, and the next start tries again.
            _log.exception("drive stopped by an unexpected error", extra={"execution_id": runner.execution_id})
        finally:
            del self._runners[runner.execution_id]

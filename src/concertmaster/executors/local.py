"""Embedded work: executions as tasks of this process; node functions on its loop, a second loop, in threads, or in
child processes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.interfaces import Claim, ComputeStats, IsolatedCall, Turn
from concertmaster.domain.recent import Recent
from concertmaster.engine.parts import Engine
from concertmaster.engine.runner import Runner
from concertmaster.executors.plugin_loop import BLOCKED_SECONDS, PluginLoops
from concertmaster.executors.pool import ProcessPool, ProcessSettings
from concertmaster.executors.threads import Threads

_log = logging.getLogger(__name__)
GRACE_SECONDS = 10.0
LOADING = 200
TROUBLES_KEPT = 1_000
LONGEST_PAUSE_SECONDS = 30.0


class LocalCompute:
    """Runs node functions on this machine."""

    def __init__(
        self,
        *,
        threads: int,
        grace_seconds: float = GRACE_SECONDS,
        blocked_seconds: float = BLOCKED_SECONDS,
        processes: ProcessSettings | None = None,
    ) -> None:
        """Args:
        threads: node functions that may run in threads at once; later ones wait for a free slot.
        grace_seconds: how long a cancelled thread may take to end.
        blocked_seconds: after which a blocked loop of plugins is replaced.
        processes: bounds of isolated calls.
        """
        self._threads = Threads(threads, grace_seconds=grace_seconds)
        self._loops = PluginLoops(grace_seconds=grace_seconds, blocked_seconds=blocked_seconds)
        self._pool = ProcessPool(processes or ProcessSettings())

    async def run(
        self,
        call: Callable[[], Any],
        *,
        where: str,
        stop: Callable[[], None],
        alone: str | None = None,
        turn: Turn | None = None,
    ) -> Any:
        """See `domain.interfaces.Compute`."""
        if where == "plugin_loop":
            return await self._loops.run(call, stop=stop)
        if where == "thread":
            return await self._threads.run(call, stop=stop, alone=alone, turn=turn)
        try:
            return await call()
        except asyncio.CancelledError:
            stop()
            raise

    async def run_isolated(self, call: IsolatedCall) -> Mapping[str, Any]:
        """See `domain.interfaces.Compute`."""
        return await self._pool.run(call)

    def left_behind(self, alone: str) -> bool:
        """See `domain.interfaces.Compute`."""
        return self._threads.left_behind(alone)

    def stats(self) -> ComputeStats:
        """See `domain.interfaces.Compute`."""
        return ComputeStats(
            threads=self._threads.running,
            abandoned_threads=self._threads.abandoned,
            plugin_loop_lag_seconds=self._loops.lag_seconds,
            plugin_loops_replaced=self._loops.replaced,
            children=self._pool.children,
            children_killed=self._pool.killed,
        )

    async def close(self) -> None:
        """Stop the loops and kill the children; threads that still run are left behind and end with the process."""
        self._loops.close()
        await self._pool.close()


class LocalPlacement:
    """Drives executions as tasks of this process.

    Args:
        on_room: called when a drive has ended or has been loaded, so that others may be submitted.
        on_rest: called with the wake-up of an execution that has left memory, or was given back.
        on_missed: called with an execution that was woken when its drive had let go of it, and had not ended yet.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        on_room: Callable[[], None],
        on_rest: Callable[[datetime], None],
        on_missed: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._on_room = on_room
        self._on_rest = on_rest
        self._on_missed = on_missed
        self._drives: dict[str, tuple[Runner, asyncio.Task[None]]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._loading = 0
        self._trouble = Recent[str, str](TROUBLES_KEPT)

    def submit(self, claim: Claim) -> None:
        """See `domain.interfaces.Placement`."""
        execution_id = claim.row.id
        known = self._drives.get(execution_id)
        if known is not None:
            # Claimed anew although it is driven here: that drive's ownership is a thing of the past.
            known[1].cancel()
        runner = Runner(self._engine, claim, self, trouble=self._trouble.get(execution_id) or "")
        task = asyncio.create_task(self._drive(runner, claim), name=f"drive-{execution_id}")
        self._drives[execution_id] = (runner, task)

    async def prepare(self, workflow: str, version: int) -> None:
        """See `domain.interfaces.Placement`."""
        await self._engine.plans.get(workflow, version)

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

    async def ended(self) -> None:
        """Wait for attempts that drives have left: threads and child processes have their grace, and none may still
        run when another process is told that it may go on. What does not end is left behind."""
        if self._ending:
            await asyncio.wait(self._ending, timeout=self._engine.settings.give_up.total_seconds())

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
            self._ending.update(runner.ending)
            for task in runner.ending:
                task.add_done_callback(self._ending.discard)
            if self._drives.get(row.id, (None,))[0] is runner:
                del self._drives[row.id]
                if runner.inbox_unread:
                    self._on_missed(row.id)
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
        wake_at = self._engine.clock.now() + pause
        try:
            await self._engine.journal.disown(claim.row.id, claim.row.epoch, wake_at=wake_at)
        except ConcertMasterError:
            _log.exception("an execution could not be given back", extra={"execution_id": claim.row.id})
        else:
            self._on_rest(wake_at)

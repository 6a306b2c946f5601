"""Pool: the child processes of this server: how many, whose, how long; made from a fork server on first need.

A child runs code of one owner only, and one whose last attempt left something behind runs nothing any more; why it is
like that, and what it costs, is in `docs/decisions/0008-isolated-nodes.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
import uuid
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concertmaster.config import Settings
from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import IsolatedCall
from concertmaster.executors.places import Places
from concertmaster.executors.server_process import ServerProcess
from concertmaster.executors.worker import Worker

_log = logging.getLogger(__name__)
# Leaks that nobody sees end here.
ATTEMPTS_OF_A_CHILD = 100
# More than this above what it had after its first attempt, and something in it grows.
GROWTH_BYTES = 128 * 2**20
# A child that nobody needs is kept for its loaded modules, but not for long.
IDLE_SECONDS = 60.0
_START_SECONDS = 60.0
_STARTS = 2


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """Bounds of isolated attempts.

    Attributes:
        processes: attempts at once; idle children do not count, but there are never more children than this.
        memory_bytes: that an attempt may use with all its processes.
        cpu_seconds: likewise.
        egress_allow: what outgoing requests may reach beside public addresses.
        programs: what `shell.command` may run.
        temporary: folder for the homes of children.
    """

    processes: int = 8
    memory_bytes: int = 2 * 2**30
    cpu_seconds: float = 4 * 3600.0
    egress_allow: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    temporary: Path = Path(tempfile.gettempdir())

    @staticmethod
    def of(settings: Settings) -> ProcessSettings:
        """What the settings say."""
        return ProcessSettings(
            processes=settings.processes,
            memory_bytes=settings.process_memory,
            cpu_seconds=settings.process_cpu_time.total_seconds(),
            egress_allow=settings.egress_allow,
            programs=settings.shell_allow,
            temporary=settings.scratch_dir,
        )


class ProcessPool:
    """Runs calls in children. Belongs to one event loop; nothing is started before the first call."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings = settings
        self._places = Places(settings.processes, resource="processes")
        self._server: ServerProcess | None = None
        self._workers: set[Worker] = set()
        # Longest idle first.
        self._idle: dict[Worker, asyncio.TimerHandle] = {}
        # Being looked at, or seen off.
        self._settling: dict[asyncio.Task[None], Worker] = {}
        self._closed = False
        self.killed = 0

    @property
    def children(self) -> int:
        """How many there are, idle ones included."""
        return len(self._workers)

    async def run(self, call: IsolatedCall) -> Mapping[str, Any]:
        """See `domain.interfaces.Compute.run_isolated`."""
        await self._places.take(call.turn)
        try:
            worker = await self._worker(call)
        except BaseException:
            self._places.give_back()
            raise
        try:
            return await worker.run(call, {"egress": self._settings.egress_allow, "programs": self._settings.programs})
        finally:
            self.killed += worker.killed
            if self._closed:
                self._forget(worker)
            else:
                # The answer does not wait for the look at what it left behind; its slot does.
                self._beside(self._settle(worker), worker)

    async def close(self) -> None:
        """Kill all children and wait for their end, some seconds at most."""
        self._closed = True
        for task in self._settling:
            task.cancel()
        await asyncio.gather(*self._settling, return_exceptions=True)
        for worker in list(self._workers):
            self._forget(worker)
        if self._server is not None:
            await asyncio.to_thread(self._server.close)
            self._server = None

    async def _worker(self, call: IsolatedCall) -> Worker:
        memory_bytes = call.memory_bytes or self._settings.memory_bytes

        def fits(worker: Worker) -> bool:
            same = worker.owner == call.owner and worker.memory_bytes == memory_bytes
            return same and not worker.killed and not worker.dead

        soon = [task for task, worker in self._settling.items() if fits(worker)]
        if soon and not any(map(fits, self._idle)):
            # A loop of attempts is faster than the look after each; a moment is cheaper than another child.
            await asyncio.wait(soon, return_when=asyncio.FIRST_COMPLETED)
        for worker in reversed(self._idle):
            if fits(worker):
                self._idle.pop(worker).cancel()
                return worker
        while len(self._workers) >= self._settings.processes and self._idle:
            await self._retire(next(iter(self._idle)))
        return await self._started(call, memory_bytes)

    async def _started(self, call: IsolatedCall, memory_bytes: int) -> Worker:
        spec = {
            "memory_bytes": memory_bytes,
            "cpu_seconds": self._settings.cpu_seconds,
            "store": str(call.unfinished / f"child-{uuid.uuid4().hex}"),
        }
        for _ in range(_STARTS):
            worker = Worker(owner=call.owner, memory_bytes=memory_bytes)
            self._workers.add(worker)
            try:
                if await self._hello(worker, spec):
                    return worker
            except BaseException:
                self._forget(worker)
                raise
            self._forget(worker)
        raise OperationalError(
            "node.no_process",
            f"No process could be started for node {call.node!r}; the machine may be short of memory or processes",
        )

    async def _hello(self, worker: Worker, spec: Mapping[str, Any]) -> bool:
        try:
            server = await self._living_server()
            worker.hand_over(server.control, spec)
            async with asyncio.timeout(_START_SECONDS):
                if await worker.hello():
                    return True
            trouble = worker.said
        except (OSError, TimeoutError) as error:
            trouble = str(error) or "it took too long"
        _log.warning("a child process could not be started", extra={"error": trouble})
        return False

    async def _living_server(self) -> ServerProcess:
        """The fork server. One that lives is kept, whatever became of a child: all others would end with it."""
        before = self._server
        if before is not None and before.alive:
            return before
        self._settings.temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        server = self._server = ServerProcess(self._settings.temporary)
        if before is not None:
            await asyncio.to_thread(before.close)
        return server

    async def _settle(self, worker: Worker) -> None:
        """Keep the worker for the next call of its owner, or see it off; then give its slot back."""
        try:
            if await self._reusable(worker):
                timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire, worker)
                self._idle[worker] = timer
            else:
                await self._retire(worker)
        finally:
            self._places.give_back()

    async def _reusable(self, worker: Worker) -> bool:
        if worker.killed or worker.threads or worker.changed or worker.attempts >= ATTEMPTS_OF_A_CHILD:
            return False
        # Secrets that it has seen may lie about in its memory.
        if worker.has_secrets:
            return False
        report = await worker.rest()
        if report is None or report["processes"]:
            return False
        used: int = report["memory_bytes"]
        worker.base_memory_bytes = worker.base_memory_bytes or used
        return used < worker.base_memory_bytes + GROWTH_BYTES

    def _beside(self, work: Coroutine[Any, Any, None], worker: Worker) -> None:
        task = asyncio.create_task(work)
        self._settling[task] = worker
        task.add_done_callback(lambda ended: self._settling.pop(ended, None))

    def _expire(self, worker: Worker) -> None:
        # At once, so that no call gets it before the task begins.
        self._idle.pop(worker, None)
        self._beside(self._retire(worker), worker)

    async def _retire(self, worker: Worker) -> None:
        if (timer := self._idle.pop(worker, None)) is not None:
            timer.cancel()
        if not worker.dead:
            worker.kill()
            await worker.gone()
        self._forget(worker)

    def _forget(self, worker: Worker) -> None:
        if (timer := self._idle.pop(worker, None)) is not None:
            timer.cancel()
        self._workers.discard(worker)
        with contextlib.suppress(OSError):
            worker.close()

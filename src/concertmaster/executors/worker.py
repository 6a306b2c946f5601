"""Worker: one child process as the server sees it: its channel, its output, its leash.

The end of a child always shows on its leash: the guard tells what ended it, when nothing of it is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping
from typing import Any, cast

import orjson

from concertmaster.domain.errors import ConcertMasterError, OperationalError
from concertmaster.domain.interfaces import IsolatedCall
from concertmaster.executors.ending import Ending, explain
from concertmaster.executors.frames import FrameReader, encode
from concertmaster.executors.output import Output, OutputBudget

# What a child that was told to end has for it.
GRACE_SECONDS = 2.0
# A guard has five seconds for the tree.
_GONE_SECONDS = 7.0
_REST_SECONDS = 2.0
# Log lines and progress that are taken at once; then the rest waits a moment, and the child with it.
_MESSAGES_AT_ONCE = 200
_PAUSE_SECONDS = 0.1
_LEVELS = frozenset({"debug", "info", "warning", "error"})


class Worker:
    """A child process for the code of one owner.

    Attributes:
        attempts: how many it has had.
        threads: that its last attempt left behind.
        changed: its last attempt left something set that belongs to the whole process.
        has_secrets: it has had a connection.
        base_memory_bytes: what it had after its first attempt; 0 before.
        killed: it was told to die.
    """

    def __init__(self, *, owner: str, memory_bytes: int) -> None:
        self.owner = owner
        self.memory_bytes = memory_bytes
        self.attempts = 0
        self.threads = 0
        self.changed = False
        self.has_secrets = False
        self.base_memory_bytes = 0
        self.killed = False
        self._loop = asyncio.get_running_loop()
        self._call: IsolatedCall | None = None
        self._work: asyncio.Task[Mapping[str, Any]] | None = None
        self._guard = 0
        self._leash, leash = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel, channel = socket.socketpair()
        for ours in (self._leash, self._channel):
            ours.setblocking(False)
        out, err = os.pipe(), os.pipe()
        self._frames = FrameReader(self._channel)
        self._outputs = (
            Output(out[0], lambda text: self._log("info", text), self._full),
            Output(err[0], lambda text: self._log("warning", text), self._full),
        )
        self._theirs = (leash.detach(), channel.detach(), out[1], err[1])
        self._idle: asyncio.Future[Mapping[str, Any]] = self._loop.create_future()
        self._ended: asyncio.Future[Ending] = self._loop.create_future()
        self._watch = asyncio.create_task(self._watch_leash())

    def hand_over(self, control: socket.socket, spec: Mapping[str, Any]) -> None:
        """Give the other ends to the fork server, which makes the child.

        Raises:
            OSError: there is no fork server any more.
        """
        try:
            socket.send_fds(control, [orjson.dumps(spec)], self._theirs)
        finally:
            for descriptor in self._theirs:
                os.close(descriptor)
            self._theirs = ()

    async def hello(self) -> bool:
        """Wait for the child to be there; False when it never came to be."""
        message = await self._frames.read()
        if message is None or "hello" not in message:
            return False
        # No node code has run in it so far, so this is true.
        self._guard = int(message["guard"])
        return True

    async def run(self, call: IsolatedCall, allowed: Mapping[str, tuple[str, ...]]) -> Mapping[str, Any]:
        """Run a call; afterwards the worker rests or is dead.

        Args:
            allowed: what the settings let nodes reach: `egress` and `programs`.
        Raises:
            OperationalError: what ended the child; see `domain.interfaces.Compute.run_isolated`.
        """
        budget = OutputBudget()
        for output in self._outputs:
            output.begin(budget)
        self._call = call
        self.attempts += 1
        self.has_secrets = self.has_secrets or any(call.job["opened"].values())
        work = self._work = asyncio.create_task(self._converse(call, allowed))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if not call.expired():
                await self._ask_to_end(work)
            self.kill()
            await self.gone()
            raise
        finally:
            self.kill_unless(work.done() and not work.cancelled() and work.exception() is None)
            if not work.done():
                work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            self._call = None

    async def rest(self) -> Mapping[str, Any] | None:
        """The guard's report after an attempt; None when the child has died, or does not rest after its answer."""
        self._idle = self._loop.create_future()
        with contextlib.suppress(OSError, TimeoutError, OperationalError):
            async with asyncio.timeout(_REST_SECONDS):
                await self._loop.sock_sendall(self._channel, encode({"rest": self.attempts}))
                if await self._frames.read() != {"rests": self.attempts} or not self._word(b"end"):
                    return None
                return await self._idle
        return None

    def kill(self) -> None:
        """Have the guard kill it; returns at once."""
        if not self._ended.done():
            self.killed = True
            self._word(b"kill")

    def kill_unless(self, good: bool) -> None:
        """Kill it when its attempt did not end as it should."""
        if not good:
            self.kill()

    async def gone(self) -> Ending:
        """Wait until nothing is left of it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GONE_SECONDS):
                return await asyncio.shield(self._ended)
        # Its guard was stopped, which only node code does: the kernel ends the child with it, and the fork server what
        # that leaves behind. Or it hangs in the kernel; its slot cannot wait for that.
        if self._guard and not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._guard, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                return await asyncio.shield(self._ended)
        return Ending()

    @property
    def dead(self) -> bool:
        """Whether the guard has reported its end."""
        return self._ended.done()

    @property
    def said(self) -> str:
        """The end of what it wrote to stderr."""
        self._outputs[1].drain()
        return self._outputs[1].tail.decode(errors="replace")

    def close(self) -> None:
        """Let go of everything: the guard kills the child when its leash is let go."""
        for output in self._outputs:
            output.close()
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs = ()
        for task in (self._watch, self._work):
            if task is not None:
                task.cancel()
        self._channel.close()
        self._leash.close()

    async def _converse(self, call: IsolatedCall, allowed: Mapping[str, tuple[str, ...]]) -> Mapping[str, Any]:
        try:
            frame = encode({"job": call.job, **allowed})
        except TypeError as error:
            raise OperationalError(
                "node.config_invalid",
                f"The config of node {call.node!r} cannot be given to another process: {error}",
                retryable=False,
            ) from error
        try:
            self._word(b"begin")
            with contextlib.suppress(ConnectionError):
                await self._loop.sock_sendall(self._channel, frame)
            answer = await self._listen(call)
        except OperationalError:
            self.kill()
            await self.gone()
            raise
        for output in self._outputs:
            output.drain()
        if answer is not None:
            return answer
        if not self._ended.done():
            # Its end is closed, but is it dead? The guard knows in a moment.
            await asyncio.wait({self._ended}, timeout=GRACE_SECONDS)
        closed = not self._ended.done()
        self.kill()
        ending = await self.gone()
        raise explain(ending, call.node, self.memory_bytes, tail=self._outputs[1].tail, closed=closed)

    async def _listen(self, call: IsolatedCall) -> Mapping[str, Any] | None:
        """Serve the child until it answers; None when it closes its end."""
        taken = 0
        while (message := await self._frames.read()) is not None:
            match message:
                case {"answer": dict(), "threads": int() as threads, "changed": list()}:
                    self.threads, self.changed = threads, message["changed"] != []
                    return cast("Mapping[str, Any]", message["answer"])
                case {"log": [str() as level, str() as text]} if level in _LEVELS:
                    call.on_log(level, text)
                case {"progress": [float() as done, float() | None as total]}:
                    call.on_progress(done, total)
                case {"connection": [int() as number, str() as name]}:
                    await self._connect(call, number, name)
                case _:
                    raise OperationalError(
                        "node.crashed", "The node's process sent the server a message of a kind that there is not"
                    )
            taken += 1
            if taken % _MESSAGES_AT_ONCE == 0:
                await asyncio.sleep(_PAUSE_SECONDS)
        return None

    async def _connect(self, call: IsolatedCall, number: int, name: str) -> None:
        given: dict[str, Any]
        try:
            given = {"found": await call.connection(name)}
            self.has_secrets = True
        except ConcertMasterError as error:
            given = {"error": [type(error).__name__, error.code, error.message, error.retryable]}
        with contextlib.suppress(ConnectionError):
            await self._loop.sock_sendall(self._channel, encode({"connection": [number, given]}))

    async def _ask_to_end(self, work: asyncio.Task[Mapping[str, Any]]) -> None:
        with contextlib.suppress(ConnectionError):
            await self._loop.sock_sendall(self._channel, encode({"cancel": True}))
        await asyncio.wait({work}, timeout=GRACE_SECONDS)

    def _word(self, word: bytes) -> bool:
        try:
            self._leash.send(word)
        except OSError:
            return False
        return True

    async def _watch_leash(self) -> None:
        ending = Ending()
        while True:
            try:
                data = await self._loop.sock_recv(self._leash, 4096)
            except OSError:
                data = b""
            if not data:
                break
            message = orjson.loads(data)
            if "ended" in message:
                ending = Ending(**message["ended"])
            elif not self._idle.done():
                self._idle.set_result(message["idle"])
        self._ended.set_result(ending)

    def _log(self, level: str, text: str) -> None:
        if self._call is not None:
            self._call.on_log(level, text)

    def _full(self) -> None:
        self._log("warning", "The node prints very much; what it prints from here on is dropped")

"""WatchedChild: a process that runs code of others and tells in frames; watched, drained and ended by its parent."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import orjson

from concertmaster.executors.frames import FRAME_LIMIT_BYTES, encode
from concertmaster.executors.process_tree import descendants, memory_bytes

LOOK_SECONDS = 0.05
# Of what is printed at one time; a child that never stops printing holds up nobody.
_READS_AT_ONCE = 64
_HEADER = struct.Struct("!I")


class WatchedChild:
    """One child process: a module that is given the descriptor of its channel, our pid, and the words.

    Attributes:
        process: for its exit code, and signals.
        tail: the end of what it has printed.
    """

    def __init__(
        self,
        module: str,
        *words: str,
        env: Mapping[str, str],
        kept_bytes: int,
        cwd: Path | None = None,
        on_printed: Callable[[bytes], None] | None = None,
    ) -> None:
        """Start it.

        Args:
            env: its environment, to which the paths of our imports are added: it imports what we would.
            kept_bytes: of what it prints.
            on_printed: told of it piece by piece, once `tail` ends with it; without it stdout goes nowhere.
        """
        self._channel, theirs = socket.socketpair()
        self._said, write = os.pipe()
        with theirs, open(write, "wb", closefd=True) as output:  # noqa: PTH123  (a descriptor)
            self.process = subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, "-P", "-m", module, str(theirs.fileno()), str(os.getpid()), *words],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output if on_printed else subprocess.DEVNULL,
                stderr=output,
                env={**env, "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.tail = bytearray()
        self._kept_bytes = kept_bytes
        self._on_printed = on_printed
        self._buffer = bytearray()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    @property
    def text(self) -> str:
        """The end of what it has printed."""
        return self.tail.decode(errors="backslashreplace")

    def memory(self) -> int:
        """Bytes that it and everything that it has started take."""
        return memory_bytes([self.process.pid, *descendants(self.process.pid)])

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell it something. Raises OSError."""
        self._channel.sendall(encode(message))

    def next(self, seconds: float, look: Callable[[], bool]) -> Mapping[str, Any] | None:
        """The next message; None when the time is over, the child has ended, or `look` says that it is enough.

        What is no message of ours is an empty one.
        """
        deadline = time.monotonic() + seconds
        while (message := self._message()) is None:
            left = deadline - time.monotonic()
            if left <= 0 or look():
                return None
            ready, _, _ = select.select([self._channel, self._said], [], [], min(left, LOOK_SECONDS))
            if self._said in ready:
                self.drain()
            if self._channel in ready and not self._receive():
                return None
        return message

    def wait_printed(self, seconds: float) -> None:
        """Wait for something printed, and take it."""
        if select.select([self._said], [], [], seconds)[0]:
            self.drain()

    def drain(self) -> None:
        """Take what it has printed, and keep the end of it."""
        for _ in range(_READS_AT_ONCE):
            if not select.select([self._said], [], [], 0)[0]:
                break
            data = os.read(self._said, 1 << 16)
            if not data:
                break
            self.tail += data
            del self.tail[: -self._kept_bytes]
            if self._on_printed is not None:
                self._on_printed(data)

    def closed_its_end(self) -> bool:
        """Whether nothing can come from it any more."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            return self._channel.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
        return False

    def end(self) -> None:
        """Kill it and everything that it has started; may be called twice."""
        if self._said < 0:
            return
        for pid in descendants(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.drain()
        os.close(self._said)
        self._said = -1
        self._channel.close()

    def _receive(self) -> bool:
        try:
            data = self._channel.recv(1 << 20)
        except ConnectionError:
            return False
        self._buffer += data
        return bool(data)

    def _message(self) -> Mapping[str, Any] | None:
        if len(self._buffer) < _HEADER.size:
            return None
        end = _HEADER.size + _HEADER.unpack_from(self._buffer)[0]
        if end > FRAME_LIMIT_BYTES + _HEADER.size:
            self._buffer.clear()
            return {}
        if len(self._buffer) < end:
            return None
        data = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        try:
            found: Any = orjson.loads(data)
        except ValueError:
            return {}
        return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}

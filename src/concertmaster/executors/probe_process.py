"""ProbeProcess: one child process that describes candidates, and how it is watched and ended."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.executors.frames import FRAME_LIMIT_BYTES, encode
from concertmaster.executors.process_tree import descendants, memory_bytes
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.description import Description, Failure

TIMED_OUT, OUT_OF_MEMORY, CRASHED = "registry.timed_out", "registry.out_of_memory", "registry.crashed"
_LOOK_SECONDS = 0.05
_START_SECONDS = 60.0
_TRACE_SECONDS = 0.5
_TAIL_BYTES = 16 * 1024
_HEADER = struct.Struct("!I")
_FRAME = re.compile(r'File "(.+)", line (\d+) in (.+)')
_PACKAGE = str(Path(__file__).parent.parent)
_IMPORTLIB = importlib.__file__


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """Bounds of a probe.

    Attributes:
        seconds: that the import of one candidate may take.
        memory_bytes: that it may need beside what the child had.
        processes: children at once; never fewer than two, so that nothing queues behind one module that hangs.
    """

    seconds: float = 3.0
    memory_bytes: int = 2**30
    processes: int = 4


class ProbeProcess:
    """One child process."""

    def __init__(self, memory_bytes: int) -> None:
        self._channel, theirs = socket.socketpair()
        said, write = os.pipe()
        with theirs, open(write, "wb", closefd=True) as errors:  # noqa: PTH123  (a descriptor)
            module = "concertmaster.executors.probe_child"
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, "-P", "-m", module, str(theirs.fileno()), str(os.getpid()), str(memory_bytes)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # The same code will be imported by the server, which has the same environment.
                env={**os.environ, "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._said = said
        self._tail = bytearray()
        self._buffer = bytearray()
        self.candidates = 0
        self.clean = True

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def hello(self) -> None:
        """Wait until it is ready. Raises OSError when it does not get so far."""
        if self._wait(_START_SECONDS, lambda: None) is None:
            raise OSError(f"a child process for node types could not be started: {self._text() or 'it took too long'}")

    def describe(self, candidate: Candidate, settings: ProbeSettings) -> Description | Failure:
        """Have a candidate described."""
        self.candidates += 1
        self._tail.clear()
        before = memory_bytes([self._process.pid])
        trouble: list[str] = []

        def look() -> str | None:
            if memory_bytes([self._process.pid]) - before > settings.memory_bytes:
                trouble.append(OUT_OF_MEMORY)
            return trouble[0] if trouble else None

        try:
            self._channel.sendall(encode({"candidate": candidate.as_json()}))
            answer = self._wait(settings.seconds, look)
        except OSError:
            answer = None
        if answer is not None:
            self.clean = bool(answer.get("clean"))
            return _read(answer)
        if self.alive and not self._closed_its_end():
            code = trouble[0] if trouble else TIMED_OUT
            frames = self._where()
            self.end()
            return _stopped(code, candidate, settings, frames)
        self.end()
        return self._crashed(candidate)

    def kill(self) -> None:
        """Kill it, and no more; for other threads than the one that uses it."""
        self._process.kill()

    def end(self) -> None:
        """Kill it and everything that it has started; may be called twice."""
        if self._said < 0:
            return
        for pid in descendants(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._drain()
        os.close(self._said)
        self._said = -1
        self._channel.close()

    def _wait(self, seconds: float, look: Callable[[], str | None]) -> Mapping[str, Any] | None:
        """The next message; None when the time is over, the child has ended, or `look` has found something."""
        deadline = time.monotonic() + seconds
        while (message := self._message()) is None:
            left = deadline - time.monotonic()
            if left <= 0 or look() is not None:
                return None
            ready, _, _ = select.select([self._channel, self._said], [], [], min(left, _LOOK_SECONDS))
            if self._said in ready:
                self._drain()
            if self._channel in ready and not self._receive():
                return None
        return message

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

    def _closed_its_end(self) -> bool:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            return self._channel.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
        return False

    def _drain(self) -> None:
        """Take what it has written to stderr, and keep the end of it."""
        while select.select([self._said], [], [], 0)[0]:
            data = os.read(self._said, 1 << 16)
            if not data:
                break
            self._tail += data
            del self._tail[:-_TAIL_BYTES]

    def _where(self) -> list[tuple[str, int, str]]:
        """Where the module is at the moment, innermost frame first, without our own frames."""
        self._drain()
        self._tail.clear()
        self._process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + _TRACE_SECONDS
        while time.monotonic() < deadline and b"probe_child" not in self._tail:
            if select.select([self._said], [], [], _LOOK_SECONDS)[0]:
                self._drain()
                if not self.alive:
                    break
        return _frames(self._text())

    def _crashed(self, candidate: Candidate) -> Failure:
        frames = _frames(self._text())
        code = self._process.returncode
        how = f"exit code {code}" if code >= 0 else _signal_name(-code)
        text = (
            f"{candidate.place}: importing it ended the process ({how}); a module may not end the process that imports "
            "it, nor crash it\n"
        )
        return _failure(CRASHED, candidate, frames, text)

    def _text(self) -> str:
        return self._tail.decode(errors="backslashreplace")


def _signal_name(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def _read(answer: Mapping[str, Any]) -> Description | Failure:
    """The answer of a child, which runs code of others and may say anything."""
    try:
        if "failure" in answer:
            return Failure.from_json(answer["failure"])
        return Description.from_json(answer["description"])
    except (ConcertMasterError, KeyError, TypeError, ValueError, AttributeError) as error:
        return Failure("node.bad_description", f"The module's description cannot be used: {error}\n")


def _frames(text: str) -> list[tuple[str, int, str]]:
    found = [(match[1], int(match[2]), match[3]) for match in _FRAME.finditer(text)]
    return [frame for frame in found if not frame[0].startswith(("<frozen ", _PACKAGE, _IMPORTLIB))]


def _stopped(code: str, candidate: Candidate, settings: ProbeSettings, frames: list[tuple[str, int, str]]) -> Failure:
    if code == OUT_OF_MEMORY:
        told = (
            f"its import took more memory than it may ({settings.memory_bytes // 2**20:,} MiB) and was stopped; load "
            "data when the node runs, or raise the setting registry_memory"
        )
    else:
        told = (
            f"its import took more than {settings.seconds:g} s and was stopped; do the work when the node runs, or "
            "raise the setting registry_timeout"
        )
    return _failure(code, candidate, frames, f"{candidate.place}: {told}\n")


def _failure(code: str, candidate: Candidate, frames: list[tuple[str, int, str]], told: str) -> Failure:
    within = [frame for frame in frames if candidate.folder is not None and frame[0].startswith(candidate.folder)]
    place = next(iter(within or frames), None)
    lines = [f'  File "{file}", line {line}, in {name}\n' for file, line, name in reversed(frames)]
    trace = "".join(["Traceback (most recent call last):\n", *lines]) if lines else ""
    return Failure(code, trace + told, *(place[:2] if place else (None, None)))

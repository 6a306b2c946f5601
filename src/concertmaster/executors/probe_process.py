"""ProbeProcess: one child process that describes candidates, and how it is watched and ended."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.executors.process_tree import command, descendants, exact_memory_bytes, memory_bytes
from concertmaster.executors.watched_child import LOOK_SECONDS, WatchedChild
from concertmaster.nodes.candidates import Candidate
from concertmaster.nodes.description import Description, Failure

TIMED_OUT, OUT_OF_MEMORY, CRASHED = "registry.timed_out", "registry.out_of_memory", "registry.crashed"
FORKS = "registry.forks"
# Finding what a module has started means to look at every process of the machine.
_TREE_SECONDS = 0.2
_MOST_PROCESSES = 64
_MODULE = "concertmaster.executors.probe_child"
_START_SECONDS = 60.0
_TRACE_SECONDS = 0.5
_EXIT_SECONDS = 1.0
_TAIL_BYTES = 16 * 1024
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
        # The same code will be imported by the server, which has the same environment.
        self._child = WatchedChild(_MODULE, str(memory_bytes), env=os.environ, kept_bytes=_TAIL_BYTES)
        self.candidates = 0
        self.clean = True

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child.alive

    def hello(self) -> None:
        """Wait until it is ready. Raises OSError when it does not get so far."""
        if self._child.next(_START_SECONDS, lambda: False) is None:
            told = self._child.text or "it took too long"
            raise OSError(f"a child process for node types could not be started: {told}")

    def describe(self, candidate: Candidate, settings: ProbeSettings) -> Description | Failure:
        """Have a candidate described."""
        self.candidates += 1
        self._child.tail.clear()
        pid = self._child.process.pid
        before = memory_bytes([pid])
        too_large = too_many = False
        below: set[int] = set()
        next_look = time.monotonic() + _TREE_SECONDS

        def look() -> bool:
            nonlocal too_large, too_many, below, next_look
            if time.monotonic() > next_look:
                below, next_look = descendants(pid), time.monotonic() + _TREE_SECONDS
            too_many = len(below) > _MOST_PROCESSES
            too_large = memory_bytes([pid, *below]) - before > settings.memory_bytes
            if too_large and below and not too_many:
                too_large = exact_memory_bytes([pid, *below]) - before > settings.memory_bytes
            return too_large or too_many

        try:
            self._child.send({"candidate": candidate.as_json()})
            answer = self._child.next(settings.seconds, look)
        except OSError:
            answer = None
        if answer is not None:
            self.clean = bool(answer.get("clean"))
            told = _read(answer)
            return told if self.clean or isinstance(told, Failure) or not self._has_copies() else _forks(candidate)
        if too_many:
            self.end()
            return _forks(candidate)
        if self.alive and not self._child.closed_its_end():
            frames = self._where()
            self.end()
            return _stopped(OUT_OF_MEMORY if too_large else TIMED_OUT, candidate, settings, frames)
        # It closes its end a moment before it has ended, and whoever is killed meanwhile does not tell how.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.process.wait(_EXIT_SECONDS)
        self.end()
        return self._crashed(candidate)

    def kill(self) -> None:
        """Kill it, and no more; for other threads than the one that uses it."""
        self._child.process.kill()

    def end(self) -> None:
        """Kill it and everything that it has started; may be called twice."""
        self._child.end()

    def _has_copies(self) -> bool:
        """Whether copies of it live on: the server would be copied too, with all that it has open."""
        pid = self._child.process.pid
        return any(command(one) == command(pid) for one in descendants(pid))

    def _where(self) -> list[tuple[str, int, str]]:
        """Where the module is at the moment, innermost frame first, without our own frames."""
        self._child.drain()
        self._child.tail.clear()
        self._child.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + _TRACE_SECONDS
        while self.alive and time.monotonic() < deadline and b"probe_child" not in self._child.tail:
            self._child.wait_printed(LOOK_SECONDS)
        return _frames(self._child.text)

    def _crashed(self, candidate: Candidate) -> Failure:
        frames = _frames(self._child.text)
        code = self._child.process.returncode
        how = f"exit code {code}" if code >= 0 else _signal_name(-code)
        text = (
            f"{candidate.place}: importing it ended the process ({how}); a module may not end the process that imports "
            "it, nor crash it\n"
        )
        return _failure(CRASHED, candidate, frames, text)


def _forks(candidate: Candidate) -> Failure:
    told = (
        f"{candidate.place}: its import makes copies of the process that go on (os.fork, multiprocessing); make them "
        "when the node runs\n"
    )
    return _failure(FORKS, candidate, [], told)


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

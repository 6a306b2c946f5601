"""Child: the process that runs node code. It gets jobs and gives answers over one descriptor, and has nothing else.

Whatever the node code does to it, nobody outside is harmed: the guard above it ends what is left of it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import os
import queue
import resource
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from concertmaster.executors.child_call import CallPlace, answer_of
from concertmaster.executors.child_context import ChildContext
from concertmaster.executors.child_state import changed, refresh, state
from concertmaster.executors.frames import FRAME_LIMIT_BYTES, Channel
from concertmaster.executors.process_tree import die_with

# Writable memory that an allocator reserves and does not use counts against RLIMIT_DATA: beside a limit of 2 GiB,
# 1 GiB was reserved by a process that used 105 MiB. So the limit proper is on memory in use, watched by the guard,
# and this one is a fence two gibibytes further: it stops at once what asks for far too much. RLIMIT_AS is no use at
# all: importing Polars, Arrow and DuckDB takes 800 MiB of addresses for 60 MiB of memory, and more with more cores.
FENCE_BYTES = 2**31
_CHANNEL = 3
# For the kernel, when the machine's memory is used up: rather this process than the server.
_OUT_OF_MEMORY_SCORE = 800
_NICE = 5


@dataclass(frozen=True, slots=True)
class Place:
    """What is the child's own: folders that are removed after it, and its limit of memory."""

    home: Path
    store: Path
    memory_bytes: int


def main(place: Place, channel: int, out: int, err: int, *, parent: int) -> None:
    """Become a child and serve until the server has had enough. Does not return in the end.

    Args:
        channel, out, err: descriptors for messages, and what becomes of stdout and stderr.
        parent: process id of the guard.
    """
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if not die_with(parent, signal.SIGKILL):
        return
    _keep_only(channel, out, err)
    _limit(place.memory_bytes)
    os.environ |= {"HOME": str(place.home), "TMPDIR": str(place.home)}
    tempfile.tempdir = None
    sys.stdout = sys.__stdout__ = _line_writer(1)
    sys.stderr = sys.__stderr__ = _line_writer(2)
    # A crash then shows the line of Python in the node's log.
    faulthandler.enable()
    _Server(place, Channel(socket.socket(fileno=_CHANNEL))).serve()


def _keep_only(channel: int, out: int, err: int) -> None:
    """Put the descriptors in their places and close all others."""
    # Out of the way first: one of them may have the number that another is to get.
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _CHANNEL + 1) for descriptor in (channel, out, err)]
    null = os.open(os.devnull, os.O_RDONLY)
    for descriptor, target in ((null, 0), (moved[1], 1), (moved[2], 2)):
        os.dup2(descriptor, target)
    os.dup2(moved[0], _CHANNEL, inheritable=False)
    os.closerange(_CHANNEL + 1, os.sysconf("SC_OPEN_MAX"))


def _line_writer(descriptor: int) -> TextIO:
    """A stream whose every line is seen at once; what was made before the fork thinks that it writes to a file."""
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _limit(memory_bytes: int) -> None:
    fence = memory_bytes + FENCE_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (fence, fence))
    # A core file would hold the secrets of the attempt, and take the time of writing it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The server's loop goes first, also where the kernel does not share out by session.
    os.nice(_NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OUT_OF_MEMORY_SCORE))


class _Server:
    """Takes jobs from the channel and answers them, one at a time."""

    def __init__(self, place: Place, channel: Channel) -> None:
        self._place = place
        self._channel = channel
        self._jobs: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._context: ChildContext | None = None

    def serve(self) -> None:
        """Until the channel is closed; then `_listen` ends the process."""
        threading.Thread(target=self._listen, name="channel", daemon=True).start()
        self._channel.send({"hello": os.getpid(), "guard": os.getppid()})
        known = set(threading.enumerate())
        process = os.getpid()
        while True:
            message = self._jobs.get()
            if "rest" in message:
                self._channel.send({"rests": message["rest"]})
                continue
            self._run(message, known)
            if os.getpid() != process:
                # The node forked, and this is the copy, which came back as well.
                os._exit(0)

    def _run(self, message: Mapping[str, Any], known: set[threading.Thread]) -> None:
        scratch = Path(tempfile.mkdtemp(prefix="attempt-", dir=self._place.home))
        context = self._context = ChildContext(
            self._channel, message["job"], scratch, egress=message["egress"], programs=message["programs"]
        )
        call = CallPlace(context, self._place.store, self._place.memory_bytes)
        refresh()
        before = state()
        answer = answer_of(call)
        for stream in (sys.stdout, sys.stderr):
            # The node may have closed or replaced them.
            with contextlib.suppress(Exception):
                stream.flush()
        left = [thread.name for thread in threading.enumerate() if thread not in known]
        found = {"threads": len(left), "changed": changed(before, state())}
        context.close()
        try:
            self._channel.send({"answer": answer, **found})
        except ValueError:
            self._channel.send({"answer": {"failure": _too_large()}, **found})

    def _listen(self) -> None:
        try:
            while (message := self._channel.receive()) is not None:
                if "job" in message or "rest" in message:
                    self._jobs.put(message)
                elif self._context is not None:
                    self._context.receive(message)
        except (OSError, ValueError):
            # The node has closed our descriptor: the server sees that as well, and says so.
            return
        os._exit(0)


def _too_large() -> Mapping[str, Any]:
    return {
        "code": "node.output_too_large",
        "message": f"The description of the results takes more than {FRAME_LIMIT_BYTES:,} bytes; return fewer outlets, "
        "or tables with fewer columns",
        "details": {},
        "retryable": False,
        "nothing_sent": False,
    }

"""Guard: the process between fork server and child that sees the child's whole tree, and ends it.

It runs no node code, so it can always act: on a limit, on a word of the server, on the server's death, on the child's.
The server holds the other end of its *leash*, a socket that keeps message boundaries: `begin` and `end` of an attempt,
`kill`; its end means that the server is gone.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import tempfile
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from concertmaster.executors import child
from concertmaster.executors.process_tree import (
    become_subreaper,
    cpu_seconds,
    descendants,
    die_with,
    exact_memory_bytes,
    kill_descendants,
    memory_bytes,
    out_of_memory_kills,
    reap,
)

MOST_PROCESSES = 256
# The child's own memory is looked at often, because a loop fills a gibibyte in half a second; the rest of the tree
# seldom, because finding it means to look at every process of the machine.
_LOOK_SECONDS = 0.1
_TREE_SECONDS = 0.5
_KILL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Spec:
    """Limits and folders of one child.

    Attributes:
        temporary: folder in which the child gets a home.
        store: folder of the child's unfinished artifacts, which nobody needs after it.
    """

    memory_bytes: int
    cpu_seconds: float
    temporary: str
    store: Path

    @staticmethod
    def read(data: Mapping[str, Any], temporary: str) -> Spec:
        """From the message of the server."""
        return Spec(data["memory_bytes"], data["cpu_seconds"], temporary, Path(data["store"]))


def main(spec: Spec, leash: int, channel: int, out: int, err: int, *, parent: int) -> None:
    """Make the child, watch it, and see to it that nothing of it is left.

    Args:
        parent: process id of the fork server.
    """
    wake = _signals_as_bytes()
    if not die_with(parent, signal.SIGTERM):
        return
    become_subreaper()
    home = Path(tempfile.mkdtemp(prefix="concertmaster-child-", dir=spec.temporary))
    here = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(leash)
            child.main(
                child.Place(home=home, store=spec.store, memory_bytes=spec.memory_bytes),
                channel,
                out,
                err,
                parent=here,
            )
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    for descriptor in (channel, out, err):
        os.close(descriptor)
    with socket.socket(fileno=leash) as line:
        _Watch(spec, pid, line, wake).run()
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(spec.store, ignore_errors=True)


def kill_strangers(known: set[int]) -> None:
    """Kill what has become a child of this process, and is none of the known ones; with everything below it."""
    for pid in descendants(os.getpid(), but=known):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _signals_as_bytes() -> socket.socket:
    """Make SIGCHLD and SIGTERM readable, for `select`."""
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, _wake)
    signal.set_wakeup_fd(writing.detach(), warn_on_full_buffer=False)
    return reading


def _wake(_number: int, _frame: object) -> None:
    """A handler of ours: the default ones ignore a signal, or end the process, and write no byte."""


class _Watch:
    """One child under watch."""

    def __init__(self, spec: Spec, pid: int, leash: socket.socket, wake: socket.socket) -> None:
        self._spec = spec
        self._pid = pid
        self._leash = leash
        self._wake = wake
        self._active = False
        self._tree = {pid}
        self._tree_at = 0.0
        self._cpu_before = 0.0
        self._reason = ""
        self._most_memory = 0
        self._out_of_memory_before = out_of_memory_kills()

    def run(self) -> None:
        """Until the child is dead; then kill the rest and report."""
        ended: tuple[int, int] | None = None
        while ended is None and not self._reason:
            ready, _, _ = select.select([self._leash, self._wake], [], [], _LOOK_SECONDS if self._active else None)
            if self._wake in ready:
                ended = self._woken()
            if self._leash in ready and ended is None:
                self._told(self._leash.recv(64))
            if self._active and ended is None and not self._reason:
                self._look()
        if ended is None:
            os.kill(self._pid, signal.SIGKILL)
            _, status, usage = os.wait4(self._pid, 0)
            ended = status, usage.ru_maxrss * 1024
        gone = kill_descendants(within_seconds=_KILL_SECONDS)
        self._report(*ended, gone=gone)

    def _woken(self) -> tuple[int, int] | None:
        if signal.SIGTERM in self._wake.recv(4096):
            self._reason = "server"
        return reap().get(self._pid)

    def _told(self, word: bytes) -> None:
        match word:
            case b"begin":
                self._active = True
                self._out_of_memory_before = out_of_memory_kills()
                self._cpu_before = cpu_seconds({self._pid})
            case b"end":
                self._active = False
                others = descendants(os.getpid()) - {self._pid}
                self._say({"idle": {"processes": len(others), "memory_bytes": memory_bytes({self._pid})}})
            case b"kill":
                self._reason = "told"
            case _:
                self._reason = "server"

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._tree_at > _TREE_SECONDS:
            self._tree, self._tree_at = descendants(os.getpid()), now
            if len(self._tree) > MOST_PROCESSES:
                self._reason = "processes"
            if cpu_seconds(self._tree) - self._cpu_before > self._spec.cpu_seconds:
                self._reason = "cpu"
        used = memory_bytes(self._tree)
        if used > self._spec.memory_bytes and len(self._tree) > 1:
            used = exact_memory_bytes(self._tree)
        self._most_memory = max(self._most_memory, used)
        if used > self._spec.memory_bytes:
            self._reason = "memory"

    def _report(self, status: int, most_memory: int, *, gone: bool) -> None:
        self._say(
            {
                "ended": {
                    "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
                    "exit_code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0,
                    "reason": self._reason,
                    "memory_bytes": max(self._most_memory, most_memory),
                    "machine_out_of_memory": out_of_memory_kills() > self._out_of_memory_before,
                    "gone": gone,
                }
            }
        )

    def _say(self, message: Mapping[str, Any]) -> None:
        # Whoever is gone does not listen.
        with contextlib.suppress(OSError):
            self._leash.send(orjson.dumps(message))

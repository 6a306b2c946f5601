"""`concertmaster` in a process of its own without the seconds that its imports take: forked off one that has done them.

From `main` on it is what anybody starts: a process with its own files, environment, current folder and end. Tests of
the start itself, and those that load another library into it, start it cold.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from concertmaster.cli.main import main
from concertmaster.nodes import loader

_LONGEST = 1 << 18
_FILES = 4


@dataclass(slots=True)
class WarmProcess:
    """As much of `subprocess.Popen` as the tests need."""

    pid: int
    stdout: IO[str] | None
    _end: IO[str] = field(repr=False)
    returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its exit code; raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._end], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("concertmaster", timeout or 0)
            self.returncode = int(self._end.readline())
            self._end.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Nothing where it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """As a power cut would."""
        self.send_signal(signal.SIGKILL)


def start_warm(
    words: Sequence[str],
    files: tuple[int, int, int],
    *,
    cwd: Path,
    env: Mapping[str, str],
    descriptors: tuple[int, int] | None = None,
) -> WarmProcess:
    """Start `concertmaster` with these words.

    Args:
        files: descriptors of what it reads, writes and complains to; the second may be `subprocess.PIPE`.
        env: the whole environment.
        descriptors: files that it may open, and may allow itself to open.
    """
    end, told = os.pipe()
    stdin, stdout, stderr = files
    pipe = os.pipe() if stdout == subprocess.PIPE else None
    request = {"words": list(words), "cwd": str(cwd), "env": dict(env), "descriptors": descriptors}
    sent = [stdin, pipe[1] if pipe else stdout, stderr, told]
    try:
        socket.send_fds(_door(), [json.dumps(request).encode()], sent)
    finally:
        os.close(told)
        if pipe:
            os.close(pipe[1])
    lines = os.fdopen(end)
    return WarmProcess(int(lines.readline()), os.fdopen(pipe[0]) if pipe else None, lines)


@functools.cache
def _door() -> socket.socket:
    """To the process that is forked; it ends with this one."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    subprocess.Popen([sys.executable, __file__, str(its.fileno())], pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)
    its.close()
    return ours


# --- in the process that is forked ---


def _serve(door: socket.socket) -> list[str]:
    """Fork for each request; returns, in the child, what it was asked for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        text, files, _, _ = socket.recv_fds(door, _LONGEST, _FILES)
        if not text:
            os._exit(0)
        if os.fork() == 0:
            door.close()
            return _watched(json.loads(text), files)
        for file in files:
            os.close(file)


def _watched(request: Mapping[str, Any], files: Sequence[int]) -> list[str]:
    """Fork once more, so that somebody hears of the end of the child."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told = files[3]
    child = os.fork()
    if child == 0:
        os.close(told)
        return _become(request, files[:3])
    for file in files[:3]:
        os.close(file)
    os.write(told, b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(request: Mapping[str, Any], files: Sequence[int]) -> list[str]:
    """What the kernel and the interpreter do for a process that starts."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.closerange(3, 1024)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["descriptors"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, tuple(request["descriptors"]))
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    sys.path[0] = request["cwd"]
    sys.argv[1:] = request["words"]
    return request["words"]


def _import_everything() -> None:
    for name in ("run", "serve"):
        importlib.import_module(f"concertmaster.cli.{name}")
    loader.builtin_registry().all()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _import_everything()
    main(_serve(socket.socket(fileno=int(sys.argv[1]))))

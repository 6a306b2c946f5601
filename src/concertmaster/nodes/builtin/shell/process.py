"""A program as a child process: what it is given, what it says, and its end. It blocks; what it leaves behind is ended
with the isolated attempt that it runs in."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from concertmaster import Context, UserError

# Nothing of the server's own.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ANY = "*"
_SHOWN_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 16
_LOOK_SECONDS = 0.1
_TERM_SECONDS = 2.0
# How long what a program has left running may hold its output open.
_DRAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended; `truncated`: it said more than is kept."""

    exit_code: int
    stdout: str
    stderr: str
    truncated: bool


def program_of(name: str, allowed: Sequence[str], *, shell: bool, work: Path) -> str:
    """The file of a program that may be run.

    Args:
        allowed: names or absolute paths, or `*`; of the setting SHELL_ALLOW.
        work: where relative paths begin.
    Raises:
        UserError: `shell.off`, `shell.not_allowed`, `shell.not_found`.
    """
    if not allowed:
        raise UserError(
            "shell.off",
            "shell.command is off on this server. Name the programs that it may run in the setting SHELL_ALLOW "
            "(CONCERTMASTER_SHELL_ALLOW) and restart",
            sent=False,
        )
    if ANY not in allowed and (shell or name not in allowed):
        what = "`shell: true` runs any program, so it" if shell else f"{name}"
        entry = f"`{ANY}`" if shell else f"{name}"
        raise UserError(
            "shell.not_allowed",
            f"{what} is not allowed on this server, only {', '.join(allowed)}. If it is meant, add {entry} to the "
            "setting SHELL_ALLOW (CONCERTMASTER_SHELL_ALLOW) and restart",
            sent=False,
        )
    if shell:
        return "/bin/sh"
    found = shutil.which(str(work / name) if "/" in name else name, path=PATH)
    if found is None:
        raise UserError(
            "shell.not_found",
            f"There is no program {name} in {PATH if '/' not in name else work}; install it, or give its absolute path",
            sent=False,
        )
    return found


def run(
    arguments: Sequence[str],
    *,
    program: str,
    work: Path,
    environment: Mapping[str, str],
    stdin: BinaryIO | None,
    most_bytes: int,
    context: Context,
) -> Ended:
    """Run it to its end.

    Args:
        arguments: the name first, as programs get them.
        stdin: a file that it reads; None: nothing.
        most_bytes: that are kept of stdout and of stderr, each.
    Raises:
        UserError: `shell.not_started`, `shell.cancelled`.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  (the node is for that, and is off unless a setting allows it)
            list(arguments),
            executable=program,
            cwd=work,
            env=dict(environment),
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise UserError("shell.not_started", f"{program} cannot be started: {error}", sent=False) from error
    assert process.stdout is not None
    assert process.stderr is not None
    readers = [
        _Reader(process.stdout, sys.stdout.fileno(), most_bytes),
        _Reader(process.stderr, sys.stderr.fileno(), most_bytes),
    ]
    try:
        _wait(process, context)
        drained = time.monotonic() + _DRAIN_SECONDS
        for reader in readers:
            reader.thread.join(max(0.0, drained - time.monotonic()))
    finally:
        _kill_group(process, signal.SIGKILL)
        process.wait()
    for reader in readers:
        reader.thread.join(_DRAIN_SECONDS)
    out, err = readers
    return Ended(process.returncode, out.text, err.text, out.truncated or err.truncated)


def _wait(process: subprocess.Popen[bytes], context: Context) -> None:
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
            return
        if context.cancelled():
            _kill_group(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_TERM_SECONDS)
            raise UserError("shell.cancelled", "The command was cancelled")


def _kill_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


class _Reader:
    """Reads one stream to its end in a thread: keeps the beginning, and shows it in the node's log as it comes.

    What this process prints is the node's log.
    """

    def __init__(self, stream: IO[bytes], log: int, most_bytes: int) -> None:
        self._stream = stream
        self._log = log
        self._most_bytes = most_bytes
        self._kept = bytearray()
        self._shown = 0
        self.truncated = False
        self.thread = threading.Thread(target=self._read, name="output", daemon=True)
        self.thread.start()

    @property
    def text(self) -> str:
        """What is kept."""
        return bytes(self._kept).decode(errors="replace")

    def _read(self) -> None:
        with self._stream as stream:
            while block := os.read(stream.fileno(), _BLOCK_BYTES):
                room = self._most_bytes - len(self._kept)
                self._kept += block[:room]
                self.truncated = self.truncated or len(block) > room
                self._show(block)

    def _show(self, block: bytes) -> None:
        if self._shown >= _SHOWN_BYTES:
            return
        self._shown += len(block)
        with contextlib.suppress(OSError):
            os.write(self._log, block)
            if self._shown >= _SHOWN_BYTES:
                os.write(self._log, b"\n... (more is not shown here)\n")

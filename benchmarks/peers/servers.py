"""Servers that a peer needs beside its own script; they end with it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

READY_SECONDS, STOP_SECONDS = 90.0, 15.0


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def server(
    command: Sequence[str | Path], *, port: int | None, environment: Mapping[str, str] | None = None
) -> Generator[None]:
    """Run a command until the block ends, which begins when the loopback port takes connections.

    The process stays in the caller's process group, so that whoever ends the group ends it too. Its output goes to a
    file in the working folder.

    Raises:
        RuntimeError: it did not start; the message has the end of its output.
    """
    name = Path(command[0]).name
    log = Path(f"{name}.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
    try:
        give_up = time.monotonic() + READY_SECONDS
        while port is not None and not _answers(port):
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{name} did not start: {log.read_text(errors='replace')[-300:].strip()}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

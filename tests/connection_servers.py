"""Real servers for tests of connections, each on a free loopback port and gone at the end of its block."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path

READY_SECONDS = 60.0


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name: str, *folders: str) -> str | None:
    """Where a program is, also outside of PATH."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders or ("/usr/sbin", "/usr/local/sbin")))


@contextlib.contextmanager
def running(
    command: list[str],
    *,
    ready: Callable[[], bool],
    log: Path,
    env: dict[str, str] | None = None,
    user: str | None = None,
    gently: bool = True,
) -> Generator[None]:
    """A server process, ready in the block and ended after it.

    Args:
        gently: let it end by itself; else it is killed, for servers that take their time over data that nobody needs.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env={**os.environ, **(env or {})},
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{command[0]} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate() if gently else process.kill()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def answers(port: int) -> Callable[[], bool]:
    """Whether something takes connections on the port."""

    def ask() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    return ask


@contextlib.contextmanager
def redis_server(folder: Path, *options: str) -> Generator[int]:
    """A Redis; gives its port."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *options]
    with running(command, ready=answers(port), log=folder / "redis.log"):
        yield port


@contextlib.contextmanager
def nats_server(folder: Path, *options: str) -> Generator[int]:
    """A NATS server; gives its port."""
    port = free_port()
    command = [program("nats-server") or "nats-server", "-a", "127.0.0.1", "-p", str(port), *options]
    with running(command, ready=answers(port), log=folder / "nats.log"):
        yield port

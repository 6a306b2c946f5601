"""A PostgreSQL of one's own for a while: default settings, so with fsync, on a free loopback port."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

INSTALLED = Path("/usr/lib/postgresql")  # where Debian and Ubuntu keep every major version
READY_SECONDS, STOP_SECONDS = 30.0, 20.0


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def binaries() -> Path:
    """The folder with the newest installed `initdb` and `postgres`.

    Raises:
        RuntimeError: PostgreSQL is not installed.
    """
    found = [path.parent for path in INSTALLED.glob("*/bin/initdb")]
    if not found:
        raise RuntimeError(f"no PostgreSQL under {INSTALLED}; on Debian: apt-get install postgresql")
    return max(found, key=lambda path: int(path.parent.name))


def _identity() -> _Identity:
    """As whom it runs: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _initialize(data: Path, identity: _Identity) -> None:
    command = [binaries() / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8"]
    done = subprocess.run([*command, "--locale=C"], cwd=data, capture_output=True, text=True, **identity)
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed: {done.stderr.strip()[-300:]}")


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ready = [binaries() / "pg_isready", "--host=127.0.0.1", f"--port={port}", "--quiet"]
    give_up = time.monotonic() + READY_SECONDS
    while subprocess.run(ready).returncode != 0:
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-300:].strip()}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown, and the hard way when that takes too long."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait()


@contextmanager
def private_postgres(data: Path) -> Generator[str]:
    """Make a cluster in `data`, which must not exist, and serve it; yields the URL of its database `postgres`.

    The folder stays when the server is stopped. Put it on the working disk: /tmp may be memory, where an fsync costs
    nothing.

    Raises:
        RuntimeError: PostgreSQL is not installed or does not start.
    """
    identity = _identity()
    data.mkdir(mode=0o700)
    if "user" in identity:
        os.chown(data, identity["user"], identity.get("group", -1))
        # The way to it must be open to that user, which a temporary folder of ours is not.
        data.parent.chmod(data.parent.stat().st_mode | 0o011)
    _initialize(data, identity)
    port = free_port()
    log = data / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            # No socket file: its path would have to be short and in a folder that the other user may write to.
            [binaries() / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""],
            cwd=data,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl+C is for the benchmark, which then stops the server in its own order
            **identity,
        )
    try:
        _wait_until_ready(process, port, log)
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        _stop(process)

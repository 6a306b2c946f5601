"""A PostgreSQL of the tests' own: on a free loopback port, in a temporary folder, never one that runs already."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

DEBIAN = Path("/usr/lib/postgresql")
READY_SECONDS = 60.0
USER = "concertmaster"


def binaries() -> Path:
    """The folder of the newest `initdb` and `postgres`: Debian keeps them off PATH, a folder for each version.

    Raises:
        RuntimeError: there are none.
    """
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError("The tests need the PostgreSQL server; run: bash tools/postgres.sh")
    return Path(on_path).resolve().parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class PostgresServer:
    """Made at once, running from `start` to `stop`; `remove` leaves nothing behind.

    Args:
        fsync: False: quick, and safe against a crash of the server, but not of the machine.
        options: more settings of the server.
    """

    def __init__(self, *, fsync: bool = False, **options: str) -> None:
        self._binaries = binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="cm-postgres-"))
        self._data = self._folder / "data"
        # PostgreSQL refuses to run as root.
        names = {entry.pw_name for entry in pwd.getpwall()}
        self._runs_as = pwd.getpwnam("postgres" if "postgres" in names else "nobody") if os.geteuid() == 0 else None
        if self._runs_as is not None:
            os.chown(self._folder, self._runs_as.pw_uid, self._runs_as.pw_gid)
        self.port = _free_port()
        self._options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "fsync": "on" if fsync else "off",
            "full_page_writes": "on" if fsync else "off",
            "shared_buffers": "32MB",
            "max_connections": "100",
            **options,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._run("initdb", "--no-sync", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8")

    def url(self, database: str = "postgres") -> str:
        """URL of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Serve; returns once it answers, recovery included."""
        assert self._process is None
        settings = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, "-p", str(self.port), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._identity(),
            )
        until(self._answers, seconds=READY_SECONDS, what=f"PostgreSQL to start, see {self._folder / 'log'}")

    def stop(self, mode: str = "fast") -> None:
        """End it; `immediate` is a crash: what was committed is recovered from the log at the next start."""
        if self._process is not None:
            self._process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
            self._process.wait(60)
            self._process = None

    def freeze(self) -> None:
        """Let none of its processes run: connections stay open and say nothing, as of a machine that hangs."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        self._signal_backends(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo `freeze`."""
        assert self._process is not None
        self._signal_backends(signal.SIGCONT)
        self._process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """Stop it and delete its files."""
        self.stop("immediate")
        shutil.rmtree(self._folder)

    def execute(self, statement: Any, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as superuser, outside of a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description is not None else []

    def make_database(self, prepare: Callable[[str], None] | None = None) -> str:
        """A database of its own; `prepare` gets the URL of the one that all later ones are copies of, once."""
        name = f"test{next(self._numbers)}"
        if prepare is not None and not self.execute("SELECT 1 FROM pg_database WHERE datname = 'template_test'"):
            self.execute("CREATE DATABASE template_test")
            prepare(self.url("template_test"))
        template = "template1" if prepare is None else "template_test"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Throw a database away, whoever is still connected."""
        name = url.rpartition("/")[2]
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()[-2000:]}")
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _identity(self) -> dict[str, Any]:
        # The folder of the tests may be closed to the other user.
        found: dict[str, Any] = {"cwd": self._folder}
        if self._runs_as is not None:
            found |= {"user": self._runs_as.pw_uid, "group": self._runs_as.pw_gid, "extra_groups": []}
        return found

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, "-D", self._data, *arguments],
            capture_output=True,
            text=True,
            **self._identity(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def _signal_backends(self, number: signal.Signals) -> None:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), number)


@contextlib.contextmanager
def running_postgres(*, fsync: bool = False, **options: str) -> Generator[PostgresServer]:
    """A server for as long as the block lasts."""
    server = PostgresServer(fsync=fsync, **options)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def until(condition: Callable[[], bool], *, seconds: float = 30.0, what: str = "a condition") -> None:
    """Wait for a condition; for code without an event loop.

    Raises:
        TimeoutError: it did not come true.
    """
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.01)

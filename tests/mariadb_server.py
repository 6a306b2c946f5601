"""A MariaDB of the tests' own: on a free loopback port, in a temporary folder, never one that runs already."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pymysql

from connection_servers import free_port, program, running

USER, PASSWORD = "ann", "right"


def binaries() -> tuple[str, str]:
    """The server, and what makes its data folder.

    Raises:
        RuntimeError: they are missing.
    """
    server, install = program("mariadbd"), program("mariadb-install-db", "/usr/bin", "/usr/sbin")
    if server is None or install is None:
        raise RuntimeError("The tests need the MariaDB server; run: bash tools/mariadb.sh")
    return server, install


class MariadbServer:
    """A running server; `USER` may do everything in the databases that `make_database` makes."""

    def __init__(self, port: int, socket: Path) -> None:
        self.port = port
        self._socket = socket
        self._numbers = itertools.count(1)

    def execute(self, statement: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Run one statement as root."""
        with (
            contextlib.closing(
                pymysql.connect(unix_socket=str(self._socket), user="root", database=database, autocommit=True)
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
            return list(cursor.fetchall())

    def make_database(self) -> str:
        """A database of its own."""
        name = f"test{next(self._numbers)}"
        self.execute(f"create database {name} character set utf8mb4")
        return name


@contextlib.contextmanager
def running_mariadb() -> Generator[MariadbServer]:
    """A server for as long as the block lasts."""
    server, install = binaries()
    folder = Path(tempfile.mkdtemp(prefix="cm-mariadb-"))
    options = ["--no-defaults", f"--datadir={folder / 'data'}", *(["--user=root"] if os.geteuid() == 0 else [])]
    try:
        made = subprocess.run(
            [install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"],
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise RuntimeError(f"mariadb-install-db failed: {made.stdout}{made.stderr}")
        port, socket = free_port(), folder / "s"
        command = [server, *options, f"--port={port}", f"--socket={socket}", "--bind-address=127.0.0.1"]
        command += [
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-fast-shutdown=3",
            "--innodb-buffer-pool-size=64M",
            f"--pid-file={folder / 'p'}",
        ]
        found = MariadbServer(port, socket)

        def ready() -> bool:
            try:
                found.execute("select 1")
            except pymysql.MySQLError:
                return False
            return True

        with running(command, ready=ready, log=folder / "log"):
            user = f"'{USER}'@'127.0.0.1'"
            found.execute(f"create user {user} identified by '{PASSWORD}'")
            found.execute(f"grant all on `test%`.* to {user}")
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""The database: one writing thread, a few reading ones, and everything in which databases differ.

Trap: nothing outside this file may ask which database it is.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.storage.calls import Call, CallLane
from concertmaster.storage.group_writer import GroupWriter

T = TypeVar("T")

_READERS = 3
_BUSY_MS = 5_000
_CHECKPOINT_AFTER_CHANGES = 16_000
_CHECKPOINT_AFTER_GROUPS = 500
_RESTART_ABOVE_PAGES = 16_384
_WAL_LIMIT_BYTES = 64 * 1024 * 1024

# Primary result codes that go away by waiting or by the operator's doing: busy, locked, out of memory, read-only,
# I/O error, disk full, cannot open, locking protocol.
_SQLITE_TRANSIENT = frozenset({5, 6, 7, 8, 10, 13, 14, 15})


class Database:
    """Reads and writes of the whole process.

    Args:
        url: SQLAlchemy URL, `sqlite:////absolute/path.db`. The schema must be there (`migrate.upgrade`).
    Raises:
        UserError: `database.unsupported`, the URL names another database or one in memory.
    """

    placeholder = "?"

    def __init__(self, url: str) -> None:
        self._url = checked_url(url)
        self._read_engine = make_engine(self._url, read_only=True)
        self._write_engine = make_engine(self._url, read_only=False)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="journal-reader")
        self._checkpoint = _Checkpoint()
        self.writer = GroupWriter(
            self._write_engine.connect, is_transient=is_transient, tidy=self._checkpoint.after_group
        )
        self._calls = CallLane(is_transient)
        self.writer.add_lane(self._calls)

    async def open(self) -> None:
        """Connect and start the writer.

        Raises:
            OperationalError: `database.unavailable`, it cannot be opened.
        """
        _demand_writable(Path(str(self._url.database)))
        try:
            await self.writer.open()
        except DBAPIError as error:
            raise OperationalError(
                "database.unavailable",
                f"Cannot open the database {self._url.database}: {error.orig}; give this user the right to write it "
                "and its folder, or choose another folder with --data-dir",
            ) from error

    async def close(self) -> None:
        """Commit what is queued, then let go of all connections."""
        await self.writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        self._read_engine.dispose()
        self._write_engine.dispose()

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run `function` in a reading thread, in one transaction: all it reads is of one moment.

        Raises:
            OperationalError: `database.unavailable`, the database cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, function)

    def _read(self, function: Callable[[Connection], T]) -> T:
        try:
            with self._read_engine.connect() as connection:
                return function(connection)
        except DBAPIError as error:
            raise OperationalError("database.unavailable", f"The database cannot be read: {error.orig}") from error

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function` in the writing thread, in a savepoint of the next group commit; returns once it is durable.

        It may run more than once: when the commit fails it is rolled back and done again.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.writer.submit(self._calls, Call(future, function))
        return await future


def _demand_writable(file: Path) -> None:
    """Raise when SQLite could only read the file: it would open it all the same, and refuse every write later."""
    if file.exists() and not os.access(file, os.W_OK):
        raise OperationalError(
            "database.unavailable",
            f"The database {file} is read-only for this user; give the right to write it and its folder, "
            "or choose another folder with --data-dir",
            retryable=False,
        )


def checked_url(url: str) -> URL:
    """Parse a database URL and refuse what is not supported."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        # Not repeated in the message: it may hold a password.
        raise UserError(
            "database.unsupported", "The database URL cannot be read; it looks like sqlite:////absolute/path.db"
        ) from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise UserError(
            "database.unsupported",
            f"Database {parsed.render_as_string()} is not supported; use a SQLite file: sqlite:////absolute/path.db",
        )
    return parsed


def make_engine(url: URL, *, read_only: bool) -> Engine:
    """An engine whose connections are set up for us."""
    if read_only:
        engine = create_engine(url, poolclass=QueuePool, pool_size=_READERS, max_overflow=0)
    else:
        engine = create_engine(url, poolclass=NullPool)
    pragmas = [
        "journal_mode = WAL",
        "synchronous = FULL",
        f"busy_timeout = {_BUSY_MS}",
        "foreign_keys = ON",
        # Checkpoints are ours, after the callers have been answered.
        "wal_autocheckpoint = 0",
        f"journal_size_limit = {_WAL_LIMIT_BYTES}",
        f"cache_size = {-4_000 if read_only else -32_000}",
        "temp_store = MEMORY",
        f"query_only = {'ON' if read_only else 'OFF'}",
    ]

    def set_up(dbapi_connection: sqlite3.Connection, _record: object) -> None:
        # The driver opens no transactions by itself; `begin` does.
        dbapi_connection.isolation_level = None
        for pragma in pragmas:
            dbapi_connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        # IMMEDIATE: wait for the lock here, where waiting is safe, and not in the middle.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)
    return engine


def is_transient(error: BaseException) -> bool:
    """Whether the same write may succeed later: the disk is full, the database is busy, a connection was lost."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _SQLITE_TRANSIENT


class _Checkpoint:
    """Moves the write-ahead log into the database between groups, so that it stays short and no caller waits."""

    def __init__(self) -> None:
        self._changes = 0
        self._groups = 0

    def after_group(self, connection: Connection, idle: bool) -> bool:
        """Checkpoint when enough has been written, or something has and nobody wants to write.

        Returns:
            Whether something is left.
        """
        driver = cast(sqlite3.Connection, connection.connection.dbapi_connection)
        self._groups += not idle
        if driver.total_changes < self._changes:  # another connection than last time
            self._changes = 0
        due = self._groups >= _CHECKPOINT_AFTER_GROUPS or (
            driver.total_changes - self._changes >= _CHECKPOINT_AFTER_CHANGES
        )
        if not (due or idle):
            return True
        _, pages, moved = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if pages > _RESTART_ABOVE_PAGES:
            # Readers that follow each other closely keep the log from starting over: wait for a gap, but not long.
            driver.execute("PRAGMA busy_timeout = 250")
            driver.execute("PRAGMA wal_checkpoint(RESTART)")
            driver.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        self._changes, self._groups = driver.total_changes, 0
        return moved < pages

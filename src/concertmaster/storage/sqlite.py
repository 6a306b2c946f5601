"""SQLite: one file, one writing process, which the lock of the data folder makes sure of."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Lease, Named, Slots
from concertmaster.storage.dialect import ColumnType
from concertmaster.storage.leases import FormerOwner, OnLost, SoleLease
from concertmaster.storage.notices import Listeners, Notices
from concertmaster.storage.slots import MemorySlots

if TYPE_CHECKING:
    from concertmaster.storage.database import Database

_READERS = 3
_BUSY_MS = 5_000
_CHECKPOINT_AFTER_CHANGES = 16_000
_CHECKPOINT_AFTER_GROUPS = 500
_RESTART_ABOVE_PAGES = 16_384
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_CHUNK = 128

# Primary result codes that go away by waiting or by the operator's doing: busy, locked, out of memory, read-only,
# I/O error, disk full, cannot open, locking protocol.
_TRANSIENT = frozenset({5, 6, 7, 8, 10, 13, 14, 15})


class SqliteDialect:
    """`Dialect` for a SQLite file."""

    kind = "sqlite"
    shared = False
    separate = False
    readers = _READERS
    now_sql = "CAST(strftime('%s', 'now') AS INTEGER) * 1000000"

    def __init__(self, url: URL) -> None:
        self.url = url
        self.place = str(url.database)
        self._changes = 0
        self._groups = 0

    def writing(self) -> Engine:
        """See `Dialect`."""
        return _set_up(create_engine(self.url, poolclass=NullPool), read_only=False)

    def reading(self) -> Engine:
        """See `Dialect`."""
        engine = create_engine(self.url, poolclass=QueuePool, pool_size=_READERS, max_overflow=0)
        return _set_up(engine, read_only=True)

    def demand_usable(self) -> None:
        """See `Dialect`; SQLite would open a file that it can only read, and refuse every write later."""
        file = Path(self.place)
        if file.exists() and not os.access(file, os.W_OK):
            raise OperationalError(
                "database.unavailable",
                f"The database {file} is read-only for this user; give the right to write it and its folder, "
                "or choose another folder with --data-dir",
                retryable=False,
            )

    def unavailable(self, error: BaseException) -> OperationalError:
        """See `Dialect`."""
        return OperationalError(
            "database.unavailable",
            f"Cannot open the database {self.place}: {getattr(error, 'orig', error)}; see to the disk and its "
            "permissions, restore a backup of the file, or choose another folder with --data-dir",
            retryable=False,
        )

    def bulk(self, statement: str, *columns: ColumnType) -> _SqliteBulk:
        """See `Dialect`."""
        return _SqliteBulk(statement, len(columns))

    def lock_keys(self, connection: Connection, keys: Sequence[str]) -> None:
        """There is one writer."""

    def end_sessions(self, connection: Connection, processes: Sequence[str]) -> None:
        """There is one writer."""

    def lease(self, database: Database, on_lost: OnLost, seconds: float, former: FormerOwner) -> Lease:  # noqa: ARG002
        """It cannot be lost."""
        return SoleLease(database)

    def slots(self, database: Database, owner: Named) -> Slots:  # noqa: ARG002
        """In memory: there is one process."""
        return MemorySlots()

    def listener(self, listeners: Listeners) -> None:
        """There is nobody to hear."""

    def lock_for_migration(self, connection: Connection) -> None:
        """The transaction began as the only writer."""

    def is_transient(self, error: BaseException) -> bool:
        """See `CommitRules`."""
        if not isinstance(error, DBAPIError):
            return False
        if error.connection_invalidated:
            return True
        code = getattr(error.orig, "sqlite_errorcode", None)
        return isinstance(code, int) and code & 0xFF in _TRANSIENT

    def seal(self, connection: Connection, notices: Notices, number: int) -> None:
        """Nobody else is there."""

    def outcome(self, connection: Connection, number: int) -> bool | None:  # noqa: ARG002
        """A commit that fails is rolled back."""
        return False

    def after_group(self, connection: Connection, idle: bool) -> bool:
        """Checkpoint when enough has been written, or something has and nobody wants to write.

        It moves the write-ahead log into the database between groups, so that the log stays short and no caller
        waits.
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


def _set_up(engine: Engine, *, read_only: bool) -> Engine:
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


class _SqliteBulk:
    """The rows as a list of VALUES, up to 128 in a step.

    The driver gives up the interpreter lock at every step, and with a busy event loop each time costs a wait for it.
    `executemany` makes one step a row; here the work runs beside the loop instead.
    """

    def __init__(self, statement: str, columns: int) -> None:
        row = "(" + ", ".join("?" * columns) + ")"
        # Rests are cut into powers of two, so that few texts exist and each is compiled once a connection.
        sizes = [1 << bit for bit in range(_CHUNK.bit_length())]
        self._texts = {size: statement.format(rows="VALUES " + ", ".join([row] * size)) for size in sizes}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """See `Bulk`."""
        return sum(connection.exec_driver_sql(text, values).rowcount for text, values in self._steps(rows))

    def send(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Bulk`; nothing is gained by waiting."""
        self.run(connection, rows)

    def fetch(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """See `Bulk`."""
        return [row for text, values in self._steps(rows) for row in connection.exec_driver_sql(text, values)]

    def _steps(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[str, tuple[Any, ...]]]:
        steps: list[tuple[str, tuple[Any, ...]]] = []
        start, size = 0, _CHUNK
        while start < len(rows):
            while size > len(rows) - start:
                size >>= 1
            steps.append((self._texts[size], tuple(chain.from_iterable(rows[start : start + size]))))
            start += size
        return steps

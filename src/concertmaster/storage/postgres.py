"""PostgreSQL 15 or newer: many processes on one database, each with one writing connection.

A lost connection, a server that restarts and one that does not answer are all the same: trouble that goes away. No
wait is for ever: the server ends statements and waits for locks, the kernel ends connections that are dead.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, LiteralString, cast

from psycopg import Connection as DriverConnection
from psycopg import errors
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Lease, Named, Slots
from concertmaster.storage.dialect import ColumnType
from concertmaster.storage.group_commit import first_line
from concertmaster.storage.leases import FormerOwner, OnLost
from concertmaster.storage.notices import Listeners, Notices
from concertmaster.storage.notifications import Listener
from concertmaster.storage.payloads import CHANNEL, payloads
from concertmaster.storage.renewed_leases import RenewedLease
from concertmaster.storage.slots import SqlSlots

if TYPE_CHECKING:
    from concertmaster.storage.database import Database

# Connections of a process: this many, the writer's, the lease's and the listener's.
READERS = 4
_OLDEST_VERSION = 150000
_POOL_SECONDS = 10.0
_KEYS_OF_LOCKS = "concertmaster:"
_MIGRATION = "migration"
_NAME = "concertmaster"
_TERMINATION_MS = 5_000
_SENT = "concertmaster_sent"
_NOTIFY = "SELECT count(pg_notify(%s, payload)) FROM unnest(%s::text[]) AS payload"

# Seconds, unless the name says milliseconds. The kernel gives up a server that does not acknowledge after 10 s.
CONNECT = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "client_encoding": "utf8",
}
_SESSION = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    # The kernel of the server gives up a machine that is gone without a word, and its locks, as soon as ours does.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
    "standard_conforming_strings": "on",
    # Costs more than it saves for statements as short as ours.
    "jit": "off",
}

# By class or code of SQLSTATE: connection, transaction to be done again, resources (disk, memory, connections),
# operator's intervention (shutdown, statement time-out), system (I/O), locks, a server that is a standby at the moment,
# a pause in the middle of a transaction.
_TRANSIENT_CLASSES = frozenset({"08", "40", "53", "57", "58"})
_TRANSIENT_CODES = frozenset({"55P03", "25006", "25P03"})
_ARRAYS: dict[ColumnType, str] = {"text": "%b::text[]", "bigint": "%b::bigint[]", "bytes": "%b::bytea[]"}


class PostgresDialect:
    """`Dialect` for PostgreSQL, by the driver psycopg.

    Args:
        url: SQLAlchemy's; what its query says goes to the server (`sslmode=verify-full`).
    """

    kind = "postgresql"
    shared = True
    separate = True
    readers = READERS
    now_sql = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self.place = f"{url.database} on {url.host or 'the local socket'}"
        # Nobody else has a lease, so nobody wants to follow executions from elsewhere; kept up by lease and listener.
        self.alone = False
        self._process = secrets.token_hex(8)
        self._writer_name = _writer_name(self._process)
        numbered = (
            f"INSERT INTO commits (process, number, at) SELECT %s, %s, {self.now_sql} "
            # Whoever wrote nothing need not wait for the disk.
            "WHERE pg_current_xact_id_if_assigned() IS NOT NULL "
            "ON CONFLICT (process) DO UPDATE SET number = excluded.number, at = excluded.at"
        )
        self._numbered: LiteralString = cast("LiteralString", numbered)

    def writing(self) -> Engine:
        """See `Dialect`."""
        engine = _set_up(self._engine(self._writer_name, poolclass=NullPool, isolation_level="AUTOCOMMIT"))

        def begin(connection: Connection) -> None:
            # Not what the database has as its default: a lane looks, waits for a lock, and looks again.
            _driver(connection).execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            connection.info[_SENT] = []

        event.listen(engine, "begin", begin)
        return engine

    def reading(self) -> Engine:
        """See `Dialect`."""
        engine = self._engine(
            _NAME,
            poolclass=QueuePool,
            pool_size=READERS,
            max_overflow=0,
            pool_timeout=_POOL_SECONDS,
            isolation_level="REPEATABLE READ",
        )
        return _set_up(engine, read_only=True)

    def _waiting(self) -> Engine:
        """Connections for a thread of its own, each statement a transaction."""
        return _set_up(self._engine(_NAME, poolclass=NullPool, isolation_level="AUTOCOMMIT"))

    def _engine(self, name: str, **options: Any) -> Engine:
        return create_engine(self.url, connect_args={**CONNECT, "application_name": name}, **options)

    def _others(self, there: bool) -> None:
        self.alone = not there

    def demand_usable(self) -> None:
        """Nothing can be said before it is opened."""

    def unavailable(self, error: BaseException) -> OperationalError:
        """See `Dialect`."""
        return OperationalError(
            "database.unavailable",
            f"Cannot open the database {self.place}: {first_line(error)}; see that the server runs (PostgreSQL 15 or "
            "newer) and that CONCERTMASTER_DATABASE_URL has the right host, port, user, password and database",
        )

    def bulk(self, statement: str, *columns: ColumnType) -> _PostgresBulk:
        """See `Dialect`."""
        return _PostgresBulk(statement, columns)

    def lock_keys(self, connection: Connection, keys: Sequence[str]) -> None:
        """See `Dialect`; taken in one order, so that nobody waits in a circle."""
        numbers = sorted({_lock_number(key) for key in keys})
        if numbers:
            connection.exec_driver_sql(
                "SELECT count(pg_advisory_xact_lock(number)) FROM unnest(%b::bigint[]) AS number", (numbers,)
            )

    def end_sessions(self, connection: Connection, processes: Sequence[str]) -> None:
        """See `Dialect`; between the statements of a pipeline no time-out of the server would end them."""
        if processes:
            connection.exec_driver_sql(
                "SELECT count(pg_terminate_backend(pid, %s)) FROM pg_stat_activity WHERE application_name = ANY(%s)",
                (_TERMINATION_MS, [_writer_name(process) for process in processes]),
            )

    def lease(self, database: Database, on_lost: OnLost, seconds: float, former: FormerOwner) -> Lease:
        """See `Dialect`."""
        connect = self._waiting().connect
        return RenewedLease(
            database, connect, on_lost, on_others=self._others, seconds=seconds, process=self._process, former=former
        )

    def slots(self, database: Database, owner: Named) -> Slots:
        """See `Dialect`."""
        return SqlSlots(database, owner)

    def listener(self, listeners: Listeners) -> Listener:
        """See `Dialect`."""
        return Listener(self._waiting().connect, listeners, self._process, on_others=self._others)

    def lock_for_migration(self, connection: Connection) -> None:
        """See `Dialect`."""
        # The other process may take its time.
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        self.lock_keys(connection, [_MIGRATION])

    def is_transient(self, error: BaseException) -> bool:
        """See `CommitRules`."""
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True
        original = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(original, errors.Error):
            return False
        state = original.sqlstate
        if state is None:
            # The driver itself: no route, refused, gone while talking.
            return isinstance(original, errors.OperationalError)
        return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_CODES

    def seal(self, connection: Connection, notices: Notices, number: int) -> None:
        """See `CommitRules`; sends what was left for the end, and commits as well: all in one trip to the server."""
        texts = payloads(notices, self._process, heads=not self.alone)
        driver = _driver(connection)
        with driver.pipeline():
            for statement, parameters in connection.info[_SENT]:
                driver.execute(statement, parameters)
            driver.execute(self._numbered, (self._process, number))
            if texts:
                driver.execute(_NOTIFY, (CHANNEL, texts))
            driver.execute("COMMIT")

    def outcome(self, connection: Connection, number: int) -> bool | None:
        """See `CommitRules`."""
        # The server may not have noticed that it lost us, or have our commit before it. The number of the transaction
        # in the server (`pg_xact_status`) would not do: after a crash another one can get the same.
        ended = connection.exec_driver_sql(
            "SELECT bool_and(pg_terminate_backend(pid, %s)) FROM pg_stat_activity "
            "WHERE application_name = %s AND pid <> pg_backend_pid()",
            (_TERMINATION_MS, self._writer_name),
        ).scalar()
        if ended is False:
            return None
        found = connection.exec_driver_sql("SELECT number FROM commits WHERE process = %s", (self._process,)).scalar()
        return found == number

    def after_group(self, connection: Connection, idle: bool) -> bool:  # noqa: ARG002
        """The server tidies by itself."""
        return False


def _writer_name(process: str) -> str:
    return f"{_NAME} writer {process}"


def _lock_number(key: str) -> int:
    digest = hashlib.blake2b((_KEYS_OF_LOCKS + key).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _driver(connection: Connection) -> DriverConnection[Any]:
    return cast("DriverConnection[Any]", connection.connection.driver_connection)


def _set_up(engine: Engine, *, read_only: bool = False) -> Engine:
    def set_up(dbapi_connection: Any, _record: object) -> None:
        connection = cast("DriverConnection[Any]", dbapi_connection)
        if connection.info.server_version < _OLDEST_VERSION:
            found = connection.info.parameter_status("server_version")
            raise OperationalError(
                "database.unavailable", f"The server is PostgreSQL {found}; 15 or newer is needed", retryable=False
            )
        # One type for all numbers: each other choice of types would be another prepared statement.
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        for name, value in _SESSION.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()
        connection.read_only = read_only

    event.listen(engine, "connect", set_up)
    return engine


class _PostgresBulk:
    """The rows as an array a column: one text for any number of rows, and values that nobody has to escape."""

    def __init__(self, statement: str, columns: Sequence[ColumnType]) -> None:
        names = ", ".join(f"column{number}" for number in range(1, len(columns) + 1))
        arrays = ", ".join(_ARRAYS[column] for column in columns)
        self._text = statement.format(rows=f"SELECT * FROM unnest({arrays}) AS u({names})")

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """See `Bulk`."""
        return connection.exec_driver_sql(self._text, _columns(rows)).rowcount if rows else 0

    def send(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Bulk`."""
        if rows:
            connection.info[_SENT].append((self._text, _columns(rows)))

    def fetch(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """See `Bulk`."""
        return list(connection.exec_driver_sql(self._text, _columns(rows))) if rows else []


def _columns(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))

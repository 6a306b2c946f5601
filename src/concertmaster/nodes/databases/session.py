"""Session: a database opened through the guard, whose work ends with the attempt and whose errors say what to do."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from concertmaster import Connection, OperationalError, Sql, UserError
from concertmaster.nodes.builtin.durations import duration_of
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.databases.adapter import Bounds, Database, Reach
from concertmaster.nodes.databases.troubles import error_of
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    from concertmaster.nodes.databases import duckdb_file, mysql, postgres, sqlite_file
else:
    # Drivers are for those who have such a database.
    duckdb_file = deferred("concertmaster.nodes.databases.duckdb_file")
    mysql = deferred("concertmaster.nodes.databases.mysql")
    postgres = deferred("concertmaster.nodes.databases.postgres")
    sqlite_file = deferred("concertmaster.nodes.databases.sqlite_file")

DatabaseType = Literal["postgres", "mysql", "sqlite", "duckdb"]

_BEFORE = re.compile(r"(?:\s+|/\*(?!!).*?\*/|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\()*", re.DOTALL)
_READS = re.compile(
    r"(?:select|with|values|table|from|show|explain|describe|desc|summarize|pivot|unpivot)\b", re.IGNORECASE
)
_WATCH_SECONDS = 0.05
_CANCEL_AGAIN_SECONDS = 0.5
_SEVER_SECONDS = 5.0


class Session:
    """An open database.

    Attributes:
        settled: whether something may have been changed: a commit was sent, or there is no transaction.
    """

    def __init__(self, database: Database, watch: Watch) -> None:
        self.database = database
        self.settled = False
        self._watch = watch

    def check(self) -> None:
        """Raise when the attempt should end.

        Raises:
            OperationalError: `db.cancelled`, `db.timeout`.
        """
        if self._watch.over():
            raise self._watch.error(self.settled)

    def commit(self) -> None:
        """Make what was done last."""
        self.check()
        self.settled = True
        self.database.commit()

    def query(self, sql: Sql) -> Iterator[Any]:
        """Run one SELECT: first its schema, then its rows in batches.

        Raises:
            UserError, OperationalError: in sentences already, because rows may be read where another database is
                written.
        """
        try:
            _demand_select(sql.text)
            self.check_identifiers(sql)
            database: Any = self.database
            for piece in database.query(sql):
                yield piece
                self.check()
        except Exception as error:
            told = self.explained(error)
            if told is error:
                raise
            raise told from error

    def explained(self, error: Exception) -> Exception:
        """The error to raise for what went wrong; the transaction is over."""
        if isinstance(error, UserError | OperationalError):
            error.details.setdefault("sent", self.settled)
            return error
        trouble = self.database.trouble(error)
        if trouble is None:
            return error
        if self._watch.why is not None:
            return self._watch.error(self.settled)
        database = self.database
        known: list[str] = []
        with suppress(Exception):
            database.rollback()
        with suppress(Exception):
            if trouble.kind == "unknown_table":
                known = database.tables()
            elif trouble.kind == "unknown_column":
                known = [column.name for column in database.columns(None)]
        return error_of(trouble, database.title, sent=self.settled, known=known)

    def check_identifiers(self, sql: Sql) -> None:
        """Refuse `{{ ... | ident }}` that names no table and no column of the database.

        Raises:
            UserError: `sql.unknown_column`.
        """
        if not sql.identifiers:
            return
        names = [*self.database.tables(), *(column.name for column in self.database.columns(None))]
        for name in sql.identifiers:
            if name not in names:
                raise UserError(
                    "sql.unknown_column",
                    f"There is no table and no column '{name}' in the database{hint(name, names)}",
                    column=name,
                )


class Watch:
    """Looks from a thread whether the attempt is cancelled or its time is over, and ends what the database does then.

    Attributes:
        why: it was told to end.
    """

    def __init__(self, stopped: Callable[[], bool], timeout: timedelta) -> None:
        self.why: Literal["cancelled", "timeout"] | None = None
        self._stopped = stopped
        self._timeout = timeout
        self._until = time.monotonic() + timeout.total_seconds()
        self._done = threading.Event()

    def start(self, database: Database) -> None:
        """Begin to look."""
        threading.Thread(target=self._look, args=(database,), name="database-watch", daemon=True).start()

    def over(self) -> bool:
        """Whether the work should end."""
        if self.why is None:
            if self._stopped():
                self.why = "cancelled"
            elif time.monotonic() > self._until:
                self.why = "timeout"
        return self.why is not None

    def stop(self) -> None:
        """There is nothing to look after any more."""
        self._done.set()

    def error(self, sent: bool) -> OperationalError:
        """The error for what was ended."""
        if self.why == "timeout":
            shown = f"{self._timeout.total_seconds():g} s"
            return OperationalError(
                "db.timeout",
                f"The database did not finish within {shown}, and was told to stop; raise `timeout`, or ask for less",
                sent=sent,
            )
        return OperationalError("db.cancelled", "The work in the database was cancelled", retryable=False, sent=sent)

    def _look(self, database: Database) -> None:
        while not self._done.wait(_WATCH_SECONDS):
            if self.over():
                self._end(database)
                return

    def _end(self, database: Database) -> None:
        give_up = time.monotonic() + _SEVER_SECONDS
        # Between two statements there is nothing to cancel, so it is said again.
        while time.monotonic() < give_up:
            with suppress(Exception):
                database.cancel()
            if self._done.wait(_CANCEL_AGAIN_SECONDS):
                return
        with suppress(Exception):
            database.sever()


def _demand_select(text: str) -> None:
    """Refuse what gives no rows; the transaction that only reads is what keeps a query from writing.

    Raises:
        UserError: `db.statement`.
    """
    start = _BEFORE.match(text)
    if not _READS.match(text, start.end() if start else 0):
        raise UserError("db.statement", "Only one SELECT is possible here; db.execute runs other statements")


@contextmanager
def session(
    connection: Connection[Any], context: Reach, *, timeout: str, lock_timeout: str, read_only: bool
) -> Generator[Session]:
    """Open a database for as long as the block lasts; what was not committed is rolled back.

    Raises:
        UserError: `connection.type`, `db.driver_missing`, `db.read_only`, `http.egress_refused`, or that
            the database refuses something (`troubles.py`).
        OperationalError: it cannot be reached or did not finish; `details["sent"]` says whether it may have changed.
    """
    watch = Watch(context.cancelled, duration_of(timeout))
    bounds = Bounds(duration_of(timeout), duration_of(lock_timeout), watch.over)
    database = _opened(connection, context, bounds, read_only=read_only)
    found = Session(database, watch)
    watch.start(database)
    try:
        yield found
    except Exception as error:
        told = found.explained(error)
        if told is error:
            raise
        raise told from error
    finally:
        watch.stop()
        with suppress(Exception):
            database.close()


def _opened(connection: Connection[Any], context: Reach, bounds: Bounds, *, read_only: bool) -> Database:
    values = connection.values
    if not read_only and values.get("read_only"):
        raise UserError(
            "db.read_only", f"The connection '{connection.name}' is `read_only`; use one that may write", sent=False
        )
    match connection.type:
        case "postgres":
            return postgres.opened(values, context, bounds, read_only=read_only)
        case "mysql":
            try:
                return mysql.opened(values, context, bounds, read_only=read_only)
            except ModuleNotFoundError as error:
                raise UserError(
                    "db.driver_missing",
                    "The driver for MySQL is not installed; install it and restart: pip install 'concertmaster[mysql]'",
                    sent=False,
                ) from error
        case "sqlite":
            return sqlite_file.opened(values, context, bounds, read_only=read_only)
        case "duckdb":
            return duckdb_file.opened(values, context, bounds, read_only=read_only)
        case _:
            raise UserError(
                "connection.type",
                f"The connection '{connection.name}' is of type {connection.type}; a database is of type postgres, "
                "mysql, sqlite or duckdb",
                sent=False,
            )

"""The database of the process: one writing thread, a few reading ones; the dialects have what differs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.domain.interfaces import Lease, Named, Slots
from concertmaster.storage.calls import Call, CallLane
from concertmaster.storage.dialect import Dialect
from concertmaster.storage.group_commit import first_line
from concertmaster.storage.group_writer import GroupWriter
from concertmaster.storage.leases import LEASE_SECONDS, FormerOwner, OnLost
from concertmaster.storage.notices import Listeners, Move
from concertmaster.storage.sqlite import SqliteDialect
from concertmaster.storage.tallies import Tallies

T = TypeVar("T")
ObserveRead = Callable[[str, float, float], None]

_READ_SECONDS = 15.0


def observe_nothing(name: str, waited_seconds: float, took_seconds: float) -> None:
    """For what nobody watches."""


class Database:
    """Reads and writes of the whole process.

    Args:
        url: see `dialect_of`. The schema must be there (`migrate.upgrade`).
        folder: the data folder, if this process holds it.
    Attributes:
        listeners: whom announcements go to; filled in by the parts that want to know.
    Raises:
        UserError: `database.unsupported`, the URL names another database or one in memory.
    """

    def __init__(self, url: str, *, folder: Path | None = None) -> None:
        self.dialect = dialect_of(url)
        self.listeners = Listeners()
        self._read_engine = self.dialect.reading()
        self._write_engine = self.dialect.writing()
        self._reading = 0
        self._observe: ObserveRead = observe_nothing
        self._readers = ThreadPoolExecutor(self.dialect.readers, thread_name_prefix="journal-reader")
        self.writer = GroupWriter(
            self._write_engine.connect, self.dialect, listeners=self.listeners, count=Tallies(self.dialect).write
        )
        self._listener = self.dialect.listener(self.listeners)
        self._former = FormerOwner(folder)
        self._requests = CallLane(self.dialect.is_transient, self._moves, patient=False)
        self._deeds = CallLane(self.dialect.is_transient, self._moves, patient=True)
        self.writer.add_lane(self._requests)
        self.writer.add_lane(self._deeds)

    def _moves(self) -> list[Move]:
        return self.writer.notices.moves

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.dialect.kind

    @property
    def shared(self) -> bool:
        """Whether other processes may drive executions of this database at the same time."""
        return self.dialect.shared

    async def open(self) -> None:
        """Connect and start the writer.

        Raises:
            OperationalError: `database.unavailable`, it cannot be opened.
        """
        self.dialect.demand_usable()
        try:
            await self.writer.open()
            if self._listener is not None:
                await self._listener.open()
        except DBAPIError as error:
            raise self.dialect.unavailable(error) from error

    async def close(self) -> None:
        """Commit what is queued, then let go of all connections."""
        await self.writer.close()
        if self._listener is not None:
            await self._listener.close()
        await asyncio.to_thread(self._readers.shutdown)
        self._read_engine.dispose()
        self._write_engine.dispose()

    def observe(self, tell: ObserveRead) -> None:
        """Have each read told: its name, and the seconds it waited and took. In a reading thread."""
        self._observe = tell

    def readers(self) -> tuple[int, int]:
        """Reading connections, and the reads that have one or wait for one."""
        return self.dialect.readers, self._reading

    def lease(self, *, on_lost: OnLost, seconds: float = LEASE_SECONDS) -> Lease:
        """The proof that this process lives, for all it owns; `Lease.register` begins it.

        Args:
            on_lost: called on the loop when others may own what this process owned: memory is to be thrown away, and
                the process registered under another name.
            seconds: how long it lasts after a renewal, where it can be lost.
        """
        return self.dialect.lease(self, on_lost, seconds, self._former)

    def slots(self, owner: Named, on_freed: Callable[[str], None]) -> Slots:
        """The places of this process under limits; `on_freed` hears of those that other processes give back."""
        self.listeners.freed = on_freed
        return self.dialect.slots(self, owner)

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run `function` in a reading thread, in one transaction: all it reads is of one moment.

        Raises:
            OperationalError: `database.unavailable`, the database cannot be read.
        """
        asked_at = time.monotonic()
        reading = asyncio.get_running_loop().run_in_executor(self._readers, self._read, function, asked_at)
        self._reading += 1
        reading.add_done_callback(self._read_ended)
        try:
            async with asyncio.timeout(_READ_SECONDS):
                return await reading
        except TimeoutError as error:
            raise OperationalError("database.unavailable", "The database does not answer; try again later") from error

    def _read_ended(self, _reading: asyncio.Future[Any]) -> None:
        self._reading -= 1

    def _read(self, function: Callable[[Connection], T], asked_at: float) -> T:
        begun_at = time.monotonic()
        try:
            return self._read_surely(function)
        finally:
            self._observe(_name(function), begun_at - asked_at, time.monotonic() - begun_at)

    def _read_surely(self, function: Callable[[Connection], T]) -> T:
        try:
            try:
                return self._read_once(function)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                # The server was restarted since, and all connections of the pool are as old.
                return self._read_once(function)
        except DBAPIError as error:
            raise OperationalError(
                "database.unavailable", f"The database cannot be read: {first_line(error)}"
            ) from error

    def _read_once(self, function: Callable[[Connection], T]) -> T:
        with self._read_engine.connect() as connection:
            return function(connection)

    async def write(self, function: Callable[[Connection], T], *, patient: bool = False) -> T:
        """Run `function` in the writing thread, in a savepoint of the next group commit; returns once it is durable.

        It may run more than once: when the commit fails it is rolled back and done again.

        Args:
            patient: wait for as long as the database is in trouble; else it fails soon with OperationalError.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.writer.submit(self._deeds if patient else self._requests, Call(future, function))
        return await future


def _name(function: Callable[..., Any]) -> str:
    """The method that a function was made in."""
    found = function.func if isinstance(function, partial) else function
    return str(getattr(found, "__qualname__", "(unknown)")).partition(".<locals>")[0]


def describe(url: str) -> str:
    """Kind and place of a database, without a password."""
    dialect = dialect_of(url)
    return f"{dialect.kind} {dialect.place}"


def dialect_of(url: str) -> Dialect:
    """The dialect for a database URL: `sqlite:////absolute/path.db`, `postgresql://user:password@host:5432/database`.

    Raises:
        UserError: `database.unsupported`.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        # Not repeated in the message: it may hold a password.
        raise UserError(
            "database.unsupported",
            "The database URL cannot be read; it looks like sqlite:////absolute/path.db or "
            "postgresql://user:password@host:5432/database",
        ) from error
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        return SqliteDialect(parsed)
    if parsed.drivername in ("postgresql", "postgresql+psycopg") and parsed.database:
        # Its driver costs time at each start, which SQLite need not pay.
        dialect: Dialect = import_module("concertmaster.storage.postgres").PostgresDialect(parsed)
        return dialect
    raise UserError(
        "database.unsupported",
        f"Database {parsed.render_as_string()} is not supported; use a SQLite file (sqlite:////absolute/path.db) or "
        "PostgreSQL (postgresql://user:password@host:5432/database)",
    )

"""Group commit: the journal's writer thread beside SQLAlchemy's async engine (aiosqlite) with the same tables.

`python benchmarks/writer_thread.py [URL ...]` prints medians, by default of a SQLite file of its own; a PostgreSQL
database is one to be thrown away afterwards. Without aiosqlite (it is no dependency) only our side is measured.
"""

from __future__ import annotations

import asyncio
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uuid_utils
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.events import Event, ExecutionCreated, NodeSucceeded
from concertmaster.domain.interfaces import Append, NewExecution
from concertmaster.domain.values import JsonValue
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import to_micros
from concertmaster.storage.journal import SqlJournal
from concertmaster.storage.merging import encode_data
from concertmaster.storage.migrate import upgrade

EXECUTIONS, EVENTS, GROUPS, ALONE = 1_000, 3, 15, 300
AT = datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC)
Commit = Callable[[list[tuple[str, list[Event]]]], Awaitable[None]]


def events_of(execution_id: str, first: int, count: int) -> list[Event]:
    body = NodeSucceeded("read", 1, AT, {"out": JsonValue({"rows": 3})})
    return [Event(execution_id, seq, AT, body) for seq in range(first, first + count)]


async def measure(name: str, ids: list[str], commit: Commit) -> None:
    """Big groups, then one append after the other."""
    big: list[float] = []
    for group in range(GROUPS):
        batches = [(id_, events_of(id_, 2 + group * EVENTS, EVENTS)) for id_ in ids]
        begin = time.perf_counter()
        await commit(batches)
        big.append(time.perf_counter() - begin)
    alone: list[float] = []
    for turn in range(ALONE):
        batches = [(ids[0], events_of(ids[0], 2 + GROUPS * EVENTS + turn, 1))]
        begin = time.perf_counter()
        await commit(batches)
        alone.append(time.perf_counter() - begin)
    seconds = statistics.median(big)
    print(
        f"{name:30} {EXECUTIONS:,} x {EVENTS} events: {seconds * 1e3:6.1f} ms, "
        f"{EXECUTIONS * EVENTS / seconds:7,.0f} events/s; alone: {statistics.median(alone) * 1e3:.2f} ms",
        flush=True,
    )


async def started(journal: SqlJournal) -> list[str]:
    body = ExecutionCreated("bench", 1, {}, {"type": "manual"})
    news = [NewExecution(str(uuid_utils.uuid7()), AT, body) for _ in range(EXECUTIONS)]
    await asyncio.gather(*(journal.create(new, actor=LOCAL_ADMIN, owner="bench") for new in news))
    return [new.id for new in news]


async def our_journal(url: str) -> None:
    upgrade(url)
    database = Database(url)
    journal = SqlJournal(database, lambda _: None, lambda _: None)
    await database.open()
    ids = await started(journal)

    async def commit(batches: list[tuple[str, list[Event]]]) -> None:
        await asyncio.gather(*(journal.append(Append(id_, 1, events)) for id_, events in batches))

    await measure(f"one writer thread, {database.kind}", ids, commit)
    await database.close()


def async_engine(file: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")

    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -32000", "wal_autocheckpoint = 4000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", set_up)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "begin", begin)
    return engine


class AsyncCollector:
    """The same front as the journal's, a future an append, with the commit on the event loop by awaits."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._queue: list[tuple[tuple[Any, ...], list[tuple[Any, ...]], asyncio.Future[None]]] = []
        self._task: asyncio.Future[None] | None = None

    def append(self, id_: str, events: list[Event]) -> asyncio.Future[None]:
        """Queue for the next commit."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        rows = [
            (one.execution_id, one.seq, to_micros(one.at), one.kind, one.node, encode_data(one.body).decode())
            for one in events
        ]
        self._queue.append(((events[-1].seq, id_, 1, events[0].seq - 1), rows, future))
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._commit())
        return future

    async def _commit(self) -> None:
        while self._queue:
            group, self._queue = self._queue, []
            heads = [head for head, _, _ in group]
            async with self._connection.begin():
                moved = await self._connection.exec_driver_sql(
                    "UPDATE executions SET head_seq = ? WHERE id = ? AND epoch = ? AND head_seq = ?", heads
                )
                assert moved.rowcount == len(heads)
                await self._connection.exec_driver_sql(
                    "INSERT INTO events (execution_id, seq, at, kind, node, data) VALUES (?, ?, ?, ?, ?, ?)",
                    [row for _, rows, _ in group for row in rows],
                )
            for _, _, future in group:
                future.set_result(None)


async def async_sqlalchemy(file: Path) -> None:
    """The alternative."""
    upgrade(f"sqlite:///{file}")
    database = Database(f"sqlite:///{file}")
    journal = SqlJournal(database, lambda _: None, lambda _: None)
    await database.open()
    ids = await started(journal)
    await database.close()
    engine = async_engine(file)
    connection = await engine.connect()
    collector = AsyncCollector(connection)

    async def commit(batches: list[tuple[str, list[Event]]]) -> None:
        await asyncio.gather(*(collector.append(id_, events) for id_, events in batches))

    await measure("SQLAlchemy async", ids, commit)
    await connection.close()
    await engine.dispose()


async def spin(stop: asyncio.Event) -> None:
    """An event loop that is never idle, as when a thousand executions run."""
    while not stop.is_set():
        sum(range(2_000))
        await asyncio.sleep(0)


async def main() -> None:
    for busy in (False, True):
        print("busy loop" if busy else "idle loop")
        stop = asyncio.Event()
        spinner = asyncio.ensure_future(spin(stop)) if busy else None
        with tempfile.TemporaryDirectory() as folder:
            for url in sys.argv[1:] or [f"sqlite:///{Path(folder) / 'ours.db'}"]:
                await our_journal(url)
            if not sys.argv[1:] and importlib.util.find_spec("aiosqlite") is not None:
                await async_sqlalchemy(Path(folder) / "async.db")
        stop.set()
        if spinner is not None:
            await spinner


if __name__ == "__main__":
    asyncio.run(main())

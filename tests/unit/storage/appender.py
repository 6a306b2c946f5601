"""Run as a process: `appender.py URL MODE`; appends for ever and prints what was acknowledged.

Modes: `forever`; `full` (SQLite: files may not grow beyond a bound until "more" comes on stdin, then prints and ends).
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.events import Event, ExecutionCreated, NodeProgress, NodeStarted
from concertmaster.domain.interfaces import Append, LogLine, NewExecution
from concertmaster.storage.database import Database
from concertmaster.storage.journal import SqlJournal
from concertmaster.storage.migrate import upgrade

AT = datetime(2026, 3, 1, tzinfo=UTC)
GROUP = 3


def batch(execution_id: str, first: int, padding: str = "") -> Append:
    """A start and two progresses with a log line: all of them or none are in the journal."""
    events = [
        Event(execution_id, first, AT, NodeStarted("a", 1)),
        Event(execution_id, first + 1, AT, NodeProgress("a", 1, 1)),
        Event(execution_id, first + 2, AT, NodeProgress("a", 1, 2)),
    ]
    return Append(execution_id, 1, events, logs=[LogLine(first, "a", 1, AT, "info", "text" + padding)])


async def drive(journal: SqlJournal, execution_id: str) -> None:
    body = ExecutionCreated("w", 1, {}, {"type": "manual"})
    await journal.create(NewExecution(execution_id, AT, body), actor=LOCAL_ADMIN, owner="child")
    seq = 2
    while True:
        await journal.append(batch(execution_id, seq))
        seq += GROUP
        print("acknowledged", execution_id, seq - 1, flush=True)


async def fill(journal: SqlJournal, database: Path) -> None:
    body = ExecutionCreated("w", 1, {}, {"type": "manual"})
    await journal.create(NewExecution("x", AT, body), actor=LOCAL_ADMIN, owner="child")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    bound = database.with_name(database.name + "-wal").stat().st_size + 200_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (bound, hard))
    published, seq = 0, 2
    while journal.health() is None:
        future = journal.append(batch("x", seq, "." * 20_000))
        seq += GROUP
        while not future.done() and journal.health() is None:
            await asyncio.sleep(0.001)
        published += future.done()
    print("trouble", seq - 1, published, PUBLISHED[-1], journal.health(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print("still", PUBLISHED[-1], flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await future
    print("recovered", seq - 1, PUBLISHED[-1], journal.health(), flush=True)


PUBLISHED = [0]


async def main(url: str, mode: str) -> None:
    upgrade(url)
    database = Database(url)
    journal = SqlJournal(database, lambda items: PUBLISHED.append(items[-1].row.head_seq), lambda _: None)
    await database.open()
    if mode == "full":
        await fill(journal, Path(url.removeprefix("sqlite:///")))
        await database.close()
    else:
        print("pid", os.getpid(), flush=True)
        await asyncio.gather(*(drive(journal, f"execution-{n}") for n in range(5)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))

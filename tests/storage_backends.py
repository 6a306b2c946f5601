"""Every backend that the contract suites run over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uuid_utils

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.events import Body, Event, ExecutionCreated, NodeStarted
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import Append, Committed, Lease, NewExecution
from concertmaster.storage.audit import SqlAuditStore
from concertmaster.storage.backfills import SqlBackfillStore
from concertmaster.storage.connections import SqlConnectionStore
from concertmaster.storage.database import Database
from concertmaster.storage.drafts import SqlDraftStore
from concertmaster.storage.executions import SqlExecutionStore
from concertmaster.storage.file_watches import SqlFileWatchStore
from concertmaster.storage.happenings import SqlHappeningStore
from concertmaster.storage.history import SqlHistoryStore
from concertmaster.storage.journal import SqlJournal
from concertmaster.storage.logins import SqlLoginStore
from concertmaster.storage.migrate import upgrade
from concertmaster.storage.tokens import SqlTokenStore
from concertmaster.storage.triggers import SqlTriggerStore
from concertmaster.storage.waits import SqlWaitStore
from concertmaster.storage.workflows import SqlWorkflowStore
from concertmaster.triggers.kinds import Kinds
from postgres_server import PostgresServer

BACKENDS = (pytest.param("postgresql", marks=pytest.mark.server), "sqlite")
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@contextmanager
def fresh_database(backend: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a database with the newest schema and nothing in it, for as long as the block lasts."""
    if backend == "sqlite":
        url = f"sqlite:///{folder / 'concertmaster.db'}"
        upgrade(url)
        yield url
        return
    # Asked for here, so that tests of SQLite alone start no server.
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.make_database(upgrade)
    yield url
    server.drop_database(url)


class Steps:
    """A clock that goes on by a second at every look."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> datetime:
        self._looks += 1
        return AT + timedelta(seconds=self._looks)


@dataclass
class Storage:
    """One opened database with everything on it, and what was published."""

    database: Database
    published: list[Committed] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    freed: list[str] = field(default_factory=list)
    remote: list[tuple[str, int]] = field(default_factory=list)
    drafts_told: list[str] = field(default_factory=list)
    versions_told: list[Mapping[str, Any]] = field(default_factory=list)
    people_told: list[Mapping[str, Any]] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    leases: list[Lease] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = Steps()
        self.journal = SqlJournal(self.database, self.published.extend, self.woken.extend, now=now)
        listeners = self.database.listeners
        listeners.freed, listeners.remote_commit = self.freed.append, self.remote.extend
        listeners.drafts, listeners.version, listeners.person = (
            self.drafts_told.extend,
            self.versions_told.append,
            self.people_told.append,
        )
        listeners.gap = lambda: self.gaps.append(time.monotonic())
        self.executions = SqlExecutionStore(self.database, now=now)
        self.history = SqlHistoryStore(self.database, now=now)
        self.workflows = SqlWorkflowStore(self.database, plan=Kinds().plan, now=now)
        self.drafts = SqlDraftStore(self.database, now=now)
        self.triggers = SqlTriggerStore(self.database, plan=Kinds().plan)
        self.backfills = SqlBackfillStore(self.database)
        self.happenings = SqlHappeningStore(self.database)
        self.files = SqlFileWatchStore(self.database)
        self.waits = SqlWaitStore(self.database, self.journal.awaiting, now=now)
        self.connections = SqlConnectionStore(self.database, now=now)
        self.audit = SqlAuditStore(self.database)
        self.logins = SqlLoginStore(self.database, now=now)
        self.tokens = SqlTokenStore(self.database, now=now)

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, folder: Path | None = None) -> AsyncIterator[Storage]:
        """One for as long as the block lasts; several on one database are as many processes."""
        storage = cls(Database(url, folder=folder))
        await storage.database.open()
        try:
            yield storage
        finally:
            # Its thread would go on renewing it on a database that is gone.
            for lease in storage.leases:
                await lease.release()
            await storage.database.close()

    async def live(self, owner: str) -> Lease:
        """A process of this name lives, until its lease is released or the storage closed."""

        async def lost() -> None: ...

        lease = self.database.lease(on_lost=lost)
        self.leases.append(lease)
        await lease.register(owner)
        return lease

    def published_seqs(self, execution_id: str) -> list[int]:
        return [event.seq for item in self.published if item.row.id == execution_id for event in item.events]

    async def start(self, workflow: str = "nightly", *, owner: str | None = "here", **more: Any) -> ExecutionRow:
        row, _ = await self.journal.create(new_execution(workflow, **more), actor=LOCAL_ADMIN, owner=owner)
        return row


def new_execution(workflow: str = "nightly", *, backfill: str | None = None, **more: Any) -> NewExecution:
    trigger = {"type": "manual"} if backfill is None else {"type": "schedule", "name": "daily", "backfill": backfill}
    body = ExecutionCreated(workflow, 1, {"month": 7}, trigger)
    return NewExecution(str(uuid_utils.uuid7()), AT, body, **more)


def append_of(execution_id: str, first_seq: int, *bodies: Body, epoch: int = 1, **more: Any) -> Append:
    """An append of these bodies (an attempt's start when none is given), a microsecond apart."""
    events = [
        Event(execution_id, seq, AT + timedelta(microseconds=seq), body)
        for seq, body in enumerate(bodies or (NodeStarted("read", 1),), first_seq)
    ]
    return Append(execution_id, epoch, events, **more)


async def until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)

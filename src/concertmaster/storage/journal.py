"""The journal in SQL: the truth about executions. Appends and starts are lanes of the group writer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update
from sqlalchemy.sql.functions import count

from concertmaster.domain.access import Actor
from concertmaster.domain.events import Event
from concertmaster.domain.execution import ExecutionRow, RequestKind
from concertmaster.domain.interfaces import Append, Claim, Committed, History, InboxItem, NewExecution
from concertmaster.storage.admission import Admission
from concertmaster.storage.appends import AppendLane
from concertmaster.storage.awaiting import Awaiting
from concertmaster.storage.claims import Claims, next_due
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import to_micros, utc_now
from concertmaster.storage.histories import Histories, read_events, read_inbox
from concertmaster.storage.merging import QueuedAppend
from concertmaster.storage.requests import Request
from concertmaster.storage.starts import Start, StartLane
from concertmaster.storage.tables import OPEN, executions

_log = logging.getLogger(__name__)


class SqlJournal:
    """`Journal` of `domain/interfaces`.

    Args:
        database: opened by the caller, before the first use.
        on_commit: called on the loop after each group commit with what has become durable; must not block.
        on_wake: called on the loop with ids of executions that want attention, whichever process committed the
            reason; must not block.
        now: the time of rows that carry none of their caller's.
    """

    def __init__(
        self,
        database: Database,
        on_commit: Callable[[Sequence[Committed]], None],
        on_wake: Callable[[Sequence[str]], None],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._on_commit = on_commit
        self._now = now
        # What lists show of each execution owned here, so that an append needs no read.
        self._rows: dict[str, ExecutionRow] = {}
        admission = Admission(database, now)
        self._claims = Claims(database, admission, now)
        self._histories = Histories(database)
        self.awaiting = Awaiting(database, self._rows, now, admission)
        self._appends = AppendLane(database, self._rows, self._publish, admission, self.awaiting)
        self._starts = StartLane(database, self._rows, self._publish, admission)
        database.writer.add_lane(self._appends)
        database.writer.add_lane(self._starts)
        database.listeners.wake = on_wake
        database.listeners.lost = self._rows.clear

    def _publish(self, committed: Sequence[Committed]) -> None:
        try:
            self._on_commit(committed)
        except Exception:
            # What is committed stays so: readers catch up by seq.
            _log.exception("Publishing committed events failed")

    def row(self, execution_id: str) -> ExecutionRow | None:
        """See `Journal`."""
        return self._rows.get(execution_id)

    def health(self) -> str | None:
        """Why nothing can be committed at the moment, None when all is well."""
        return self._database.writer.health()

    async def create(self, new: NewExecution, *, actor: Actor, owner: str | None = None) -> tuple[ExecutionRow, bool]:
        """See `Journal`."""
        future: asyncio.Future[tuple[ExecutionRow, bool]] = asyncio.get_running_loop().create_future()
        self._database.writer.submit(self._starts, Start(future, new, actor=actor, owner=owner))
        return await future

    def append(self, batch: Append) -> asyncio.Future[bool]:
        """See `Journal`."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._database.writer.submit(self._appends, QueuedAppend(future, batch))
        return future

    async def claim(self, execution_id: str, owner: str) -> Claim | None:
        """See `Journal`."""
        claim = await self._database.write(
            lambda connection: self._claims.one(connection, execution_id, owner), patient=True
        )
        if claim is not None:
            self._rows[claim.row.id] = claim.row
        return claim

    async def claim_due(self, owner: str, *, now: datetime, limit: int) -> list[Claim]:
        """See `Journal`."""
        micros = to_micros(now)
        claims = await self._database.write(
            lambda connection: self._claims.due(connection, owner, now=micros, limit=limit), patient=True
        )
        self._rows.update((claim.row.id, claim.row) for claim in claims)
        return claims

    async def next_due(self) -> datetime | None:
        """See `Journal`."""
        return await self._database.read(next_due)

    async def disown(self, execution_id: str, epoch: int, *, wake_at: datetime) -> None:
        """See `Journal`."""

        def give_back(connection: Connection) -> bool:
            statement = (
                update(executions)
                .where(executions.c.id == execution_id, executions.c.epoch == epoch, text(OPEN))
                .values(owner=None, wake_at=to_micros(wake_at))
            )
            return connection.execute(statement).rowcount == 1

        await self._database.write(give_back, patient=True)
        known = self._rows.get(execution_id)
        if known is not None and known.epoch <= epoch:
            del self._rows[execution_id]

    async def history(self, execution_id: str) -> History:
        """See `Journal`."""
        return await self._histories.get(execution_id)

    async def read(self, execution_id: str, after_seq: int = 0, *, limit: int | None = None) -> list[Event]:
        """See `Journal`."""
        return await self._database.read(
            lambda connection: read_events(connection, execution_id, after_seq, limit=limit)
        )

    async def inbox(self, execution_id: str) -> list[InboxItem]:
        """See `Journal`."""
        return await self._database.read(lambda connection: read_inbox(connection, execution_id))

    async def post(
        self, execution_id: str, kind: RequestKind, data: Mapping[str, Any], *, actor: Actor
    ) -> ExecutionRow:
        """See `Journal`."""
        request = Request(execution_id, kind, data, actor, self._now())
        return await self._database.write(lambda connection: request.post(connection, self._database.writer.notices))

    async def unfinished(self) -> int:
        """See `Journal`."""
        query = select(count()).select_from(executions).where(text(OPEN), executions.c.hidden == 0)
        return await self._database.read(lambda connection: connection.scalar(query) or 0)

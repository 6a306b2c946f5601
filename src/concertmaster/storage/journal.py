"""The journal in SQL: the truth about executions. Appends and starts are lanes of the group writer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.events import Event
from concertmaster.domain.execution import EXECUTION_STATUSES, FINAL_EXECUTION, ExecutionRow, ExecutionStatus
from concertmaster.domain.interfaces import Append, Claim, Committed, InboxItem, NewExecution
from concertmaster.storage.appends import AppendLane, QueuedAppend
from concertmaster.storage.audit import record
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import to_micros, utc_now
from concertmaster.storage.rows import EVENT_COLUMNS, EXECUTION_COLUMNS, event_from, execution_from, json_text
from concertmaster.storage.starts import Start, StartLane
from concertmaster.storage.tables import events, executions, inbox

_log = logging.getLogger(__name__)

UNFINISHED: tuple[ExecutionStatus, ...] = tuple(
    status for status in EXECUTION_STATUSES if status not in FINAL_EXECUTION
)


class SqlJournal:
    """`Journal` of `domain/interfaces.py`.

    Args:
        database: opened by the caller, before the first use.
        on_commit: called on the loop after each group commit with what has become durable; must not block.
        now: the time of rows that carry none of their caller's.
    """

    def __init__(
        self,
        database: Database,
        on_commit: Callable[[Sequence[Committed]], None],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._on_commit = on_commit
        self._now = now
        # What lists show of each execution owned here, so that an append needs no read.
        self._rows: dict[str, ExecutionRow] = {}
        self._appends = AppendLane(self._rows, self._publish, placeholder=database.placeholder)
        self._starts = StartLane(self._rows, self._publish, placeholder=database.placeholder)
        database.writer.add_lane(self._appends)
        database.writer.add_lane(self._starts)

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

    async def close(self) -> None:
        """Commit what is queued; nothing can be appended afterwards."""
        await self._database.writer.close()

    async def create(self, new: NewExecution, *, actor: Actor, owner: str | None = None) -> tuple[ExecutionRow, bool]:
        """See `Journal`."""
        future: asyncio.Future[tuple[ExecutionRow, bool]] = asyncio.get_running_loop().create_future()
        self._database.writer.submit(self._starts, Start(future, new, actor=actor, owner=owner))
        return await future

    def append(self, batch: Append) -> asyncio.Future[None]:
        """See `Journal`."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._database.writer.submit(self._appends, QueuedAppend(future, batch))
        return future

    async def claim(self, execution_id: str, owner: str) -> Claim | None:
        """See `Journal`."""

        def take(connection: Connection) -> ExecutionRow | None:
            statement = (
                update(executions)
                .where(executions.c.id == execution_id, executions.c.status.in_(UNFINISHED))
                .values(epoch=executions.c.epoch + 1, owner=owner)
                .returning(*EXECUTION_COLUMNS)
            )
            row = connection.execute(statement).one_or_none()
            return None if row is None else execution_from(row)

        row = await self._database.write(take)
        if row is None:
            return None
        self._rows[row.id] = row
        return Claim(row.id, row.epoch, row.head_seq, row.status)

    async def read(self, execution_id: str, after_seq: int = 0, *, limit: int | None = None) -> list[Event]:
        """See `Journal`."""
        query = (
            select(*EVENT_COLUMNS)
            .where(events.c.execution_id == execution_id, events.c.seq > after_seq)
            .order_by(events.c.seq)
            .limit(limit)
        )
        return await self._database.read(
            lambda connection: [event_from(execution_id, row) for row in connection.execute(query)]
        )

    async def inbox(self, execution_id: str) -> list[InboxItem]:
        """See `Journal`."""
        query = select(inbox.c.id, inbox.c.kind, inbox.c.data).where(inbox.c.execution_id == execution_id)
        return await self._database.read(
            lambda connection: [
                InboxItem(id_, kind, orjson.loads(data))
                for id_, kind, data in connection.execute(query.order_by(inbox.c.id))
            ]
        )

    async def post(self, execution_id: str, kind: str, data: Mapping[str, Any], *, actor: Actor) -> ExecutionRow:
        """See `Journal`."""
        text, at = json_text(data), self._now()

        def put(connection: Connection) -> ExecutionRow:
            # Locked, so that nobody releases or ends it between this look and the row.
            query = select(*EXECUTION_COLUMNS).where(executions.c.id == execution_id).with_for_update()
            found = connection.execute(query).one_or_none()
            if found is None:
                raise NotFound("execution.not_found", f"There is no execution {execution_id}")
            row = execution_from(found)
            if row.status in FINAL_EXECUTION:
                raise Conflict("execution.ended", f"Execution {execution_id} has ended already: {row.status}")
            connection.execute(insert(inbox).values(execution_id=execution_id, at=to_micros(at), kind=kind, data=text))
            record(connection, actor, f"execution.{kind}", f"execution:{execution_id}", at=at, data=data)
            return row

        return await self._database.write(put)

    async def unfinished(self) -> list[str]:
        """See `Journal`."""
        query = select(executions.c.id).where(executions.c.status.in_(UNFINISHED)).order_by(executions.c.id)
        return await self._database.read(lambda connection: list(connection.scalars(query)))

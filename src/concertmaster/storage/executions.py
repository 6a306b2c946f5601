"""Reading executions: the list newest first, logs, the newest of each workflow. They are changed by the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Text, bindparam, desc, select, text
from sqlalchemy.sql.functions import count

from concertmaster.domain.errors import NotFound
from concertmaster.domain.execution import UNFINISHED, ExecutionRow
from concertmaster.domain.execution_filter import EVERY, ExecutionFilter
from concertmaster.domain.interfaces import EVERY_LINE, LOG_LEVELS, LogFilter, LogLine, OpenExecutions, Page
from concertmaster.storage.cursors import read_cursor
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, maybe_instant, plain_key, to_micros, utc_now
from concertmaster.storage.execution_pages import Scan, newest_of
from concertmaster.storage.rows import EXECUTION_COLUMNS, execution_from
from concertmaster.storage.tables import OPEN, executions, idempotency_keys, logs

_ID = executions.c.id
_OLDEST_QUEUED = (
    select(executions.c.created_at)
    .where(executions.c.status == "queued", executions.c.started_at.is_(None))
    .order_by(_ID)
    .limit(1)
)


class SqlExecutionStore:
    """`ExecutionStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def get(self, execution_id: str) -> ExecutionRow:
        """See `ExecutionStore`."""
        query = select(*EXECUTION_COLUMNS).where(executions.c.id == execution_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise NotFound("execution.not_found", f"There is no execution {execution_id}")
        return execution_from(row)

    async def list(
        self, chosen: ExecutionFilter = EVERY, *, before: str | None = None, limit: int = 50
    ) -> Page[ExecutionRow]:
        """See `ExecutionStore`."""
        last = None if before is None else read_cursor(before, str)[0]
        scan = Scan(chosen, now=self._now())
        return await self._database.read(lambda connection: scan.page(connection, last, limit))

    async def latest(self, workflows: Sequence[str]) -> Mapping[str, ExecutionRow]:
        """See `ExecutionStore`."""

        # Built and compiled once, then a few index steps for each name.
        ids = newest_of(bindparam("name", type_=Text))
        newest = select(*EXECUTION_COLUMNS).where(_ID.in_(ids))

        def find(connection: Connection) -> dict[str, ExecutionRow]:
            rows = (connection.execute(newest, {"name": name}).one_or_none() for name in dict.fromkeys(workflows))
            return {row.workflow: row for row in map(execution_from, filter(None, rows))}

        return await self._database.read(find) if workflows else {}

    async def oldest_queued(self) -> datetime | None:
        """See `ExecutionStore`."""
        return maybe_instant(await self._database.read(lambda connection: connection.scalar(_OLDEST_QUEUED)))

    async def open_executions(self) -> OpenExecutions:
        """See `ExecutionStore`."""
        by_status = select(executions.c.status, count())
        by_status = by_status.where(executions.c.status.in_(UNFINISHED), executions.c.hidden == 0)

        def look(connection: Connection) -> OpenExecutions:
            numbers = {row[0]: row[1] for row in connection.execute(by_status.group_by(executions.c.status))}
            return OpenExecutions(numbers, maybe_instant(connection.scalar(_OLDEST_QUEUED)))

        return await self._database.read(look)

    async def keyed(self, workflow: str, key: str) -> tuple[ExecutionRow, str] | None:
        """See `ExecutionStore`."""
        own = idempotency_keys.c
        query = select(*EXECUTION_COLUMNS, own.fingerprint).join_from(
            idempotency_keys, executions, own.execution_id == _ID
        )
        query = query.where(own.workflow == workflow, own.key == plain_key(key))
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else (execution_from(row), row.fingerprint)

    async def slot_holders(self, slot_key: str, *, limit: int = 20) -> Sequence[str]:
        """See `ExecutionStore`."""
        query = (
            select(_ID)
            .where(executions.c.slot_key == slot_key, executions.c.admitted == 1, text(OPEN))
            .order_by(_ID)
            .limit(limit)
        )
        return await self._database.read(lambda connection: list(connection.scalars(query)))

    async def log_counts(self, execution_id: str, *, until: datetime | None = None) -> Mapping[str, int]:
        """See `ExecutionStore`."""
        query = select(logs.c.node, count()).where(logs.c.execution_id == execution_id).group_by(logs.c.node)
        if until is not None:
            query = query.where(logs.c.at <= to_micros(until))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row[0]: row[1] for row in rows}

    async def logs(
        self,
        execution_id: str,
        *,
        after: int = 0,
        before: int | None = None,
        only: LogFilter = EVERY_LINE,
        limit: int = 1000,
    ) -> list[LogLine]:
        """See `ExecutionStore`."""
        columns = (logs.c.n, logs.c.node, logs.c.attempt, logs.c.at, logs.c.level, logs.c.text)
        query = select(*columns).where(logs.c.execution_id == execution_id, *_conditions(only)).limit(limit)
        if before is None:
            query = query.where(logs.c.n > after).order_by(logs.c.n)
        else:
            query = query.where(logs.c.n < before).order_by(desc(logs.c.n))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        lines = [LogLine(n, node, attempt, from_micros(at), level, text) for n, node, attempt, at, level, text in rows]
        return lines if before is None else lines[::-1]


def _conditions(only: LogFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if only.node is not None:
        found.append(logs.c.node == only.node)
    if only.attempt is not None:
        found.append(logs.c.attempt == only.attempt)
    if only.level is not None:
        found.append(logs.c.level == only.level)
    if only.min_level is not None:
        found.append(logs.c.level.in_(LOG_LEVELS[LOG_LEVELS.index(only.min_level) :]))
    if only.text is not None:
        found.append(logs.c.text.icontains(only.text, autoescape=True))
    return found

"""Reading executions: the list newest first, logs, the newest of each workflow. They are changed by the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, Text, bindparam, desc, select, text, union_all
from sqlalchemy.sql.functions import count

from concertmaster.domain.errors import NotFound
from concertmaster.domain.execution import EXECUTION_STATUSES, UNFINISHED, ExecutionRow, ExecutionStatus
from concertmaster.domain.interfaces import EVERY_LINE, LOG_LEVELS, LogFilter, LogLine, OpenExecutions, Page
from concertmaster.storage.cursors import read_cursor, write_cursor
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, maybe_instant, plain_key, to_micros
from concertmaster.storage.rows import EXECUTION_COLUMNS, execution_from
from concertmaster.storage.tables import OPEN, executions, idempotency_keys, logs

_ID = executions.c.id


class SqlExecutionStore:
    """`ExecutionStore` of `domain/interfaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, execution_id: str) -> ExecutionRow:
        """See `ExecutionStore`."""
        query = select(*EXECUTION_COLUMNS).where(executions.c.id == execution_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise NotFound("execution.not_found", f"There is no execution {execution_id}")
        return execution_from(row)

    async def list(
        self,
        *,
        workflow: str | None = None,
        status: Sequence[ExecutionStatus] = (),
        backfill: str | None = None,
        called: bool | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Page[ExecutionRow]:
        """See `ExecutionStore`."""
        last = None if before is None else read_cursor(before, str)[0]
        newest = _newest_ids(workflow, status, backfill=backfill, called=called, before=last, limit=limit + 1)
        query = select(*EXECUTION_COLUMNS).where(_ID.in_(newest)).order_by(desc(_ID))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        page = [execution_from(row) for row in rows[:limit]]
        return Page(page, write_cursor(page[-1].id) if page and len(rows) > limit else None)

    async def latest(self, workflows: Sequence[str]) -> Mapping[str, ExecutionRow]:
        """See `ExecutionStore`."""

        # Built and compiled once, then a few index steps for each name.
        ids = _newest_ids(bindparam("name", type_=Text), (), before=None, limit=1)
        newest = select(*EXECUTION_COLUMNS).where(_ID.in_(ids))

        def find(connection: Connection) -> dict[str, ExecutionRow]:
            rows = (connection.execute(newest, {"name": name}).one_or_none() for name in dict.fromkeys(workflows))
            return {row.workflow: row for row in map(execution_from, filter(None, rows))}

        return await self._database.read(find) if workflows else {}

    async def open_executions(self) -> OpenExecutions:
        """See `ExecutionStore`."""
        by_status = select(executions.c.status, count())
        by_status = by_status.where(executions.c.status.in_(UNFINISHED), executions.c.hidden == 0)
        waits = (executions.c.status == "queued", executions.c.started_at.is_(None))
        oldest = select(executions.c.created_at).where(*waits).order_by(_ID).limit(1)

        def look(connection: Connection) -> OpenExecutions:
            numbers = {row[0]: row[1] for row in connection.execute(by_status.group_by(executions.c.status))}
            return OpenExecutions(numbers, maybe_instant(connection.scalar(oldest)))

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


def _newest_ids(
    workflow: str | BindParameter[str] | None,
    status: Sequence[ExecutionStatus],
    *,
    backfill: str | None = None,
    called: bool | None = None,
    before: str | None,
    limit: int,
) -> Select[tuple[str]]:
    """Ids of a page, newest first, from indexes alone.

    With a filter it is one index range a status, merged: so a rare status, or all of them, cost the same few steps
    whatever the length of the list. Those of a workflow that nobody called have an index of their own; otherwise the
    called ones, or the others, are passed over in the range.
    """
    if backfill is None and not status and (workflow is None or called is False):
        whole = _range(before, limit, called=called)
        return whole if workflow is None else whole.where(executions.c.workflow == workflow)
    ranges: list[Select[tuple[str]]] = []
    for one in dict.fromkeys(status or EXECUTION_STATUSES):
        query = _range(before, limit, called=called).where(executions.c.status == one)
        if workflow is not None:
            query = query.where(executions.c.workflow == workflow)
        if backfill is not None:
            query = query.where(executions.c.backfill == backfill)
        # A subquery each, because a part of a union cannot have a limit of its own.
        ranges.append(select(query.subquery().c.id))
    merged = union_all(*ranges).subquery()
    return select(merged.c.id).order_by(desc(merged.c.id)).limit(limit)


def _range(before: str | None, limit: int, *, called: bool | None) -> Select[tuple[str]]:
    query = select(_ID).where(executions.c.hidden == 0)
    if called is not None:
        query = query.where(executions.c.parent.is_not(None) if called else executions.c.parent.is_(None))
    if before is not None:
        query = query.where(executions.c.id < before)
    return query.order_by(desc(_ID)).limit(limit)

"""Looking back on many executions: counts that the writer keeps, and rows of those that have ended."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Any, cast

import orjson
from sqlalchemy import Connection, and_, case, desc, func, select, text, tuple_, union_all

from concertmaster.domain.execution import FINAL_EXECUTION, UNFINISHED, ExecutionRow, ExecutionStatus, NodeStatus
from concertmaster.domain.execution_filter import first_id
from concertmaster.domain.interfaces import COARSE, FINE, Failing, NodeTime, Slowest
from concertmaster.storage import execution_pages as pages
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros, utc_now
from concertmaster.storage.notices import Move
from concertmaster.storage.rows import EXECUTION_COLUMNS, execution_from
from concertmaster.storage.tables import UNCOUNTED, events, executions
from concertmaster.storage.tables_history import FAILED, execution_counts
from concertmaster.storage.tallies import COARSE_SECONDS, EVERYTHING, FINE_SECONDS

# Narrow counts are asked for so long, and kept a little longer.
FINE_ASKED = timedelta(days=7)
FINE_KEPT = timedelta(days=8)
# Only old code leaves something uncounted: it is looked for that often.
COMPLETE_SECONDS = 60.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_own, _counts, _events = executions.c, execution_counts.c, events.c
_ENDED = tuple(sorted(FINAL_EXECUTION))
_SLOW = ("succeeded", "failed")
_KINDS = ("node.started", "node.waiting", "node.succeeded", "node.failed")
# Outputs may be long; what is wanted of an event stands before them, and whose result was reused at the end.
_HEAD, _TAIL = 200, 400
_STARTED_AT = re.compile(r'"started_at":"([^"]+)"')
_QUEUES = re.compile(r'"rule":"(slot|rate)"')
_REUSED = re.compile(r'"reused":\{[^{}]*\}\}$')


class SqlHistoryStore:
    """`HistoryStore` of `domain/interfaces`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._complete_until = 0.0
        self._counted_to = ""
        self._count = database.dialect.bulk(
            "UPDATE executions SET trigger_type = COALESCE(executions.trigger_type, v.column2), "
            "counted_before = executions.counted_as, counted_as = executions.status "
            "FROM ({rows}) AS v WHERE executions.id = v.column1 RETURNING executions.workflow, executions.created_at, "
            "executions.counted_before, executions.counted_as",
            *("text", "text"),
        )

    def finest(self, first: datetime) -> timedelta:
        """See `HistoryStore`."""
        return FINE if first >= self._now() - FINE_ASKED else COARSE

    async def counts(
        self, first: datetime, width: timedelta, buckets: int, *, workflow: str | None = None
    ) -> Sequence[Mapping[ExecutionStatus, int]]:
        """See `HistoryStore`."""
        begin, wide = _seconds(first), int(width.total_seconds())
        bucket = ((_counts.at - begin) // wide).label("bucket")
        query = (
            select(bucket, _counts.status, func.sum(_counts.n))
            .where(_counts.width == _width(wide), _counts.workflow == (EVERYTHING if workflow is None else workflow))
            .where(_counts.at >= begin, _counts.at < begin + wide * buckets)
            .group_by(bucket, _counts.status)
        )
        found: list[dict[ExecutionStatus, int]] = [{} for _ in range(buckets)]
        for n, status, number in await self._database.read(lambda connection: connection.execute(query).all()):
            if number > 0:
                found[int(n)][status] = int(number)
        return found

    async def complete(self) -> bool:
        """See `HistoryStore`."""
        if time.monotonic() >= self._complete_until and not await self._uncounted("", 1):
            self._complete_until = time.monotonic() + COMPLETE_SECONDS
        return time.monotonic() < self._complete_until

    async def _uncounted(self, after: str, limit: int) -> Sequence[str]:
        """Read beside the writer: right after an upgrade a database may choose to go through all executions."""
        query = select(_own.id).where(text(UNCOUNTED), _own.id > after).order_by(_own.id).limit(limit)
        return await self._database.read(lambda connection: list(connection.scalars(query)))

    async def open_counts(self) -> Mapping[ExecutionStatus, int]:
        """See `HistoryStore`."""
        query = (
            select(_counts.status, func.sum(_counts.n))
            .where(_counts.width == COARSE_SECONDS, _counts.workflow == EVERYTHING)
            .where(_counts.status.in_(UNFINISHED))
            .group_by(_counts.status)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row[0]: int(row[1]) for row in rows if row[1] > 0}

    async def failing(self, since: datetime, *, limit: int) -> Sequence[Failing]:
        """See `HistoryStore`."""
        begin = _seconds(since)
        width = _width(begin)
        failed = func.sum(_counts.n)
        # An expression, for else SQLite goes through all counts in the order of the primary key.
        name = func.coalesce(_counts.workflow, "")
        most = (
            select(name, failed)
            .where(_counts.width == width, _counts.at >= begin, text(FAILED))
            .group_by(name)
            .having(failed > 0)
            .order_by(desc(failed), name)
            .limit(limit)
        )

        def look(connection: Connection) -> list[Failing]:
            worst = connection.execute(most).all()
            names = [row[0] for row in worst]
            totals = select(_counts.workflow, func.sum(_counts.n)).where(
                _counts.width == width, _counts.workflow.in_(names), _counts.at >= begin
            )
            total = {row[0]: int(row[1]) for row in connection.execute(totals.group_by(_counts.workflow))}
            return [Failing(name, int(number), total[name]) for name, number in worst]

        return await self._database.read(look)

    async def slowest(self, since: datetime, *, workflow: str | None = None, limit: int) -> Slowest:
        """See `HistoryStore`."""
        return await self._database.read(lambda connection: _slowest(connection, since, workflow, limit))

    async def ended(
        self, workflow: str, *, last: int, status: Sequence[ExecutionStatus] = ()
    ) -> Sequence[ExecutionRow]:
        """See `HistoryStore`."""
        parts = [
            select(_own.id)
            .where(_own.workflow == workflow, _own.status == one, _own.hidden == 0)
            .order_by(desc(_own.id))
            .limit(last)
            .subquery()
            for one in status or _ENDED
        ]
        merged = union_all(*(select(part.c.id) for part in parts)).subquery()
        newest = select(merged.c.id).order_by(desc(merged.c.id)).limit(last)
        query = select(*EXECUTION_COLUMNS).where(_own.id.in_(newest)).order_by(desc(_own.id))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [execution_from(row) for row in rows]

    async def node_times(self, execution_ids: Sequence[str]) -> Mapping[str, Mapping[str, NodeTime]]:
        """See `HistoryStore`."""
        length = func.length(_events.data)
        tail = case((length > _TAIL, func.substr(_events.data, length - _TAIL)), else_=_events.data)
        query = (
            select(_events.execution_id, _events.at, _events.kind, _events.node)
            .add_columns(func.substr(_events.data, 1, _HEAD), case((_events.kind == "node.succeeded", tail), else_=""))
            .where(_events.execution_id.in_(execution_ids), _events.kind.in_(_KINDS))
            .order_by(_events.execution_id, _events.seq)
        )
        return await self._database.read(lambda connection: _times(connection.execute(query).all()))

    async def count_missing(self, *, limit: int) -> int:
        """See `HistoryStore`."""
        ids = await self._uncounted(self._counted_to, limit)
        # Old code may have changed some before them; those that were locked are counted in the next round.
        self._counted_to = ids[-1] if len(ids) == limit else ""
        if not ids:
            return 0
        query = select(_own.id, _own.trigger).where(_own.id.in_(ids), text(UNCOUNTED)).order_by(_own.id)
        query = query.with_for_update(skip_locked=True)

        def store(connection: Connection) -> int:
            rows = connection.execute(query).all()
            told = [(id_, orjson.loads(trigger).get("type")) for id_, trigger in rows]
            self._database.writer.notices.moves += [Move(*row) for row in self._count.fetch(connection, told)]
            return len(rows)

        return await self._database.write(store, patient=True)

    async def prune(self, *, limit: int) -> int:
        """See `HistoryStore`."""
        keys = (_counts.workflow, _counts.at, _counts.status, _counts.share)
        old = and_(_counts.width == FINE_SECONDS, _counts.at < _seconds(self._now() - FINE_KEPT))
        query = select(*keys).where(old).order_by(_counts.at).limit(limit)
        remove = execution_counts.delete().where(_counts.width == FINE_SECONDS)

        def store(connection: Connection) -> int:
            rows = [tuple(row) for row in connection.execute(query.with_for_update(skip_locked=True))]
            for start in range(0, len(rows), 200):
                connection.execute(remove.where(tuple_(*keys).in_(rows[start : start + 200])))
            return len(rows)

        return await self._database.write(store, patient=True)


def _slowest(connection: Connection, since: datetime, workflow: str | None, limit: int) -> Slowest:
    """Looks at them newest first, as pages of lists do, and remembers the slowest so far."""
    took = _own.ended_at - func.coalesce(_own.started_at, _own.created_at)
    columns = (_own.id, _own.created_at, _own.hidden, _own.status, took.label("took"))
    newest = select(*columns).where(_own.id >= first_id(since)).order_by(desc(_own.id)).limit(pages.AT_ONCE)
    give_up_at = time.monotonic() + pages.BUDGET_SECONDS
    slow: list[tuple[int, str]] = []
    looked_at, last, scanned_until = 0, None, None
    while True:
        query = newest if last is None else newest.where(_own.id < last)
        if workflow is not None:
            # A subquery each, because a part of a union cannot have a limit of its own.
            parts = [query.where(_own.workflow == workflow, _own.status == one).subquery() for one in _SLOW]
            merged = union_all(*(select(part) for part in parts)).subquery()
            query = select(merged).order_by(desc(merged.c.id)).limit(pages.AT_ONCE)
        rows = connection.execute(query).all()
        fitting = [row for row in rows if not row.hidden and row.status in _SLOW and row.took is not None]
        slow = nlargest(limit, [*slow, *((row.took, row.id) for row in fitting)])
        looked_at += len(rows)
        if len(rows) < pages.AT_ONCE:
            break
        last = rows[-1].id
        if looked_at >= pages.LOOKED_AT or time.monotonic() >= give_up_at:
            scanned_until = from_micros(rows[-1].created_at)
            break
    query = select(*EXECUTION_COLUMNS).where(_own.id.in_([id_ for _, id_ in slow]))
    found = {row.id: row for row in map(execution_from, connection.execute(query))}
    return Slowest([found[id_] for _, id_ in slow], scanned_until)


def _seconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(seconds=1)


def _width(seconds: int) -> int:
    """Of the counts whose sums are those of buckets of so many seconds, or from so many seconds since 1970 on."""
    return FINE_SECONDS if seconds % COARSE_SECONDS else COARSE_SECONDS


def _times(rows: Sequence[Any]) -> dict[str, dict[str, NodeTime]]:
    """As the view of an execution shows it: from the first start since its last end, without the wait for a place."""
    found: dict[str, dict[str, NodeTime]] = defaultdict(dict)
    begun: dict[tuple[str, str], int] = {}
    for id_, at, kind, node, head, tail in rows:
        key = (id_, node)
        if kind == "node.started":
            begun.setdefault(key, at)
        elif kind == "node.waiting":
            if _QUEUES.search(head):
                begun.pop(key, None)
            else:
                begun.setdefault(key, at)
        else:
            told = _STARTED_AT.search(head)
            since = begun.pop(key, at if told is None else to_micros(datetime.fromisoformat(told[1])))
            status = cast("NodeStatus", kind.removeprefix("node."))
            took = timedelta(microseconds=max(0, at - since))
            found[id_][node] = NodeTime(from_micros(since), took, status, reused=bool(_REUSED.search(tail)))
    return found

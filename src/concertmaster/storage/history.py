"""Looking back on many executions: counts that the writer keeps, and rows of those that have ended."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
from sqlalchemy import Connection, and_, bindparam, case, desc, func, select, text, tuple_, union_all, update

from concertmaster.domain.execution import FINAL_EXECUTION, UNFINISHED, ExecutionRow, ExecutionStatus, NodeStatus
from concertmaster.domain.execution_filter import first_id
from concertmaster.domain.interfaces import COARSE, FINE, Failing, NodeTime, Slowest
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros, utc_now
from concertmaster.storage.notices import Move
from concertmaster.storage.rows import EXECUTION_COLUMNS, MOVED, execution_from
from concertmaster.storage.tables import UNCOUNTED, events, executions
from concertmaster.storage.tables_history import FAILED, execution_counts
from concertmaster.storage.tallies import COARSE_SECONDS, EVERYTHING, FINE_SECONDS

# Narrow counts are asked for so long, and kept a little longer.
FINE_ASKED = timedelta(days=7)
FINE_KEPT = timedelta(days=8)
# Executions that one question for the slowest looks at.
LOOKED_AT = 10_000
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
        query = select(_own.id).where(text(UNCOUNTED)).limit(1)
        return await self._database.read(lambda connection: connection.scalar(query)) is None

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
        most = (
            select(_counts.workflow, failed)
            .where(_counts.width == width, _counts.at >= begin, text(FAILED))
            .group_by(_counts.workflow)
            .having(failed > 0)
            .order_by(desc(failed), _counts.workflow)
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
        least = first_id(since)
        newest = select(_own.id).where(_own.id >= least).order_by(desc(_own.id)).limit(LOOKED_AT)
        if workflow is not None:
            # A subquery each, because a part of a union cannot have a limit of its own.
            parts = [newest.where(_own.workflow == workflow, _own.status == one).subquery() for one in _SLOW]
            merged = union_all(*(select(part.c.id) for part in parts)).subquery()
            newest = select(merged.c.id).order_by(desc(merged.c.id)).limit(LOOKED_AT)
        took = _own.ended_at - func.coalesce(_own.started_at, _own.created_at)
        fitting = (_own.id.in_(newest), _own.hidden == 0, _own.status.in_(_SLOW), _own.ended_at.is_not(None))
        slow = select(*EXECUTION_COLUMNS).where(*fitting).order_by(desc(took), desc(_own.id)).limit(limit)
        part = newest.subquery()
        seen = select(func.count(), func.min(part.c.id))

        def look(connection: Connection) -> Slowest:
            number, last = connection.execute(seen).one()
            at = None
            if number == LOOKED_AT:
                at = connection.execute(select(_own.created_at).where(_own.id == last)).scalar_one()
            rows = [execution_from(row) for row in connection.execute(slow)]
            return Slowest(rows, None if at is None else from_micros(at))

        return await self._database.read(look)

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
        query = (
            select(_own.id, _own.trigger)
            .where(text(UNCOUNTED))
            .order_by(_own.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        count = (
            update(executions)
            .where(_own.id.in_(bindparam("ids", expanding=True)))
            .values(counted_before=_own.counted_as, counted_as=_own.status)
            .returning(*MOVED)
        )
        name = (
            update(executions)
            .where(_own.id == bindparam("id_"), _own.trigger_type.is_(None))
            .values(trigger_type=bindparam("type_"))
        )

        def store(connection: Connection) -> int:
            rows = connection.execute(query).all()
            if not rows:
                return 0
            types = [{"id_": id_, "type_": orjson.loads(trigger).get("type")} for id_, trigger in rows]
            connection.execute(name, types)
            moved = connection.execute(count, {"ids": [id_ for id_, _ in rows]}).all()
            self._database.writer.notices.moves += [Move(*row) for row in moved]
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

"""Pages of executions: their ids from an index, newest first, and of these what the other filters let through.

A page looks at a bounded number of executions: what no index knows (an error's text, a duration) may be rare, and the
list is long. A page that was cut says how far it came; its cursor goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import BindParameter, ColumnElement, Connection, Select, desc, func, select, text, union_all

from concertmaster.domain.execution import EXECUTION_STATUSES, ExecutionRow, ExecutionStatus
from concertmaster.domain.execution_filter import ExecutionFilter, first_id
from concertmaster.domain.interfaces import Page
from concertmaster.storage.cursors import write_cursor
from concertmaster.storage.encoding import from_micros, plain_text, to_micros
from concertmaster.storage.rows import EXECUTION_COLUMNS, execution_from
from concertmaster.storage.tables import executions

# Executions that one page looks at at most, so many in one step, and no further step once so much time has passed: rows
# that lie far apart cost ten times as much as neighbours.
LOOKED_AT = 5_000
AT_ONCE = 250
BUDGET_SECONDS = 0.012
_MICROS = 1_000_000
_own = executions.c
# Exactly this text: SQLite uses a partial index where a query repeats its condition.
_VISIBLE = text("hidden = 0")
_WITH_ERROR: tuple[ExecutionStatus, ...] = ("failed", "cancelled", "interrupted")


class Scan:
    """Looks for executions.

    Args:
        now: where those that have not ended have come by now.
    """

    def __init__(self, chosen: ExecutionFilter, *, now: datetime) -> None:
        self._chosen = chosen
        self._now = to_micros(now)
        self._statuses: Sequence[ExecutionStatus] = tuple(dict.fromkeys(chosen.status))
        if chosen.error is not None:
            # Others have none.
            self._statuses = [one for one in chosen.status or _WITH_ERROR if one in _WITH_ERROR]
        self._conditions = [_VISIBLE, *self._not_indexed()]
        self._rare = len(self._conditions) > 1

    def page(self, connection: Connection, last: str | None, limit: int) -> Page[ExecutionRow]:
        """Those behind the one with the id `last`."""
        found: list[ExecutionRow] = []
        looked_at, give_up_at = 0, time.monotonic() + BUDGET_SECONDS
        step = AT_ONCE if self._rare else limit + 1
        if self._chosen.error is not None and not self._statuses:
            return Page([])
        while True:
            ids = self._ids(last, step)
            found += self._fitting(connection, ids, limit + 1 - len(found))
            if len(found) > limit:
                return Page(found[:limit], write_cursor(found[limit - 1].id))
            part = ids.subquery()
            number, last = connection.execute(select(func.count(), func.min(part.c.id))).one()
            if number < step:
                return Page(found)
            looked_at += step
            if looked_at >= LOOKED_AT or time.monotonic() >= give_up_at:
                at = connection.execute(select(_own.created_at).where(_own.id == last)).scalar_one()
                return Page(found, write_cursor(cast("str", last)), from_micros(at))
            step = AT_ONCE

    def _fitting(self, connection: Connection, ids: Select[tuple[str]], most: int) -> list[ExecutionRow]:
        query = select(*EXECUTION_COLUMNS).where(_own.id.in_(ids), *self._conditions).order_by(desc(_own.id))
        if self._chosen.error is None:
            query = query.limit(most)
        rows = map(execution_from, connection.execute(query))
        return [row for row in rows if self._chosen.has_error(row)][:most]

    def _ids(self, before: str | None, limit: int) -> Select[tuple[str]]:
        """Ids from indexes alone, newest first; a few of them may be hidden.

        With a status, or of a workflow, it is one index range a status, merged: so a rare status, or all of them, cost
        the same few steps whatever the length of the list. Those of a workflow that nobody called have an index of
        their own.
        """
        chosen, statuses = self._chosen, self._statuses
        narrow = self._range(before, limit)
        if chosen.backfill is None and not statuses:
            if chosen.workflow is None:
                return narrow if chosen.trigger is None else narrow.where(_VISIBLE, _own.trigger_type == chosen.trigger)
            if chosen.called is False:
                return narrow.where(_own.workflow == chosen.workflow, _own.parent.is_(None))
        ranges: list[Select[tuple[str]]] = []
        for one in statuses or EXECUTION_STATUSES:
            query = narrow.where(_own.status == one)
            if chosen.workflow is not None:
                query = query.where(_own.workflow == chosen.workflow)
            if chosen.backfill is not None:
                query = query.where(_own.backfill == chosen.backfill)
            # A subquery each, because a part of a union cannot have a limit of its own.
            ranges.append(select(query.subquery().c.id))
        merged = union_all(*ranges).subquery()
        return select(merged.c.id).order_by(desc(merged.c.id)).limit(limit)

    def _range(self, before: str | None, limit: int) -> Select[tuple[str]]:
        query, chosen = select(_own.id), self._chosen
        if before is not None:
            query = query.where(_own.id < before)
        if chosen.until is not None:
            query = query.where(_own.id < first_id(chosen.until))
        if chosen.since is not None:
            query = query.where(_own.id >= first_id(chosen.since))
        return query.order_by(desc(_own.id)).limit(limit)

    def _not_indexed(self) -> list[ColumnElement[bool]]:
        """Conditions that are looked up in the rows."""
        chosen = self._chosen
        found: list[ColumnElement[bool]] = []
        by_trigger = chosen.workflow is None and chosen.backfill is None and not self._statuses
        if chosen.trigger is not None and not by_trigger:
            found.append(_own.trigger_type == chosen.trigger)
        if chosen.called is not None:
            found.append(_own.parent.is_not(None) if chosen.called else _own.parent.is_(None))
        if chosen.version is not None:
            found.append(_own.version == chosen.version)
        took = func.coalesce(_own.ended_at, self._now) - _own.started_at
        if chosen.at_least is not None:
            found.append(took >= round(chosen.at_least.total_seconds() * _MICROS))
        if chosen.at_most is not None:
            found.append(took <= round(chosen.at_most.total_seconds() * _MICROS))
        if chosen.error is not None:
            found.append(_own.error.is_not(None))
            if chosen.error.isascii():
                # As it stands in the JSON; whether it is in the message, and not in the rest, is looked at then.
                told = orjson.dumps(plain_text(chosen.error))[1:-1].decode().lower()
                found.append(func.lower(_own.error).contains(told, autoescape=True))
        return found


def newest_of(workflow: BindParameter[str]) -> Select[tuple[str]]:
    """The id of the newest execution of a workflow: one index range a status, merged."""
    ranges: list[Select[tuple[Any]]] = []
    for one in EXECUTION_STATUSES:
        query = select(_own.id).where(_own.workflow == workflow, _own.status == one, _own.hidden == 0)
        ranges.append(select(query.order_by(desc(_own.id)).limit(1).subquery().c.id))
    merged = union_all(*ranges).subquery()
    return select(merged.c.id).order_by(desc(merged.c.id)).limit(1)

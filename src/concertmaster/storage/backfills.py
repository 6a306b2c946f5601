"""Backfills: ranges of a schedule's times that are worked off, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, case, desc, insert, select, text, update

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionStatus
from concertmaster.domain.interfaces import Backfill, Page
from concertmaster.storage.audit import record
from concertmaster.storage.cursors import read_cursor, write_cursor
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, maybe_instant, maybe_micros, to_micros, utc_now
from concertmaster.storage.ownership import claimable
from concertmaster.storage.rows import json_text
from concertmaster.storage.tables import backfills, executions

_own = backfills.c
# Exactly that of the index.
_OPEN = text("(status = 'running' OR active <> '[]')")


class SqlBackfillStore:
    """`BackfillStore` of `domain/interfaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, backfill: Backfill, *, actor: Actor) -> None:
        """See `BackfillStore`."""
        fixed = {
            "id": backfill.id,
            "workflow": backfill.workflow,
            "trigger": backfill.trigger,
            "version": backfill.version,
            "config": json_text(backfill.config),
            "from_at": to_micros(backfill.from_at),
            "until_at": to_micros(backfill.until_at),
            "status": backfill.status,
            "concurrency": backfill.concurrency,
            "total": backfill.total,
            "created_at": to_micros(backfill.created_at),
            "created_by": backfill.created_by,
        }

        def store(connection: Connection) -> None:
            connection.execute(insert(backfills).values(**fixed, **_progress(backfill)))
            about = {"workflow": backfill.workflow, "trigger": backfill.trigger, "total": backfill.total}
            at = backfill.created_at
            record(connection, actor, "backfill.create", f"backfill:{backfill.id}", at=at, data=about)

        await self._database.write(store)

    async def get(self, backfill_id: str) -> Backfill:
        """See `BackfillStore`."""
        return await self._database.read(lambda connection: _get(connection, backfill_id))

    async def list(self, *, before: str | None = None, limit: int = 100) -> Page[Backfill]:
        """See `BackfillStore`."""
        query = select(backfills)
        if before is not None:
            query = query.where(_own.id < read_cursor(before, str)[0])
        query = query.order_by(desc(_own.id)).limit(limit + 1)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        cursor = write_cursor(rows[limit - 1].id) if len(rows) > limit else None
        return Page([_backfill(row) for row in rows[:limit]], cursor)

    async def switch(self, backfill_id: str, *, status: str, of: Sequence[str], actor: Actor) -> Backfill:
        """See `BackfillStore`."""

        def change(connection: Connection) -> Backfill:
            statement = update(backfills).where(_own.id == backfill_id, _own.status.in_(of)).values(status=status)
            if connection.execute(statement).rowcount == 0:
                found = _get(connection, backfill_id)
                message = (
                    f"Backfill {backfill_id} is {found.status}; this can be asked of one that is {' or '.join(of)}"
                )
                raise Conflict("backfill.status", message, status=found.status)
            record(connection, actor, f"backfill.{status}", f"backfill:{backfill_id}", at=utc_now())
            return _get(connection, backfill_id)

        return await self._database.write(change)

    async def claim(self, owner: str) -> Sequence[Backfill]:
        """See `BackfillStore`."""
        free = claimable(_own.claimed_by, self._database.dialect, owner)
        query = select(backfills).where(_OPEN, free).order_by(_own.id)
        # Most of the time there is none, and then nothing is written.
        if not await self._database.read(lambda connection: connection.execute(query.limit(1)).all()):
            return []

        def take(connection: Connection) -> list[Backfill]:
            rows = connection.execute(query.with_for_update(skip_locked=True)).all()
            ids = [row.id for row in rows if row.claimed_by != owner]
            if ids:
                connection.execute(update(backfills).where(_own.id.in_(ids)).values(claimed_by=owner))
            return [_backfill(row) for row in rows]

        return await self._database.write(take)

    async def advance(self, owner: str, backfill: Backfill) -> None:
        """See `BackfillStore`."""
        values: dict[str, Any] = _progress(backfill)
        if backfill.status == "finished":
            values["status"] = case((_own.status == "running", "finished"), else_=_own.status)
        statement = update(backfills).where(_own.id == backfill.id, _own.claimed_by == owner).values(values)
        await self._database.write(lambda connection: connection.execute(statement).rowcount, patient=True)

    async def ended(self, ids: Sequence[str]) -> Mapping[str, ExecutionStatus]:
        """See `BackfillStore`."""
        final = executions.c.status.in_(sorted(FINAL_EXECUTION))
        query = select(executions.c.id, executions.c.status).where(executions.c.id.in_(ids), final)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row.id: row.status for row in rows}


def _get(connection: Connection, backfill_id: str) -> Backfill:
    row = connection.execute(select(backfills).where(_own.id == backfill_id)).one_or_none()
    if row is None:
        message = f"There is no backfill {backfill_id}; `concertmaster backfills list` shows all"
        raise NotFound("backfill.not_found", message)
    return _backfill(row)


def _progress(backfill: Backfill) -> dict[str, Any]:
    return {
        "cursor_at": maybe_micros(backfill.cursor_at),
        "active": orjson.dumps(list(backfill.active)).decode(),
        "started": backfill.started,
        "succeeded": backfill.succeeded,
        "failed": backfill.failed,
        "refused": backfill.refused,
        "error": backfill.error,
    }


def _backfill(row: Any) -> Backfill:
    return Backfill(
        id=row.id,
        workflow=row.workflow,
        trigger=row.trigger,
        version=row.version,
        config=orjson.loads(row.config),
        from_at=from_micros(row.from_at),
        until_at=from_micros(row.until_at),
        status=row.status,
        concurrency=row.concurrency,
        total=row.total,
        created_at=from_micros(row.created_at),
        created_by=row.created_by,
        cursor_at=maybe_instant(row.cursor_at),
        active=tuple(orjson.loads(row.active)),
        started=row.started,
        succeeded=row.succeeded,
        failed=row.failed,
        refused=row.refused,
        error=row.error,
    )

"""Who did what: rows that are written in the transaction of the deed, never apart from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from concertmaster.domain.access import Actor
from concertmaster.domain.interfaces import AuditLine, Page
from concertmaster.storage.cursors import read_cursor, write_cursor
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros
from concertmaster.storage.rows import json_text
from concertmaster.storage.tables import audit

_NOTHING: Mapping[str, Any] = {}


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    target: str,
    *,
    at: datetime,
    data: Mapping[str, Any] = _NOTHING,
) -> None:
    """Add a row in the transaction that does the deed."""
    connection.execute(
        insert(audit).values(at=to_micros(at), actor=actor.name, action=action, target=target, data=json_text(data))
    )


class SqlAuditStore:
    """Reading the audit table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        *,
        target: str | None = None,
        by: str | None = None,
        action: str | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Page[AuditLine]:
        """See `AuditStore`."""
        query = select(audit.c.id, audit.c.at, audit.c.actor, audit.c.action, audit.c.target, audit.c.data)
        if target is not None:
            query = query.where(audit.c.target == target)
        if by is not None:
            query = query.where(audit.c.actor == by)
        if action is not None:
            query = query.where(audit.c.action == action)
        if before is not None:
            (last,) = read_cursor(before, int)
            query = query.where(audit.c.id < last)
        query = query.order_by(audit.c.id.desc()).limit(limit + 1)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        lines = [
            AuditLine(from_micros(at), actor, action, about, orjson.loads(data))
            for _, at, actor, action, about, data in rows[:limit]
        ]
        return Page(lines, write_cursor(rows[limit - 1][0]) if len(rows) > limit else None)

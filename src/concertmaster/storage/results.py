"""Results of nodes that only compute, in SQL."""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlalchemy import Connection, bindparam, delete, select

from concertmaster.domain.interfaces import KeptResult
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import to_micros
from concertmaster.storage.tables_artifacts import results

_GET = select(results).where(results.c.key == bindparam("key"))
# A step of a sweep, so that it holds up nobody.
_FORGOTTEN_AT_ONCE = 1_000


class SqlResultStore:
    """`ResultStore` of `domain/interfaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> KeptResult | None:
        """See `ResultStore`."""
        row = await self._database.read(lambda connection: connection.execute(_GET, {"key": key}).one_or_none())
        return None if row is None else KeptResult(row.key, row.execution_id, row.node, orjson.loads(row.outputs))

    async def forget(self, *, before: datetime) -> None:
        """See `ResultStore`."""
        old = select(results.c.key).where(results.c.at < to_micros(before)).limit(_FORGOTTEN_AT_ONCE)

        def remove(connection: Connection) -> int:
            return connection.execute(delete(results).where(results.c.key.in_(old.scalar_subquery()))).rowcount

        while await self._database.write(remove) == _FORGOTTEN_AT_ONCE:
            pass

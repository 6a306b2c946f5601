"""Results of nodes that only compute, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, select

from concertmaster.domain.interfaces import KeptResult
from concertmaster.storage.database import Database
from concertmaster.storage.dialect import Bulk, Dialect
from concertmaster.storage.encoding import to_micros, utc_now
from concertmaster.storage.rows import json_text
from concertmaster.storage.tables_artifacts import results

_GET = select(results).where(results.c.key == bindparam("key"))
# A step of a sweep, so that it holds up nobody.
_FORGOTTEN_AT_ONCE = 1_000


def keep_results(dialect: Dialect) -> Bulk:
    """The statement that keeps results, the newest of each key."""
    return dialect.bulk(
        "INSERT INTO results (key, execution_id, node, outputs, at) {rows} ON CONFLICT (key) DO UPDATE SET "
        "execution_id = excluded.execution_id, node = excluded.node, outputs = excluded.outputs, at = excluded.at",
        *("text", "text", "text", "text", "bigint"),
    )


def result_row(kept: KeptResult, at: datetime) -> tuple[Any, ...]:
    """The row of a result."""
    return kept.key, kept.execution, kept.node, json_text(kept.outputs), to_micros(at)


class SqlResultStore:
    """`ResultStore` of `domain/interfaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keep = keep_results(database.dialect)

    async def get(self, key: str) -> KeptResult | None:
        """See `ResultStore`."""
        row = await self._database.read(lambda connection: connection.execute(_GET, {"key": key}).one_or_none())
        return None if row is None else KeptResult(row.key, row.execution_id, row.node, orjson.loads(row.outputs))

    async def keep(self, kept: KeptResult) -> None:
        """See `ResultStore`."""
        row = result_row(kept, utc_now())
        await self._database.write(lambda connection: self._keep.run(connection, [row]))

    async def forget(self, *, before: datetime) -> None:
        """See `ResultStore`."""
        old = select(results.c.key).where(results.c.at < to_micros(before)).limit(_FORGOTTEN_AT_ONCE)

        def remove(connection: Connection) -> int:
            return connection.execute(delete(results).where(results.c.key.in_(old.scalar_subquery()))).rowcount

        while await self._database.write(remove) == _FORGOTTEN_AT_ONCE:
            pass

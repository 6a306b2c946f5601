"""References to artifacts in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, select

from concertmaster.domain.interfaces import Referrer
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, maybe_instant
from concertmaster.storage.tables import artifact_references, executions

_own = executions.c
_named = artifact_references.c
# What may be retried is at its end all the same; what was interrupted goes on where it was.
_OVER = ("succeeded", "failed", "cancelled")


class SqlReferenceStore:
    """`ReferenceStore` of `domain/interfaces`; lists given to it have some hundred entries at most."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def referrers(self, after: str, *, limit: int) -> Sequence[Referrer]:
        """See `ReferenceStore`."""
        ids = select(_named.execution_id).where(_named.execution_id > after).distinct()
        page = ids.order_by(_named.execution_id).limit(limit)
        return await self._database.read(lambda connection: _with_roots(connection, list(connection.scalars(page))))

    async def oldest_of_newest(self, workflow: str, count: int) -> str:
        """See `ReferenceStore`."""
        newest = select(_own.id).where(_own.workflow == workflow, _own.parent.is_(None)).order_by(_own.id.desc())
        query = newest.offset(count - 1).limit(1)
        return await self._database.read(lambda connection: connection.scalar(query)) or ""

    async def only_named_by(self, ids: Sequence[str]) -> Mapping[str, int]:
        """See `ReferenceStore`."""
        others = artifact_references.alias("others")
        elsewhere = select(others.c.digest).where(others.c.digest == _named.digest, others.c.execution_id.not_in(ids))
        query = (
            select(_named.digest, func.max(_named.size_bytes))
            .where(_named.execution_id.in_(ids), ~elsewhere.exists())
            .group_by(_named.digest)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row[0]: row[1] for row in rows}

    async def forget(self, referrers: Sequence[Referrer]) -> int:
        """See `ReferenceStore`."""

        def remove(connection: Connection) -> int:
            roots = {referrer.root for referrer in referrers}
            # A retry takes the row of an execution; whoever comes second sees what the other one did.
            over = select(_own.id).where(_own.id.in_(roots), _own.status.in_(_OVER)).order_by(_own.id)
            still = set(connection.scalars(over.with_for_update()))
            ids = [referrer.id for referrer in referrers if referrer.root in still]
            connection.execute(delete(artifact_references).where(_named.execution_id.in_(ids)))
            return len(ids)

        return await self._database.write(remove)

    async def named(self, digests: Sequence[str]) -> set[str]:
        """See `ReferenceStore`."""
        query = select(_named.digest).where(_named.digest.in_(digests)).distinct()
        return await self._database.read(lambda connection: set(connection.scalars(query)))


def _with_roots(connection: Connection, ids: Sequence[str]) -> list[Referrer]:
    start = select(_own.id.label("below"), _own.created_at, _own.id, _own.parent).where(_own.id.in_(ids))
    line = start.cte("line", recursive=True)
    above = select(line.c.below, line.c.created_at, _own.id, _own.parent).where(_own.id == line.c.parent)
    line = line.union_all(above)
    query = (
        select(line.c.below, _own.id, _own.workflow, line.c.created_at, _own.status, _own.ended_at)
        .join(executions, _own.id == line.c.id)
        .where(line.c.parent.is_(None))
        .order_by(line.c.below)
    )
    return [
        Referrer(below, root, workflow, from_micros(created_at), maybe_instant(ended_at) if status in _OVER else None)
        for below, root, workflow, created_at, status, ended_at in connection.execute(query)
    ]

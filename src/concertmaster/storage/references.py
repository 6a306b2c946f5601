"""References to artifacts in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, select

from concertmaster.domain.interfaces import FOR_RECIPE, ArtifactUse, NamedArtifact, Referrer, Tree
from concertmaster.storage.bulk import batched
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, maybe_instant
from concertmaster.storage.tables import executions
from concertmaster.storage.tables_artifacts import artifact_references, pins

_own = executions.c
_named = artifact_references.c
# What may be retried is at its end all the same; what was interrupted goes on where it was.
_OVER = ("succeeded", "failed", "cancelled")
_PART = 500


class SqlReferenceStore:
    """`ReferenceStore` of `domain/interfaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def referrers(self, after: str, *, limit: int) -> Sequence[Referrer]:
        """See `ReferenceStore`."""
        ids = select(_named.execution_id).where(_named.execution_id > after).distinct()
        page = ids.order_by(_named.execution_id).limit(limit)
        return await self._database.read(lambda connection: _with_roots(connection, list(connection.scalars(page))))

    async def tree(self, root: str) -> Tree:
        """See `ReferenceStore`."""
        below = select(_own.id).where(_own.id == root).cte("below", recursive=True)
        below = below.union_all(select(_own.id).where(_own.parent == below.c.id))
        query = select(_own.id, _own.status, _own.ended_at).join(below, below.c.id == _own.id).order_by(_own.id)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        over = all(row.status in _OVER for row in rows)
        ends = [row.ended_at for row in rows if row.ended_at is not None]
        return Tree([row.id for row in rows], maybe_instant(max(ends)) if over and ends else None)

    async def oldest_of_newest(self, workflow: str, count: int) -> str:
        """See `ReferenceStore`."""
        newest = select(_own.id).where(_own.workflow == workflow, _own.parent.is_(None)).order_by(_own.id.desc())
        query = newest.offset(count - 1).limit(1)
        return await self._database.read(lambda connection: connection.scalar(query)) or ""

    async def named_by(self, ids: Sequence[str]) -> Mapping[str, NamedArtifact]:
        """See `ReferenceStore`."""
        sizes, count = func.max(_named.size_bytes), func.count(_named.execution_id.distinct())
        query = select(_named.digest, sizes, count).group_by(_named.digest)

        def read(connection: Connection) -> dict[str, NamedArtifact]:
            found: dict[str, NamedArtifact] = {}
            for part in batched(ids, _PART):
                for digest, size, executions_ in connection.execute(query.where(_named.execution_id.in_(part))):
                    known = found.get(digest)
                    found[digest] = NamedArtifact(size, executions_ + (0 if known is None else known.executions))
            return found

        return await self._database.read(read)

    async def naming(self, digests: Sequence[str]) -> Mapping[str, int]:
        """See `ReferenceStore`."""
        query = select(_named.digest, func.count(_named.execution_id.distinct())).group_by(_named.digest)
        pinned = select(pins.c.digest, func.count()).group_by(pins.c.digest)

        def read(connection: Connection) -> dict[str, int]:
            found: dict[str, int] = {}
            for part in batched(digests, _PART):
                rows = connection.execute(query.where(_named.digest.in_(part)))
                found.update((digest, count) for digest, count in rows)
                for digest, count in connection.execute(pinned.where(pins.c.digest.in_(part))):
                    found[digest] = found.get(digest, 0) + count
            return found

        return await self._database.read(read)

    async def uses(self, digests: Sequence[str], *, but: str, limit: int) -> Mapping[str, Sequence[ArtifactUse]]:
        """See `ReferenceStore`."""
        place = func.row_number().over(partition_by=_named.digest, order_by=(_named.execution_id.desc(), _named.node))
        query = select(_named.digest, _named.execution_id, _named.node, _named.outlet, place.label("place"))
        is_output = ~_named.outlet.startswith(FOR_RECIPE)

        def read(connection: Connection) -> dict[str, list[ArtifactUse]]:
            found: dict[str, list[ArtifactUse]] = {}
            for part in batched(digests, _PART):
                numbered = query.where(_named.digest.in_(part), _named.execution_id != but, is_output).subquery()
                newest = select(numbered).where(numbered.c.place <= limit).order_by(numbered.c.digest, numbered.c.place)
                rows = connection.execute(newest).all()
                roots = {one.id: one for one in _with_roots(connection, [row.execution_id for row in rows])}
                for row in rows:
                    if (root := roots.get(row.execution_id)) is not None:
                        use = ArtifactUse(root.root, root.workflow, row.node, row.outlet, root.created_at)
                        found.setdefault(row.digest, []).append(use)
            return found

        return await self._database.read(read)

    async def named_bytes(self) -> int:
        """See `ReferenceStore`."""
        free = ~select(pins.c.digest).where(pins.c.digest == _named.digest).exists()
        each = select(func.max(_named.size_bytes).label("size")).where(free).group_by(_named.digest).subquery()
        return int(await self._database.read(lambda connection: connection.scalar(select(func.sum(each.c.size)))) or 0)

    async def forget(self, tree: Tree) -> bool:
        """See `ReferenceStore`."""

        def remove(connection: Connection) -> bool:
            for part in batched(tree.ids, _PART):
                # A retry takes the row of an execution; whoever comes second sees what the other one did.
                locked = select(_own.status).where(_own.id.in_(part)).order_by(_own.id).with_for_update()
                if any(status not in _OVER for status in connection.scalars(locked)):
                    return False
            for part in batched(tree.ids, _PART):
                connection.execute(delete(artifact_references).where(_named.execution_id.in_(part)))
            return True

        return await self._database.write(remove)


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

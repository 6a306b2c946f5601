"""Places under the limits of node types and connections."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, text

from concertmaster.domain.interfaces import Named
from concertmaster.storage.encoding import to_micros, utc_now
from concertmaster.storage.lanes import Job
from concertmaster.storage.tables import owners, slots

if TYPE_CHECKING:
    from concertmaster.storage.database import Database


class MemorySlots:
    """`Slots` of `domain/interfaces` where one process drives everything: what it holds ends with it."""

    def __init__(self) -> None:
        self._holders: dict[str, dict[str, None]] = {}

    async def take(self, resource: str, *, limit: int, holder: str) -> bool:
        """See `Slots`."""
        held = self._holders.setdefault(resource, {})
        if holder in held:
            return True
        if len(held) >= limit:
            return False
        held[holder] = None
        return True

    async def give_back(self, resource: str, *, holder: str) -> None:
        """See `Slots`."""
        held = self._holders.get(resource, {})
        held.pop(holder, None)
        if not held:
            self._holders.pop(resource, None)

    async def holders(self, resource: str) -> Sequence[str]:
        """See `Slots`."""
        return list(self._holders.get(resource, ()))


class SqlSlots:
    """`Slots` over all processes on the database: a row a place, of the owner whose lease it lives with.

    Args:
        owner: this process.
    """

    def __init__(self, database: Database, owner: Named) -> None:
        self._database = database
        self._owner = owner
        self._lane = SlotLane(database)
        database.writer.add_lane(self._lane)

    async def take(self, resource: str, *, limit: int, holder: str) -> bool:
        """See `Slots`.

        Raises:
            OperationalError: `database.unavailable`.
        """
        return await self._submit(resource, holder, limit)

    async def give_back(self, resource: str, *, holder: str) -> None:
        """See `Slots`.

        Raises:
            OperationalError: `database.unavailable`.
        """
        await self._submit(resource, holder, None)

    async def holders(self, resource: str) -> Sequence[str]:
        """See `Slots`."""
        query = _living(self._database.dialect.now_sql).where(slots.c.resource == resource)
        rows = await self._database.read(
            lambda connection: connection.execute(query.order_by(slots.c.at, slots.c.holder)).all()
        )
        return [row.holder for row in rows]

    async def _submit(self, resource: str, holder: str, limit: int | None) -> bool:
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        job = SlotJob(future, resource, holder, owner=self._owner.name, limit=limit)
        self._database.writer.submit(self._lane, job)
        return await future


def _living(now_sql: str) -> Any:
    """Places of owners whose lease lasts; those of the others are free."""
    lives = (owners.c.owner == slots.c.owner) & (owners.c.lease_until > text(now_sql))
    return select(slots.c.resource, slots.c.holder, slots.c.owner).join(owners, lives)


class SlotJob(Job):
    """Taking a place (`limit` is a number), or giving it back (None)."""

    __slots__ = ("holder", "limit", "owner", "resource")

    def __init__(
        self, future: asyncio.Future[Any], resource: str, holder: str, *, owner: str, limit: int | None
    ) -> None:
        super().__init__(future)
        self.resource = resource
        self.holder = holder
        self.owner = owner
        self.limit = limit


class SlotLane:
    """See `Lane`; all jobs of a group in a few statements."""

    patient = False

    def __init__(self, database: Database) -> None:
        self._dialect = database.dialect
        self._writer = database.writer
        self._taken = self._dialect.bulk(
            # A place of the same holder under another owner, who has lost it, is taken over.
            "INSERT INTO slots (resource, holder, owner, at) {rows} "
            "ON CONFLICT (resource, holder) DO UPDATE SET owner = excluded.owner, at = excluded.at",
            *("text", "text", "text", "bigint"),
        )
        self._freed = self._dialect.bulk(
            "DELETE FROM slots WHERE (resource, holder, owner) IN ({rows})", *("text",) * 3
        )

    def run(self, connection: Connection, jobs: Sequence[SlotJob], *, careful: bool) -> None:  # noqa: ARG002
        """Carry them out in their order."""
        resources = {job.resource for job in jobs}
        self._dialect.lock_keys(connection, [f"resource:{resource}" for resource in resources])
        held: dict[str, dict[str, str]] = {resource: {} for resource in resources}
        query = _living(self._dialect.now_sql).where(slots.c.resource.in_(resources))
        for row in connection.execute(query):
            held[row.resource][row.holder] = row.owner
        taken: dict[tuple[str, str], str] = {}
        freed: dict[tuple[str, str, str], None] = {}
        for job in jobs:
            place, holders = (job.resource, job.holder), held[job.resource]
            if job.limit is None:
                if holders.get(job.holder) == job.owner:
                    del holders[job.holder]
                    taken.pop(place, None)
                    self._writer.notices.freed[job.resource] = None
                freed[*place, job.owner] = None
                job.result = None
            else:
                job.result = job.holder in holders or len(holders) < job.limit
                if job.result and holders.get(job.holder) != job.owner:
                    holders[job.holder] = taken[place] = job.owner
        self._freed.run(connection, list(freed))
        at = to_micros(utc_now())
        self._taken.run(connection, [(*place, owner, at) for place, owner in taken.items()])

    def units(self, jobs: Sequence[SlotJob]) -> list[list[SlotJob]]:
        """One a resource."""
        by_resource: dict[str, list[SlotJob]] = {}
        for job in jobs:
            by_resource.setdefault(job.resource, []).append(job)
        return list(by_resource.values())

    def transactions(self, jobs: Sequence[SlotJob]) -> list[list[SlotJob]]:
        """All at once: locks of resources are taken in one order."""
        return [list(jobs)]

    def settle(self, jobs: Sequence[SlotJob]) -> None:
        """Answer the callers."""
        for job in jobs:
            job.settle()

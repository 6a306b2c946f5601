"""Who lives and who is dead, and what happens to the executions of the dead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, or_, select, text, update

from concertmaster.storage.dialect import Dialect
from concertmaster.storage.tables import executions, owners, slots

_BURYING = "bury"
# Jumps from owner to owner through the index, however many executions each has.
_OWNING = """
WITH RECURSIVE owning(owner) AS (
  SELECT min(owner) FROM executions WHERE owner IS NOT NULL
  UNION ALL
  SELECT (SELECT min(e.owner) FROM executions AS e WHERE e.owner IS NOT NULL AND e.owner > owning.owner)
  FROM owning WHERE owning.owner IS NOT NULL
)
SELECT owner FROM owning WHERE owner IS NOT NULL
"""


def dead_owners(connection: Connection, dialect: Dialect) -> list[str]:
    """Owners of executions, and holders of leases, that have no lease or one that has run out."""
    query = text(f"""
        SELECT owner FROM ({_OWNING}) AS named
        WHERE NOT EXISTS (SELECT 1 FROM owners WHERE owners.owner = named.owner)
        UNION ALL SELECT owner FROM owners WHERE lease_until <= {dialect.now_sql}
    """)
    return list(connection.scalars(query))


def lives(connection: Connection, dialect: Dialect, owner: str) -> bool:
    """Whether an owner's lease has not run out, by the database's clock."""
    query = select(owners.c.owner).where(owners.c.owner == owner, owners.c.lease_until > text(dialect.now_sql))
    return connection.execute(query).one_or_none() is not None


def claimable(claimed_by: ColumnElement[Any], dialect: Dialect, owner: str) -> ColumnElement[bool]:
    """Rows that `owner` may claim: those of nobody, of the dead, and its own, for the answer to a claim may be lost.

    Whoever claims so works off all that it has claimed before it claims again.
    """
    living = select(owners.c.owner).where(owners.c.lease_until > text(dialect.now_sql))
    return or_(claimed_by.is_(None), claimed_by == owner, claimed_by.not_in(living))


def bury(connection: Connection, dialect: Dialect, dead: Sequence[str], *, at: int) -> list[str]:
    """Take everything from dead owners: their executions are due from `at` (microseconds), their places are free.

    Their leases are removed, so that one that only slept finds none to renew, and starts over; what it was writing
    when it fell asleep is undone, else its locks would keep everybody from its executions for as long as it sleeps.

    Returns:
        The executions that have become due.
    """
    # Before any row is locked: whoever buries the same owners waits here, and not in the middle.
    dialect.lock_keys(connection, [_BURYING])
    expired = owners.c.lease_until <= text(dialect.now_sql)
    buried = delete(owners).where(owners.c.owner.in_(dead), expired).returning(owners.c.process)
    asleep = {process for process in connection.scalars(buried) if process is not None}
    # It has another lease already.
    awake = set(connection.scalars(select(owners.c.process).where(owners.c.process.in_(asleep), ~expired)))
    renewed = set(connection.scalars(select(owners.c.owner).where(owners.c.owner.in_(dead))))
    gone = [owner for owner in dead if owner not in renewed]
    if not gone:
        return []
    dialect.end_sessions(connection, sorted(asleep - awake))
    return strip(connection, gone, at=at)


def strip(connection: Connection, gone: Sequence[str], *, at: int) -> list[str]:
    """Take executions and places from owners; returns the executions, which are due from `at` (microseconds)."""
    connection.execute(delete(slots).where(slots.c.owner.in_(gone)))
    freed = update(executions).where(executions.c.owner.in_(gone)).values(owner=None, wake_at=at)
    return list(connection.scalars(freed.returning(executions.c.id)))

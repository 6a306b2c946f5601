"""Taking ownership: of one execution, or of what is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, case, or_, select, text, update

from concertmaster.domain.interfaces import Claim
from concertmaster.storage.admission import Admission, Waiting
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros
from concertmaster.storage.ownership import bury, dead_owners, lives
from concertmaster.storage.rows import EXECUTION_COLUMNS, execution_from
from concertmaster.storage.tables import OPEN, executions, inbox

_OPEN = text(OPEN)
_own = executions.c
_WANTED = (_own.id, _own.owner, _own.slot_key, _own.slot_limit, _own.admitted)
# The earliest wake-up of each priority, highest first: jumps from priority to priority through the index.
_EARLIEST = text("""
WITH RECURSIVE used(priority) AS (
  SELECT max(priority) FROM executions WHERE wake_at IS NOT NULL
  UNION ALL
  SELECT (SELECT max(e.priority) FROM executions AS e WHERE e.wake_at IS NOT NULL AND e.priority < used.priority)
  FROM used WHERE used.priority IS NOT NULL
)
SELECT priority, (
  SELECT min(e.wake_at) FROM executions AS e WHERE e.wake_at IS NOT NULL AND e.priority = used.priority
) AS wake_at
FROM used WHERE priority IS NOT NULL ORDER BY priority DESC
""")


# Built once: every wake-up asks them.
_DUE = (
    select(*_WANTED)
    .where(_own.wake_at.is_not(None), _own.priority == bindparam("priority"))
    .where(_own.wake_at <= bindparam("now"), _own.owner.is_(None), _OPEN)
    .order_by(_own.wake_at, _own.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_FORGOTTEN = (
    select(_own.id)
    .where(_own.id.in_(select(inbox.c.execution_id).distinct()), _own.owner.is_(None), _OPEN)
    .where(or_(_own.wake_at.is_(None), _own.wake_at > bindparam("now")))
    .with_for_update(skip_locked=True)
)


class Claims:
    """Used in the writer's thread, in its transactions.

    Args:
        now: the time of wake-ups that dead owners leave behind.
    """

    def __init__(self, database: Database, admission: Admission, now: Callable[[], datetime]) -> None:
        self._dialect = database.dialect
        self._writer = database.writer
        self._admission = admission
        self._now = now

    def one(self, connection: Connection, execution_id: str, owner: str) -> Claim | None:
        """See `Journal.claim`."""
        query = select(*_WANTED).where(_own.id == execution_id, _OPEN)
        found = connection.execute(query).one_or_none()
        if found is None:
            return None
        if found.owner not in (None, owner):
            # Locks the owner first and its executions then, as everybody does.
            if lives(connection, self._dialect, found.owner):
                return None
            self._bury(connection, [found.owner])
        free = or_(_own.owner.is_(None), _own.owner == owner)
        locked = connection.execute(query.where(free).with_for_update()).all()
        claims = self._take(connection, locked, owner)
        return claims[0] if claims else None

    def due(self, connection: Connection, owner: str, *, now: int, limit: int) -> list[Claim]:
        """See `Journal.claim_due`; `now` in microseconds."""
        dead = dead_owners(connection, self._dialect)
        if dead:
            self._bury(connection, dead)
        self._rescue(connection, now)
        self._admission.sweep(connection)
        wanted: list[Any] = []
        for priority, wake_at in connection.execute(_EARLIEST).all():
            if wake_at <= now and len(wanted) < limit:
                bounds = {"priority": priority, "now": now, "most": limit - len(wanted)}
                wanted.extend(connection.execute(_DUE, bounds))
        return self._take(connection, wanted, owner)

    def _bury(self, connection: Connection, dead: Sequence[str]) -> None:
        # Their executions are due now, for everybody.
        self._writer.notices.attention(bury(connection, self._dialect, dead, at=to_micros(self._now())))

    def _rescue(self, connection: Connection, now: int) -> None:
        """Make due what has a request and nobody to answer it: it was asked at the very moment it was let go of."""
        forgotten = list(connection.scalars(_FORGOTTEN, {"now": now}))
        if forgotten:
            connection.execute(update(executions).where(_own.id.in_(forgotten)).values(wake_at=now))

    def _take(self, connection: Connection, wanted: Sequence[Any], owner: str) -> list[Claim]:
        """Claim those that may run, or have requests to answer; the rows are locked."""
        waiting = [row for row in wanted if not row.admitted]
        placed: set[str] = set()
        refused: set[str] = set()
        if waiting:
            placed = {row.id for row in waiting if row.slot_key is None} | self._admission.admit(
                connection,
                [Waiting(row.id, row.slot_key, row.slot_limit) for row in waiting if row.slot_key is not None],
            )
            asked = self._asked(connection, [row.id for row in waiting])
            refused = {row.id for row in waiting} - placed - asked
        if refused:
            connection.execute(update(executions).where(_own.id.in_(refused)).values(wake_at=None))
        taken = [row.id for row in wanted if row.id not in refused]
        if not taken:
            return []
        statement = (
            update(executions)
            .where(_own.id.in_(taken))
            .values(
                epoch=_own.epoch + 1,
                takeovers=_own.takeovers + 1,
                owner=owner,
                wake_at=None,
                admitted=case((_own.id.in_(placed), 1), else_=_own.admitted) if placed else _own.admitted,
            )
            .returning(*EXECUTION_COLUMNS, _own.takeovers)
        )
        claims = [Claim(execution_from(row), row.takeovers) for row in connection.execute(statement)]
        return sorted(claims, key=lambda claim: (-claim.row.priority, claim.row.id))

    def _asked(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        return set(connection.scalars(select(inbox.c.execution_id).where(inbox.c.execution_id.in_(ids))))


def next_due(connection: Connection) -> datetime | None:
    """The earliest wake-up of all."""
    earliest = min((row.wake_at for row in connection.execute(_EARLIEST)), default=None)
    return None if earliest is None else from_micros(earliest)

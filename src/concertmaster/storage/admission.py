"""Places under the concurrency limits of workflows: who holds one, who waits, and who is next.

A place is held by an unfinished execution that is `admitted`. Those that wait have no owner, and no wake-up that is
due; when a place gets free the next one is woken, and takes it when it is claimed. One that was woken counts as if it
held a place, so that no newcomer overtakes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, text, update
from sqlalchemy.sql.functions import count

from concertmaster.storage.bulk import batched
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import to_micros
from concertmaster.storage.tables import OPEN, executions

_OPEN = text(OPEN)
_own = executions.c
_KEYS_A_SWEEP = 50
# Jumps from key to key through the index.
_USED_KEYS = f"""
WITH RECURSIVE used(key, n) AS (
  SELECT min(slot_key), 1 FROM executions WHERE slot_key > :after AND {OPEN}
  UNION ALL
  SELECT (SELECT min(e.slot_key) FROM executions AS e WHERE e.slot_key > used.key AND e.{OPEN}), n + 1
  FROM used WHERE used.key IS NOT NULL AND n < :bound
)
SELECT key FROM used WHERE key IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An execution that wants a place of `key`, of which there are `limit`."""

    id: str
    key: str
    limit: int


class Admission:
    """Counts places; used in the writer's thread, in its transactions.

    Args:
        now: the time of wake-ups.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._dialect = database.dialect
        self._writer = database.writer
        self._now = now
        self._swept = ""
        # The limit is that of anybody in the line.
        self._wanted = self._dialect.bulk(
            "SELECT v.column1, (SELECT slot_limit FROM executions "
            f"WHERE slot_key = v.column1 AND admitted = 0 AND {OPEN} LIMIT 1) FROM ({{rows}}) AS v",
            "text",
        )

    def lock(self, connection: Connection, keys: Iterable[str]) -> None:
        """Let nobody else count or take places of these keys until the transaction ends."""
        self._dialect.lock_keys(connection, [f"slot:{key}" for key in keys])

    def held(self, connection: Connection, keys: Collection[str]) -> dict[str, int]:
        """How many places of each key are taken."""
        return self._count(connection, keys, _own.admitted == 1)

    def taken(self, connection: Connection, keys: Collection[str]) -> dict[str, int]:
        """How many places of each key are taken, or meant for somebody who was woken."""
        held = self.held(connection, keys)
        due = _own.wake_at <= to_micros(self._now())
        woken = self._count(connection, keys, _own.admitted == 0, due)
        return {key: held[key] + woken[key] for key in held}

    def _count(self, connection: Connection, keys: Collection[str], *conditions: Any) -> dict[str, int]:
        found = dict.fromkeys(keys, 0)
        for part in batched(list(found), 500):
            query = (
                select(_own.slot_key, count())
                .where(_own.slot_key.in_(part), *conditions, _OPEN)
                .group_by(_own.slot_key)
            )
            for key, number in connection.execute(query):
                found[key] = number
        return found

    def admit(self, connection: Connection, waiting: Sequence[Waiting]) -> set[str]:
        """Which of them find a free place, the first ones first; the caller writes it down."""
        keys = {one.key for one in waiting}
        if not keys:
            return set()
        self.lock(connection, keys)
        held = self.held(connection, keys)
        admitted: set[str] = set()
        for one in waiting:
            if held[one.key] < one.limit:
                held[one.key] += 1
                admitted.add(one.id)
        return admitted

    def fill(self, connection: Connection, keys: Collection[str]) -> None:
        """Wake those that are next for the free places of these keys."""
        if not keys:
            return
        # Before looking: a place that somebody is about to take or to leave would be counted wrongly.
        self.lock(connection, keys)
        wanted = self._limits(connection, keys)
        taken = self.taken(connection, wanted)
        for key in wanted:
            self._wake_next(connection, key, taken[key])

    def sweep(self, connection: Connection) -> None:
        """Look after some of the keys that are in use: a wake-up may have been lost."""
        keys = list(connection.scalars(text(_USED_KEYS), {"after": self._swept, "bound": _KEYS_A_SWEEP}))
        self._swept = keys[-1] if len(keys) == _KEYS_A_SWEEP else ""
        wanted = self._limits(connection, keys)
        taken = self.taken(connection, wanted)
        self.fill(connection, [key for key, limit in wanted.items() if taken[key] < limit])

    def _limits(self, connection: Connection, keys: Collection[str]) -> dict[str, int]:
        """The limit of each key that somebody waits for."""
        found = self._wanted.fetch(connection, [(key,) for key in sorted(keys)])
        return {row[0]: row[1] for row in found if row[1] is not None}

    def _wake_next(self, connection: Connection, key: str, taken: int) -> None:
        at = to_micros(self._now())
        while (found := self._next(connection, key, at)) is not None and taken < found.slot_limit:
            connection.execute(update(executions).where(_own.id == found.id).values(wake_at=at))
            self._writer.notices.attention([found.id])
            taken += 1

    def _next(self, connection: Connection, key: str, at: int) -> Any | None:
        """The first in the line; those with a deadline of their own are few, and looked for apart from the others."""
        found = [self._next_without_deadline(connection, key), _first(connection, _line(key, _own.wake_at > at))]
        return min((row for row in found if row is not None), key=lambda row: (-row.priority, row.id), default=None)

    def _next_without_deadline(self, connection: Connection, key: str) -> Any | None:
        # Two steps along the index, in the orders that it has; in one the whole line would be sorted.
        waits = _line(key, _own.wake_at.is_(None))
        highest = connection.execute(waits.order_by(_own.wake_at.desc(), _own.priority.desc()).limit(1)).one_or_none()
        if highest is None:
            return None
        same = waits.where(_own.priority == highest.priority).order_by(_own.wake_at, _own.priority, _own.id)
        return connection.execute(same.limit(1).with_for_update(skip_locked=True)).one_or_none()


def _line(key: str, sleeps: ColumnElement[bool]) -> Any:
    """Those that wait for a place of a key."""
    waits = (_own.slot_key == key, _own.admitted == 0, sleeps, _OPEN, _own.status != "paused", _own.owner.is_(None))
    return select(_own.id, _own.slot_limit, _own.priority).where(*waits)


def _first(connection: Connection, line: Any) -> Any | None:
    first = line.order_by(_own.priority.desc(), _own.id).limit(1)
    return connection.execute(first.with_for_update(skip_locked=True)).one_or_none()

"""What happens for event and workflow triggers: written in the transaction in which it happens, worked off later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import Happening, NamedEvent, Settled
from concertmaster.storage.bulk import batched
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import from_micros, to_micros
from concertmaster.storage.fires import note_fires
from concertmaster.storage.ownership import claimable
from concertmaster.storage.rows import json_text
from concertmaster.storage.tables import executions, triggers
from concertmaster.storage.tables_happenings import happenings

_own = happenings.c
_listening = triggers.c


class SqlHappeningStore:
    """`HappeningStore` of `domain/interfaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, owner: str, *, now: datetime, limit: int) -> Sequence[Happening]:
        """See `HappeningStore`."""
        free = claimable(_own.claimed_by, self._database.dialect, owner)
        query = select(happenings).where(_own.due_at <= to_micros(now), free).order_by(_own.due_at, _own.id)
        # Most of the time there is none, and then nothing is written.
        if not await self._database.read(lambda connection: connection.execute(query.limit(1)).all()):
            return []

        def take(connection: Connection) -> list[Happening]:
            rows = connection.execute(query.limit(limit).with_for_update(skip_locked=True)).all()
            if rows:
                ids = [row.id for row in rows]
                connection.execute(update(happenings).where(_own.id.in_(ids)).values(claimed_by=owner))
            return [_happening(row) for row in rows]

        return await self._database.write(take, patient=True)

    async def settle(self, settled: Sequence[Settled]) -> None:
        """See `HappeningStore`."""

        def store(connection: Connection) -> None:
            here = [one for one in settled if _remove(connection, one.happening.id)]
            told = [one for one in here if one.fire is not None]
            note_fires(
                connection,
                [(one.happening.workflow, one.happening.trigger, one.fire, one.sample) for one in told if one.fire],
            )

        await self._database.write(store, patient=True)

    async def postpone(self, ids: Sequence[int], until: datetime) -> None:
        """See `HappeningStore`."""
        values = {"due_at": to_micros(until), "claimed_by": None}
        statement = update(happenings).where(_own.id.in_(ids)).values(values)
        await self._database.write(lambda connection: connection.execute(statement).rowcount, patient=True)

    async def followed(self) -> frozenset[str]:
        """See `HappeningStore`."""
        query = select(_listening.address).where(_listening.type == "workflow", _listening.address.is_not(None))
        rows = await self._database.read(lambda connection: connection.scalars(query).all())
        return frozenset(row for row in rows if row is not None)


def note_event(connection: Connection, number: int, event: NamedEvent, *, name: str, key: str, at: datetime) -> None:
    """An event was sent: write down for which triggers, in the sender's transaction.

    Args:
        name, key: as they are stored.
    """
    query = select(_listening.workflow, _listening.name).where(
        _listening.type == "event", _listening.address == name, _listening.enabled == 1
    )
    found = connection.execute(query).all()
    if not found:
        return
    depth = 0 if event.sender is None else _depth(connection, event.sender)
    told = {"event": name, "key": key, "data": event.data, "id": number, "at": at.isoformat(), "depth": depth + 1}
    rows = [_values(row.workflow, row.name, "event", str(number), told, at) for row in found]
    connection.execute(insert(happenings), rows)


def note_ends(connection: Connection, ids: Sequence[str], *, at: datetime) -> None:
    """These executions have ended, as their rows say: write down for which triggers, in the same transaction."""
    ended = executions.c
    for part in batched(sorted(ids), 500):
        query = (
            select(
                _listening.workflow.label("listener"),
                _listening.name,
                *(ended.id, ended.workflow, ended.version, ended.status, ended.head_seq, ended.trigger, ended.parent),
            )
            .join(_listening.workflow.table, _listening.address == ended.workflow)
            .where(_listening.type == "workflow", _listening.enabled == 1, ended.id.in_(part), ended.hidden == 0)
            .order_by(ended.id)
        )
        rows = connection.execute(query).all()
        _note_ends(connection, [(row.listener, row.name, row) for row in rows], at)


def note_refused(connection: Connection, rows: Sequence[ExecutionRow], *, at: datetime) -> None:
    """The same for those that have ended at their start, whose rows cannot be read yet."""
    workflows = sorted({row.workflow for row in rows})
    query = select(_listening.workflow, _listening.name, _listening.address).where(
        _listening.type == "workflow", _listening.enabled == 1, _listening.address.in_(workflows)
    )
    found = connection.execute(query).all()
    ended = [(one.workflow, one.name, row) for row in rows for one in found if one.address == row.workflow]
    _note_ends(connection, ended, at)


def _note_ends(connection: Connection, ended: Sequence[tuple[str, str, Any]], at: datetime) -> None:
    values: list[dict[str, Any]] = []
    for workflow, name, row in ended:
        trigger = orjson.loads(row.trigger) if isinstance(row.trigger, str) else row.trigger
        depth = _depth_of(connection, trigger, row.parent)
        told = {
            "execution": row.id,
            "workflow": row.workflow,
            "version": row.version,
            "status": row.status,
            "seq": row.head_seq,
            "at": at.isoformat(),
            "depth": depth + 1,
        }
        # A retry that ends again is another end.
        values.append(_values(workflow, name, "workflow", f"{row.id}:{row.head_seq}", told, at))
    if values:
        connection.execute(insert(happenings), values)


def _depth(connection: Connection, execution_id: str) -> int:
    query = select(executions.c.trigger, executions.c.parent).where(executions.c.id == execution_id)
    row = connection.execute(query).one_or_none()
    return 0 if row is None else _depth_of(connection, orjson.loads(row.trigger), row.parent)


def _depth_of(connection: Connection, trigger: dict[str, Any], parent: str | None) -> int:
    """How many triggers led one to the other until this execution, or the one that called it."""
    depth = trigger.get("depth")
    if isinstance(depth, int):
        return depth
    return 0 if parent is None else _depth(connection, parent)


def _values(workflow: str, trigger: str, type_: str, source: str, told: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "workflow": workflow,
        "trigger": trigger,
        "type": type_,
        "source": source,
        "told": json_text(told),
        "due_at": to_micros(at),
    }


def _remove(connection: Connection, number: int) -> bool:
    """Whether it was there: another process may have worked it off after this one was taken for dead."""
    return (
        connection.execute(delete(happenings).where(_own.id == bindparam("number")), {"number": number}).rowcount == 1
    )


def _happening(row: Any) -> Happening:
    return Happening(
        id=row.id,
        workflow=row.workflow,
        trigger=row.trigger,
        type=row.type,
        source=row.source,
        told=orjson.loads(row.told),
        due_at=from_micros(row.due_at),
    )

"""What became of triggers: the last fires of each. Used in the transactions of those who fire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    and_,
    bindparam,
    delete,
    desc,
    func,
    insert,
    select,
    tuple_,
    update,
)

from concertmaster.domain.interfaces import TriggerFire
from concertmaster.storage.bulk import batched
from concertmaster.storage.encoding import from_micros, maybe_instant, maybe_micros, to_micros
from concertmaster.storage.rows import json_text
from concertmaster.storage.tables import trigger_fires, triggers

FIRES_KEPT = 100
REFUSED_KEPT = 50
"""Of a trigger, besides its other fires."""
_REFUSED = "refused"
_MINUTE = 60_000_000
_own = triggers.c
_fires = trigger_fires.c

Fired = tuple[str, str, TriggerFire, Mapping[str, Any] | None]
"""Workflow and trigger, what became of it, and what the execution was told, to tell it again."""


def note_fires(connection: Connection, fired: Sequence[Fired]) -> None:
    """Add fires, in their order, and forget the oldest."""
    note_samples(connection, {(workflow, name): one for workflow, name, _, one in fired if one is not None})
    if fired:
        connection.execute(insert(trigger_fires), [_values(workflow, name, fire) for workflow, name, fire, _ in fired])
        keys = sorted({(workflow, name) for workflow, name, _, _ in fired})
        connection.execute(_FORGET, [{"w": workflow, "n": name} for workflow, name in keys])


def add_refused(connection: Connection, refused: Sequence[tuple[str, str, TriggerFire]]) -> None:
    """Add to the refused calls of the minute, and forget the oldest; of triggers that are gone nothing is stored."""
    keys = sorted({(workflow, name) for workflow, name, _ in refused})
    there = set[tuple[str, str]]()
    for part in batched(keys, 500):
        # Locked, so that two processes do not both add the first of a minute; in one order, as everywhere.
        mine = select(_own.workflow, _own.name).where(tuple_(_own.workflow, _own.name).in_(part))
        rows = connection.execute(mine.order_by(_own.workflow, _own.name).with_for_update())
        there |= {(row.workflow, row.name) for row in rows}
    for workflow, name, fire in refused:
        if (workflow, name) in there:
            minute = to_micros(fire.at) // _MINUTE * _MINUTE
            mine = {"w": workflow, "n": name, "why": fire.reason, "since": minute, "until": minute + _MINUTE}
            if connection.execute(_ADD, {**mine, "more": fire.count}).rowcount == 0:
                connection.execute(insert(trigger_fires), _values(workflow, name, fire))
    if there:
        connection.execute(_FORGET_REFUSED, [{"w": workflow, "n": name} for workflow, name in sorted(there)])


def note_samples(connection: Connection, samples: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """Keep what executions were told, by workflow and trigger."""
    if samples:
        # In one order everywhere: processes wait for each other's rows, but not in a circle.
        ordered = sorted(samples)
        connection.execute(_SAMPLE, [{"w": key[0], "n": key[1], "told": json_text(samples[key])} for key in ordered])


def last_fires(connection: Connection, keys: Sequence[tuple[str, str]], limit: int) -> list[list[TriggerFire]]:
    """Those of each trigger (workflow and name), newest first: so many, and so many refused ones between them."""
    found: dict[tuple[str, str], list[TriggerFire]] = {key: [] for key in keys}
    own = (_fires.workflow, _fires.name, _fires.outcome == _REFUSED)
    age = func.row_number().over(partition_by=own, order_by=desc(_fires.id))
    for part in batched(keys, 500):
        aged = select(trigger_fires, age.label("age")).where(tuple_(_fires.workflow, _fires.name).in_(part)).subquery()
        for row in connection.execute(select(aged).where(aged.c.age <= limit).order_by(desc(aged.c.id))):
            found[row.workflow, row.name].append(_fire(row))
    return [found[key] for key in keys]


_SAMPLE = (
    update(triggers)
    .where(_own.workflow == bindparam("w"), _own.name == bindparam("n"))
    .where(triggers.c.sample_kept == 0)
    .values(sample=bindparam("told"))
)
_ADD = (
    update(trigger_fires)
    .where(_fires.workflow == bindparam("w"), _fires.name == bindparam("n"))
    .where(_fires.outcome == _REFUSED, _fires.reason == bindparam("why"))
    .where(_fires.at >= bindparam("since"), _fires.at < bindparam("until"))
    .values(count=_fires.count + bindparam("more"))
)


def _forgetting(kind: ColumnElement[bool], kept: int) -> Delete:
    """Deletes the oldest of a kind."""
    own = and_(_fires.workflow == bindparam("w"), _fires.name == bindparam("n"), kind)
    oldest = select(_fires.id).where(own).order_by(desc(_fires.id)).offset(kept).limit(1).scalar_subquery()
    return delete(trigger_fires).where(own, _fires.id <= oldest)


_FORGET = _forgetting(_fires.outcome != _REFUSED, FIRES_KEPT)
_FORGET_REFUSED = _forgetting(_fires.outcome == _REFUSED, REFUSED_KEPT)


def _values(workflow: str, name: str, fire: TriggerFire) -> dict[str, Any]:
    return {
        "workflow": workflow,
        "name": name,
        "at": to_micros(fire.at),
        "outcome": fire.outcome,
        "reason": fire.reason,
        "execution_id": fire.execution,
        "scheduled_at": maybe_micros(fire.scheduled_at),
        "count": fire.count,
    }


def _fire(row: Any) -> TriggerFire:
    return TriggerFire(
        at=from_micros(row.at),
        outcome=row.outcome,
        reason=row.reason,
        execution=row.execution_id,
        scheduled_at=maybe_instant(row.scheduled_at),
        count=row.count,
    )

"""Between database rows and the domain's ExecutionRow and Event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import case

from concertmaster.domain.events import Event
from concertmaster.domain.events_json import body_from
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow, ExecutionStatus, Failure
from concertmaster.domain.interfaces import Change
from concertmaster.storage.encoding import encode, from_micros, maybe_instant
from concertmaster.storage.tables import events, executions

_NO_CHANGE = Change()
EXECUTION_COLUMNS = (
    executions.c.id,
    executions.c.workflow,
    executions.c.version,
    executions.c.status,
    executions.c.epoch,
    executions.c.head_seq,
    executions.c.trigger,
    executions.c.created_at,
    executions.c.started_at,
    executions.c.ended_at,
    executions.c.error,
    executions.c.priority,
    executions.c.owner,
    executions.c.wake_at,
    executions.c.slot_key,
    executions.c.admitted,
    executions.c.parent,
    executions.c.hidden,
)
# What a `Move` says, after an UPDATE.
MOVED = (
    executions.c.workflow,
    executions.c.created_at,
    executions.c.counted_before,
    executions.c.counted_as,
)
EVENT_COLUMNS = (events.c.seq, events.c.at, events.c.kind, events.c.node, events.c.data)


def execution_from(row: Sequence[Any]) -> ExecutionRow:
    """From a row of `EXECUTION_COLUMNS`, in their order; more columns may follow."""
    id_, workflow, version, status, epoch, head_seq, trigger, created_at, started_at, ended_at, error = row[:11]
    priority, owner, wake_at, slot_key, admitted, parent, hidden = row[11:18]
    return ExecutionRow(
        id=id_,
        workflow=workflow,
        version=version,
        status=status,
        epoch=epoch,
        head_seq=head_seq,
        trigger=orjson.loads(trigger),
        created_at=from_micros(created_at),
        started_at=maybe_instant(started_at),
        ended_at=maybe_instant(ended_at),
        error=None if error is None else Failure.from_json(orjson.loads(error)),
        priority=priority,
        owner=owner,
        wake_at=maybe_instant(wake_at),
        slot_key=slot_key,
        admitted=bool(admitted),
        parent=parent,
        hidden=bool(hidden),
    )


def event_from(execution_id: str, row: Sequence[Any]) -> Event:
    """From a row of `EVENT_COLUMNS`, in their order."""
    seq, at, kind, node, data = row
    return Event(execution_id, seq, from_micros(at), body_from(kind, node, orjson.loads(data)))


def changed(row: ExecutionRow, change: Change, *, head_seq: int) -> ExecutionRow:
    """The row after an append."""
    if change == _NO_CHANGE:
        return replace(row, head_seq=head_seq)
    status = change.status or row.status
    final = status in FINAL_EXECUTION
    return replace(
        row,
        status=status,
        head_seq=head_seq,
        started_at=change.started_at or row.started_at,
        ended_at=change.ended_at if change.status else change.ended_at or row.ended_at,
        error=change.error if change.status else change.error or row.error,
        owner=None if final else row.owner,
        wake_at=None if final else row.wake_at,
        admitted=row.admitted and not final,
    )


def counted_as(status: ExecutionStatus) -> dict[str, Any]:
    """What an UPDATE of a status sets beside it, so that `MOVED` tells what it has changed."""
    counted = case((executions.c.hidden == 0, status))
    return {"status": status, "counted_before": executions.c.counted_as, "counted_as": counted}


def json_text(data: Mapping[str, Any]) -> str:
    """JSON as the text that columns hold."""
    return encode(data).decode()

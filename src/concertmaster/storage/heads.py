"""Moving heads: one UPDATE a group and kind of change, which proves by counting that every owner is still the owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from concertmaster.storage.dialect import ColumnType, Dialect
from concertmaster.storage.encoding import maybe_micros
from concertmaster.storage.lanes import HeadsMovedError
from concertmaster.storage.merging import NO_CHANGE, Merged
from concertmaster.storage.notices import Move
from concertmaster.storage.rows import json_text

_KEY: tuple[ColumnType, ...] = ("text", "bigint", "bigint", "bigint")
_CHANGE: tuple[ColumnType, ...] = ("text", "bigint", "bigint", "text")
# After an event the execution has come on: take-overs begin to count anew.
_HEAD = (
    "UPDATE executions SET head_seq = COALESCE(v.column2, executions.head_seq), "
    "takeovers = CASE WHEN v.column2 IS NULL THEN executions.takeovers ELSE 0 END"
)
_OWNED = (
    " FROM ({rows}) AS v WHERE executions.id = v.column1 AND executions.epoch = v.column3 "
    "AND executions.head_seq = COALESCE(v.column4, executions.head_seq)"
)
# A status decides alone whether there is an end and an error.
_SET = (
    ", status = COALESCE(v.column5, executions.status), "
    "started_at = COALESCE(v.column6, executions.started_at), "
    "ended_at = CASE WHEN v.column5 IS NULL THEN COALESCE(v.column7, executions.ended_at) ELSE v.column7 END, "
    "error = CASE WHEN v.column5 IS NULL THEN COALESCE(v.column8, executions.error) ELSE v.column8 END, "
    "counted_before = executions.counted_as, "
    "counted_as = CASE WHEN executions.hidden = 0 THEN COALESCE(v.column5, executions.counted_as) END"
)
_MOVED = "executions.workflow, executions.created_at, executions.counted_before, executions.counted_as"
_GIVE_UP = ", owner = NULL, wake_at = NULL, admitted = 0"
# In the statement that runs anyway: hardly ever does a trigger wait for an end, and a question of its own is a trip.
_FOLLOWED = (
    "CASE WHEN executions.hidden = 0 AND EXISTS (SELECT 1 FROM triggers AS t WHERE t.type = 'workflow' "
    "AND t.address IS NOT NULL AND t.address = executions.workflow AND t.enabled = 1) THEN 1 ELSE 0 END"
)


_RETURNING = f" RETURNING {_MOVED}"


@dataclass(frozen=True, slots=True)
class Ends:
    """What follows on the ends in a group.

    Attributes:
        freed: keys of concurrency limits under which an execution has ended.
        followed: executions for whose end a trigger waits.
        moves: what is counted otherwise by now.
    """

    freed: set[str]
    followed: list[str]
    moves: list[Move]


class Heads:
    """The statements over `executions`.

    Three of them, because naming an indexed column rewrites its index even when nothing changes.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._move = dialect.bulk(_HEAD + _OWNED, *_KEY)
        self._change = dialect.bulk(_HEAD + _SET + _OWNED + _RETURNING, *_KEY, *_CHANGE)
        ended = f"{_RETURNING}, executions.id, executions.slot_key, {_FOLLOWED}"
        self._end = dialect.bulk(_HEAD + _SET + _GIVE_UP + _OWNED + ended, *_KEY, *_CHANGE)
        self._release = dialect.bulk(
            "UPDATE executions SET owner = NULL, takeovers = 0, wake_at = v.column2 FROM ({rows}) AS v "
            "WHERE executions.id = v.column1 "
            "AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.execution_id = v.column1) "
            "RETURNING executions.id, executions.slot_key, executions.admitted, executions.wake_at",
            "text",
            "bigint",
        )

    def move(self, connection: Connection, merged: Sequence[Merged]) -> Ends:
        """Move all heads.

        Raises:
            HeadsMovedError: an owner is not the owner any more, or does not know the head.
        """
        moves: list[tuple[Any, ...]] = []
        changes: list[tuple[Any, ...]] = []
        ends: list[tuple[Any, ...]] = []
        for entry in merged:
            key = (entry.id, entry.head, entry.epoch, entry.expected)
            change = entry.change
            if change is NO_CHANGE:
                moves.append(key)
                continue
            error = None if change.error is None else json_text(change.error.as_json())
            started, ended = maybe_micros(change.started_at), maybe_micros(change.ended_at)
            (ends if entry.final else changes).append((*key, change.status, started, ended, error))
        ended = self._end.fetch(connection, ends)
        moved = self._move.run(connection, moves)
        changed = self._change.fetch(connection, changes)
        if moved + len(changed) + len(ended) != len(merged):
            raise HeadsMovedError
        return Ends(
            freed={row[5] for row in ended if row[5] is not None},
            followed=[row[4] for row in ended if row[6]],
            moves=[Move(*row[:4]) for rows in (changed, ended) for row in rows if row[2] != row[3]],
        )

    def release(self, connection: Connection, merged: Sequence[Merged]) -> list[Any]:
        """Give up ownership where nothing has been asked meanwhile; the heads were moved, so the rows are locked.

        Returns:
            id, slot_key, admitted and wake_at of each that has no owner now.
        """
        wanted = [(entry.id, maybe_micros(entry.release.wake_at)) for entry in merged if entry.release is not None]
        return self._release.fetch(connection, wanted)

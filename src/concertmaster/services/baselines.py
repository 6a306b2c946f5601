"""Baselines: how long the last executions of a workflow took, as a whole and by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import Clock, HistoryStore, NodeTime
from concertmaster.domain.recent import Recent

LAST = 50
TYPICAL_FOR = timedelta(seconds=10)
# Events that are read for one answer; executions of many thousands are not looked into.
MOST_EVENTS = 20_000
_WORKFLOWS_REMEMBERED = 5_000
_NODES_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class _Taken:
    """How long something took in one execution; as `NodeTime`."""

    execution: str
    at: datetime
    seconds: float
    status: str
    reused: bool = False


class Baselines:
    """Remembers what it has read of ended executions."""

    def __init__(self, store: HistoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._typical = Recent[str, tuple[datetime, float | None]](_WORKFLOWS_REMEMBERED)
        # By the seq of the last event too: an execution that is retried has other times then.
        self._times = Recent[tuple[str, int], Mapping[str, NodeTime]](_NODES_REMEMBERED)

    async def typical(self, workflow: str) -> float | None:
        """The seconds that half of its last succeeded executions took at most; None before the first."""
        now = self._clock.now()
        known = self._typical.get(workflow)
        if known is not None and now - TYPICAL_FOR <= known[0] <= now:
            return known[1]
        rows = _whole(await self._store.ended(workflow, last=LAST, status=("succeeded",)))
        seconds = percentile(sorted(run.seconds for run in map(run_of, rows)), 50)
        self._typical.put(workflow, (now, seconds))
        return seconds

    async def durations(self, workflow: str, *, last: int) -> dict[str, Any]:
        """`WorkflowDurations` of the REST contract."""
        rows = _whole(await self._store.ended(workflow, last=last))
        times = await self._times_of(rows)
        nodes: dict[str, list[_Taken]] = {}
        for row in rows:
            for node, one in times.get(row.id, {}).items():
                taken = _Taken(row.id, one.at, one.took.total_seconds(), one.status, one.reused)
                nodes.setdefault(node, []).append(taken)
        return {
            "workflow": workflow,
            "run": _shown(list(map(run_of, rows))),
            "nodes": {node: _shown(found) for node, found in sorted(nodes.items())},
        }

    async def _times_of(self, rows: Sequence[ExecutionRow]) -> Mapping[str, Mapping[str, NodeTime]]:
        known = {row.id: found for row in rows if (found := self._times.get((row.id, row.head_seq))) is not None}
        left, missing = MOST_EVENTS, list[ExecutionRow]()
        for row in rows:
            if row.id not in known and row.head_seq <= left:
                left -= row.head_seq
                missing.append(row)
        if missing:
            read = await self._store.node_times([row.id for row in missing])
            for row in missing:
                known[row.id] = read.get(row.id, {})
                self._times.put((row.id, row.head_seq), known[row.id], 1 + len(known[row.id]))
        return known


def _whole(rows: Sequence[ExecutionRow]) -> list[ExecutionRow]:
    """What ran only in part, or with pinned outputs, tells nothing of how long it takes."""
    return [row for row in rows if not row.partial]


def run_of(row: ExecutionRow) -> _Taken:
    """How long an ended execution took."""
    begun, ended = row.started_at or row.created_at, row.ended_at or row.created_at
    return _Taken(row.id, row.created_at, max(0.0, (ended - begun).total_seconds()), row.status)


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The value that so many of a hundred do not exceed, by the nearest rank; None of none.

    Args:
        ordered: ascending.
    """
    if not ordered:
        return None
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]


def _shown(taken: Sequence[_Taken]) -> dict[str, Any]:
    """`Durations` of the REST contract."""
    ordered = sorted(one.seconds for one in taken if one.status == "succeeded" and not one.reused)
    shown = [
        {
            "execution": one.execution,
            "at": one.at,
            "seconds": one.seconds,
            "status": one.status,
            "reused": one.reused,
        }
        for one in taken
    ]
    return {"p50": percentile(ordered, 50), "p95": percentile(ordered, 95), "last": shown}

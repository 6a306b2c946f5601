"""What came into the nodes of an execution: rows and bytes of the tables on each port, told from the nodes before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from concertmaster.domain.values import PlannedTable, TableRef, Value
from concertmaster.domain.workflow import Edge


class Run(Protocol):
    """A node inside an execution."""

    started_at: datetime | None
    ended_at: datetime | None
    outputs: Mapping[str, Value]


def tables_in(edges: Iterable[Edge], runs: Mapping[str, Run]) -> dict[str, dict[str, Any]]:
    """Node to port to `{rows, bytes}`, over all tables that were on the port when the node began; null for both when
    one of them was never stored."""
    found: dict[str, dict[str, Any]] = {}
    for edge in edges:
        source, target = runs.get(edge.source), runs.get(edge.target)
        value = source.outputs.get(edge.outlet) if source is not None else None
        if source is None or target is None or not isinstance(value, TableRef | PlannedTable):
            continue
        # With `join: any` an edge may be taken after the node has begun: nothing came in by it.
        if target.started_at is None or source.ended_at is None or source.ended_at > target.started_at:
            continue
        sums = found.setdefault(edge.target, {}).setdefault(edge.port, {"rows": 0, "bytes": 0})
        if isinstance(value, PlannedTable) or sums["rows"] is None:
            sums |= {"rows": None, "bytes": None}
        else:
            sums["rows"] += value.rows
            sums["bytes"] += value.size_bytes
    return found

"""Executions in lists and feeds of many."""

from __future__ import annotations

from typing import Any

from concertmaster.domain.execution import ExecutionRow

# Of a request, an event, another execution: together they may have 64 KiB and more.
_LARGE = frozenset({"body", "data", "headers", "outputs", "query"})


def listed(row: ExecutionRow) -> dict[str, Any]:
    """`ExecutionSummary` without what came along with its trigger; the execution itself shows that."""
    trigger = {key: value for key, value in row.trigger.items() if key not in _LARGE}
    return {**row.as_json(), "trigger": trigger}

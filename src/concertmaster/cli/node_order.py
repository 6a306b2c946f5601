"""The order in which nodes of an execution are shown: that of the document, and what follows on it as it ran."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from concertmaster.domain.document import parse
from concertmaster.domain.phases import LATER, phases_of

_NEVER = datetime.max.replace(tzinfo=UTC)


def in_order(runs: dict[str, dict[str, Any]], document: dict[str, Any]) -> list[tuple[dict[str, Any], str | None]]:
    """The runs of the nodes, each with the node that it undoes; `undo` by its start, since it runs the other way round.

    Args:
        runs: `NodeRun` of the REST contract by node, in the order of the document.
    """
    workflow = parse(document).workflow
    if workflow is None:
        return [(run, None) for run in runs.values()]
    phases = phases_of(workflow)
    undoes = {node.policy.undo: name for name, node in workflow.nodes.items() if node.policy.undo is not None}

    def place(name: str) -> tuple[int, datetime]:
        phase = phases.get(name, "main")
        if phase == "main":
            return 0, _NEVER
        started = runs[name]["started_at"] if phase == "undo" else None
        return 1 + LATER.index(phase), _NEVER if started is None else datetime.fromisoformat(started)

    # What has one place keeps the order of the document.
    return [(runs[name], undoes.get(name)) for name in sorted(runs, key=place)]

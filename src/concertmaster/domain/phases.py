"""Phases: which nodes do not run in the normal course, and when they run instead. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from concertmaster.domain.graph import Graph, graph_of
from concertmaster.domain.workflow import Workflow

Phase = Literal["main", "undo", "on_failure", "finally"]
LATER: tuple[Phase, ...] = ("undo", "on_failure", "finally")


def phases_of(workflow: Workflow, graph: Graph | None = None) -> dict[str, Phase]:
    """The phase of each node that has another than `main`: nodes that undo others, and the branches that begin with
    the nodes which `policy.on_failure` and `policy.finally` name.

    Args:
        graph: the workflow's, where somebody has it already.
    """
    found: dict[str, Phase] = {}
    graph = graph or graph_of(workflow)

    def take(names: Iterable[str], phase: Phase) -> None:
        for name in names:
            if name in workflow.nodes:
                found.setdefault(name, phase)

    take((node.policy.undo for node in workflow.nodes.values() if node.policy.undo is not None), "undo")

    def take_branches(entries: Iterable[str], phase: Phase) -> None:
        for entry in entries:
            if entry in workflow.nodes:
                take((entry, *graph.descendants(entry)), phase)

    take_branches(workflow.policy.failure_branches, "on_failure")
    take_branches(workflow.policy.finally_, "finally")
    return found

"""Items of a part of an execution: what became of each, from what became of its nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from concertmaster.domain.execution import NodeStatus
from concertmaster.domain.workflow import Body, Workflow
from concertmaster.engine.items import item_id
from concertmaster.services.children_view import ChildrenView
from concertmaster.services.execution_view import ExecutionView, NodeRun

ENDED = frozenset({"succeeded", "failed", "skipped", "cancelled"})


def counted(children: ChildrenView, parts: Iterable[ExecutionView]) -> dict[str, Any]:
    """`ItemCounts` of the REST contract, with the items of the parts that run counted one by one."""
    counts = children.counts() | {"running": 0}
    for view in parts:
        states = [status for _, status, _ in items_of(view)]
        counts["done"] += sum(status in ENDED for status in states)
        counts["failed"] += states.count("failed")
        counts["running"] += sum(status not in ENDED and status != "pending" for status in states)
    return counts


def items_of(view: ExecutionView) -> list[tuple[int, NodeStatus, Mapping[str, NodeRun]]]:
    """The items of a child: number within it, status, nodes by name."""
    count = 0 if view.parentage is None else view.parentage.count
    handled = _handled(view.graph)
    names = tuple(view.graph.nodes)
    items: list[tuple[int, NodeStatus, Mapping[str, NodeRun]]] = []
    for item in range(count):
        runs = {name: view.nodes[item_id(name, item)] for name in names}
        items.append((item, _status(runs, handled), runs))
    return items


def _handled(graph: Workflow | Body) -> frozenset[str]:
    """Nodes whose failure is none of the item."""
    wired = {edge.source for edge in graph.edges if edge.outlet == "error"}
    return frozenset(
        name
        for name, node in graph.nodes.items()
        if node.policy.on_error == "continue" or (name in wired and node.policy.on_error != "fail")
    )


def _status(runs: Mapping[str, NodeRun], handled: frozenset[str]) -> NodeStatus:
    """What became of an item, from what became of its nodes."""
    states: Sequence[NodeStatus] = [run.status for run in runs.values()]
    if any(run.status == "failed" and name not in handled for name, run in runs.items()):
        return "failed"
    active: tuple[NodeStatus, ...] = ("running", "retrying", "waiting")
    for status in active:
        if status in states:
            return status
    if all(status in ENDED for status in states):
        # Of nothing but failures that were put up with, it has come to its end too.
        ended: tuple[NodeStatus, ...] = ("succeeded", "cancelled", "skipped")
        for status in ended:
            if status in states:
                return status
        return "succeeded"
    return "pending" if all(status == "pending" for status in states) else "running"

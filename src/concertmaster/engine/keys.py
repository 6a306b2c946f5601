"""Idempotency keys: root execution, path through containers and calls, item, generation. Pure.

They do not name child executions, so that an item keeps its keys when its container is tried again.
"""

from __future__ import annotations

from concertmaster.engine.plan import PlanNode
from concertmaster.engine.state import ExecutionState


def place_of(state: ExecutionState, node: PlanNode) -> str:
    """Where a node is, without its generation: `<root>/<container>.<generation>/<item>/<node>`."""
    parentage, items = state.parentage, state.items
    base = state.execution_id if parentage is None else parentage.key
    if items is None or node.item is None or parentage is None:
        return f"{base}/{node.name or node.id}"
    return f"{base}/{parentage.offset + node.item}/{node.name}"


def key_of(state: ExecutionState, node: PlanNode) -> str:
    """What stays the same over all attempts at a node."""
    return f"{place_of(state, node)}/{state.nodes[node.id].generation}"


def key_of_children(state: ExecutionState, node: PlanNode) -> str:
    """What the keys of a container's or call's children begin with."""
    return f"{place_of(state, node)}.{state.nodes[node.id].generation}"

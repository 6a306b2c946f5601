"""The part of the fold that is about children: those of a container, and in a child execution its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertmaster.domain.events import ItemStarted
from concertmaster.engine.children import Children
from concertmaster.engine.items import ItemsState
from concertmaster.engine.state import ExecutionState, IllegalEvent, NodeState


def children_of(node: NodeState, about: Mapping[str, Any]) -> Children:
    """Those of the attempt before, when it was about the same."""
    former = node.former
    return former if former is not None and former.about == about else Children.of(about)


def take_child(state: ExecutionState, node: NodeState, body: Any) -> None:
    """A child was started, goes on, or has ended."""
    if node.children is None:
        raise IllegalEvent(f"{body.kind} of node {body.node!r}, which has no children")
    if isinstance(body, ItemStarted):
        node.children.take_start(body)
    else:
        node.children.take_end(body)
    state.changed.append(body.node)


def check_item(state: ExecutionState, index: int, *, again: bool) -> None:
    """A `while` or `until` has decided about a round."""
    items, plan = state.items, state.plan.items
    if items is None or plan is None or items.unchecked != index:
        raise IllegalEvent(f"item {index} was not to be checked")
    items.unchecked = None
    if not again:
        items.over = True
    elif index < plan.count:
        items.admitted = index + 1
        state.open_nodes += items.open[index]
        state.changed.extend(plan.nodes[index])


def after_success(state: ExecutionState, node_id: str) -> None:
    """What the success of a node means beyond its edges."""
    planned, items = state.plan.nodes[node_id], state.items
    if items is None or state.plan.items is None:
        if planned.stops:
            state.stopped = node_id
        return
    if planned.stops and planned.item is not None:
        # The item ends with it, and a loop does not go on.
        items.stopped.add(planned.item)
        items.over = items.over or items.parentage.kind != "each"
        state.changed.extend(others_of_item(state, planned.item))
        if state.plan.items.kind == "race":
            # It ends well, with those who have won so far.
            state.stopped = node_id
    if state.plan.items.kind == "race" and not planned.outgoing:
        items.wins.append(planned.name)
        if len(items.wins) >= int(items.parentage.settings.get("wins") or 1):
            state.stopped = node_id


def others_of_item(state: ExecutionState, item: int) -> tuple[str, ...]:
    """The nodes of an item."""
    assert state.plan.items is not None
    return state.plan.items.nodes[item]


def count_item(state: ExecutionState, items: ItemsState, node_id: str) -> None:
    """A node of an item has ended, and perhaps the item with it."""
    item, plan = state.plan.nodes[node_id].item, state.plan.items
    assert item is not None
    assert plan is not None
    items.open[item] -= 1
    if items.open[item]:
        return
    items.ended.append(item)
    if items.sequential:
        items.unchecked = None if items.over else item + 1
    elif plan.kind == "each":
        enough = items.parentage.settings.get("enough")
        if enough is not None and len(items.ended) - len(items.failures) >= int(enough):
            state.stopped = node_id
        if not state.stopping:
            _admit(state, items, plan.count)


def _admit(state: ExecutionState, items: ItemsState, count: int) -> None:
    """Let further items begin."""
    assert state.plan.items is not None
    until = items.room(count)
    for item in range(items.admitted, until):
        items.admitted = item + 1
        state.open_nodes += items.open[item]
        state.changed.extend(state.plan.items.nodes[item])

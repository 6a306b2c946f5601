"""Rerun: which nodes run again when an ended execution is retried, and how they forget what they had."""

from __future__ import annotations

from collections.abc import Mapping

from concertmaster.engine.items import ItemsState, item_id
from concertmaster.engine.state import FOR_A_PLACE, ExecutionState, NodeState


def rerun_plan(state: ExecutionState, start: str | None, *, edited: bool) -> dict[str, int]:
    """The nodes that run again, each with its new generation.

    Everything that did not come to a good end, `start` when one is given, and what follows on them. A join that had
    started on edges of other nodes keeps its result, and what waited when the execution was interrupted waits on.

    Args:
        start: a node that runs again although it succeeded.
        edited: the inputs were edited, so a write is another one and gets a new idempotency key.
    """
    plan = state.plan
    again = {
        node_id
        for node_id, node in state.nodes.items()
        if node_id == start
        or (node.open and (edited or not _waits_on(node)))
        or node.status == "cancelled"
        or (node.status == "failed" and not plan.nodes[node_id].handled)
    }
    # What was undone is to be done again, and what follows on the end follows anew.
    again |= {one.id for one in plan.nodes.values() if one.undo and state.nodes[one.undo].status == "succeeded"}
    again |= {node_id for nodes in plan.phases.values() for node_id in nodes}
    frontier = list(again)
    while frontier:
        for index in plan.nodes[frontier.pop()].outgoing:
            target = plan.edges[index].target
            if target not in again and not _keeps_result(state, target, index):
                again.add(target)
                frontier.append(target)
    return {
        node_id: node.generation + (edited or node.status == "succeeded")
        for node_id, node in state.nodes.items()
        if node_id in again
    }


def _waits_on(node: NodeState) -> bool:
    return node.status == "waiting" and node.rule not in FOR_A_PLACE


def _keeps_result(state: ExecutionState, node_id: str, edge: int) -> bool:
    early = state.plan.nodes[node_id].threshold is not None
    node = state.nodes[node_id]
    return early and node.status == "succeeded" and edge not in state.delivered(node_id)


def reset(state: ExecutionState, nodes: Mapping[str, int]) -> None:
    """Nodes that run again forget their results, and their edges are undecided once more."""
    plan = state.plan
    for node_id, generation in nodes.items():
        old = state.nodes[node_id]
        state.running.discard(node_id)
        state.lost.discard(node_id)
        fresh = NodeState(undecided=len(plan.nodes[node_id].incoming), attempt=old.attempt, generation=generation)
        if generation == old.generation and not _surroundings(state, node_id) & nodes.keys():
            fresh.former = old.former if old.children is None else old.children.anew()
        state.nodes[node_id] = fresh
    for node_id in nodes:
        node = state.nodes[node_id]
        for index in plan.nodes[node_id].incoming:
            edge = plan.edges[index]
            if edge.source not in nodes and not state.nodes[edge.source].open:
                node.undecided -= 1
                if edge.outlet in state.nodes[edge.source].outputs:
                    node.taken = (*node.taken, index)
        for index in plan.nodes[node_id].outgoing:
            target = state.nodes[plan.edges[index].target]
            if plan.edges[index].target not in nodes:
                target.undecided += 1
                target.taken = tuple(taken for taken in target.taken if taken != index)
    if state.items is not None:
        _reset_items(state, state.items)


def _surroundings(state: ExecutionState, node_id: str) -> set[str]:
    """The nodes on whose outputs the children of a container depend."""
    planned, plan = state.plan.nodes[node_id], state.plan
    found = {plan.edges[index].source for index in planned.incoming}
    outer = planned.body.outer if planned.body is not None else ()
    return found | {name if planned.item is None else item_id(name, planned.item) for name in outer}


def _reset_items(state: ExecutionState, items: ItemsState) -> None:
    """Count anew what has ended, after some nodes have forgotten their results."""
    assert state.plan.items is not None
    items.open = [sum(state.nodes[node_id].open for node_id in nodes) for nodes in state.plan.items.nodes]
    items.ended = [item for item in items.ended if not items.open[item]]
    items.failures = {item: failure for item, failure in items.failures.items() if not items.open[item]}
    items.stopped = {item for item in items.stopped if not items.open[item]}
    items.wins = [name for name in items.wins if not state.nodes[item_id(name, 0)].open]
    if not items.sequential:
        items.over = False
        items.admitted = max(items.admitted, items.room(state.plan.items.count))
    elif any(items.open[: items.admitted]):
        items.unchecked, items.over = None, False

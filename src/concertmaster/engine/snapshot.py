"""The state as bytes: what the journal keeps so that nobody has to fold a long history again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import orjson

from concertmaster.domain import values
from concertmaster.domain.execution import Failure
from concertmaster.domain.given import given_from_json, given_to_json
from concertmaster.domain.interfaces import Snapshot
from concertmaster.engine.children import Children
from concertmaster.engine.items import ItemsState
from concertmaster.engine.state import ExecutionState, NodeState

# Raised when a field changes its meaning; a snapshot of another format is not read, the events are folded instead.
FORMAT = 4
_EXECUTION = (
    *("status", "seq", "generation", "inputs", "trigger", "cancelling", "expired", "paused", "stopped", "phase"),
    *("succeeded", "cancelled_late", "fresh"),
)
_NODE = ("undecided", "status", "attempt", "failures", "rule", "generation", "fired", "about", "order")
_FAILURES = ("failure", "interruption", "phase_failure", "late_failure")
_CHILDREN = ("kind", "total", "span", "parallel", "enough", "started", "done", "failed", "again", "about")
_SPANS = ("running", "halted", "broken", "retried")


def take(state: ExecutionState) -> Snapshot:
    """The state as it is now."""
    data: dict[str, Any] = {name: getattr(state, name) for name in _EXECUTION}
    data |= {
        "format": FORMAT,
        "code": state.plan.code,
        "created_at": state.created_at,
        "begun_at": state.begun_at,
        "phase_at": state.phase_at,
        "phase_nodes": state.phase_nodes,
        "phases_done": state.phases_done,
        "items": None if state.items is None else _items_data(state.items),
        "running": sorted(state.running),
        "nodes": {node_id: _node_data(node) for node_id, node in state.nodes.items()},
    }
    data |= {name: _failure_data(getattr(state, name)) for name in _FAILURES}
    if state.given or state.left_out:
        data |= {"given": given_to_json(state.given), "left_out": state.left_out}
    return Snapshot(state.seq, orjson.dumps(data))


def code_in(snapshot: Snapshot) -> Mapping[str, str]:
    """The code that the plan was made with, see `ExecutionCreated`; nothing in one of an older release."""
    return cast("dict[str, Any]", orjson.loads(snapshot.data)).get("code", {})


def restore(snapshot: Snapshot, state: ExecutionState) -> ExecutionState | None:
    """The state that was taken; None when it is of another format.

    Args:
        state: the one before the first event; it is changed.
    """
    data = cast("dict[str, Any]", orjson.loads(snapshot.data))
    if data["format"] != FORMAT:
        return None
    for name in _EXECUTION:
        setattr(state, name, data[name])
    state.created_at, state.begun_at = _instant(data["created_at"]), _instant(data["begun_at"])
    for name in _FAILURES:
        setattr(state, name, _failure(data[name]))
    state.phase_at = _instant(data["phase_at"])
    state.phase_nodes, state.phases_done = tuple(data["phase_nodes"]), tuple(data["phases_done"])
    if state.items is not None:
        _fill_items(state.items, data["items"])
    state.running = set(data["running"])
    state.nodes = {node_id: _node(node) for node_id, node in data["nodes"].items()}
    state.given, state.left_out = given_from_json(data.get("given", {})), data.get("left_out", {})
    state.count_open()
    return state


def _node_data(node: NodeState) -> dict[str, Any]:
    data: dict[str, Any] = {name: getattr(node, name) for name in _NODE}
    if node.taken:
        data["taken"] = node.taken
    if node.delivered is not None:
        data["delivered"] = node.delivered
    if node.outputs:
        data["outputs"] = {outlet: values.to_json(value) for outlet, value in node.outputs.items()}
    if node.error is not None:
        data["error"] = node.error.as_json()
    if node.due_at is not None:
        data["due_at"], data["halted_at"] = node.due_at, node.halted_at
    if node.children is not None:
        data["children"] = _children_data(node.children)
    if node.former is not None:
        data["former"] = _children_data(node.former)
    return data


def _node(data: dict[str, Any]) -> NodeState:
    node = NodeState(**{name: data[name] for name in _NODE})
    node.taken = tuple(data.get("taken", ()))
    node.delivered = tuple(data["delivered"]) if "delivered" in data else None
    node.outputs = {outlet: values.from_json(value) for outlet, value in data.get("outputs", {}).items()}
    node.error = Failure.from_json(data["error"]) if "error" in data else None
    node.due_at, node.halted_at = _instant(data.get("due_at")), _instant(data.get("halted_at"))
    node.children = _children(data["children"]) if "children" in data else None
    node.former = _children(data["former"]) if "former" in data else None
    return node


def _children_data(children: Children) -> dict[str, Any]:
    data = {name: getattr(children, name) for name in _CHILDREN}
    data |= {name: getattr(children, name) for name in _SPANS}
    data["results"] = list(children.results.items())
    data["failure"], data["halt"] = _failure_data(children.failure), _failure_data(children.halt)
    return data


def _children(data: dict[str, Any]) -> Children:
    children = Children(**{name: data[name] for name in _CHILDREN})
    for name in _SPANS:
        setattr(children, name, {id_: (offset, count) for id_, (offset, count) in data[name].items()})
    children.results = dict(data["results"])
    children.failure, children.halt = _failure(data["failure"]), _failure(data["halt"])
    return children


def _items_data(items: ItemsState) -> dict[str, Any]:
    return {
        "admitted": items.admitted,
        "open": items.open,
        "ended": items.ended,
        "failures": [(item, failure.as_json()) for item, failure in items.failures.items()],
        "stopped": sorted(items.stopped),
        "unchecked": items.unchecked,
        "over": items.over,
        "wins": items.wins,
    }


def _fill_items(items: ItemsState, data: dict[str, Any]) -> None:
    items.admitted, items.open, items.ended = data["admitted"], data["open"], data["ended"]
    items.failures = {item: Failure.from_json(failure) for item, failure in data["failures"]}
    items.stopped, items.unchecked = set(data["stopped"]), data["unchecked"]
    items.over, items.wins = data["over"], data["wins"]


def _failure_data(failure: Failure | None) -> dict[str, Any] | None:
    return None if failure is None else failure.as_json()


def _failure(data: dict[str, Any] | None) -> Failure | None:
    return None if data is None else Failure.from_json(data)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

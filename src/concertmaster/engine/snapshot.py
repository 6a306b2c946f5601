"""The state as bytes: what the journal keeps so that nobody has to fold a long history again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import orjson

from concertmaster.domain import values
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import Snapshot
from concertmaster.engine.plan import Plan
from concertmaster.engine.state import ExecutionState, NodeState, initial

# Raised when a field changes its meaning; a snapshot of another format is not read, the events are folded instead.
FORMAT = 1
_EXECUTION = ("status", "seq", "generation", "inputs", "trigger", "cancelling", "expired", "paused")
_NODE = ("undecided", "status", "attempt", "failures", "rule", "generation")


def take(state: ExecutionState) -> Snapshot:
    """The state as it is now."""
    data: dict[str, Any] = {name: getattr(state, name) for name in _EXECUTION}
    data |= {
        "format": FORMAT,
        "created_at": state.created_at,
        "begun_at": state.begun_at,
        "failure": None if state.failure is None else state.failure.as_json(),
        "running": sorted(state.running),
        "nodes": {node_id: _node_data(node) for node_id, node in state.nodes.items()},
    }
    return Snapshot(state.seq, orjson.dumps(data))


def restore(snapshot: Snapshot, execution_id: str, plan: Plan) -> ExecutionState | None:
    """The state that was taken; None when it is of another format."""
    data = cast("dict[str, Any]", orjson.loads(snapshot.data))
    if data["format"] != FORMAT:
        return None
    state = initial(execution_id, plan)
    for name in _EXECUTION:
        setattr(state, name, data[name])
    state.created_at, state.begun_at = _instant(data["created_at"]), _instant(data["begun_at"])
    state.failure = None if data["failure"] is None else Failure.from_json(data["failure"])
    state.running = set(data["running"])
    state.nodes = {node_id: _node(node) for node_id, node in data["nodes"].items()}
    state.open_nodes = sum(node.open for node in state.nodes.values())
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
        data["due_at"] = node.due_at
    return data


def _node(data: dict[str, Any]) -> NodeState:
    node = NodeState(**{name: data[name] for name in _NODE})
    node.taken = tuple(data.get("taken", ()))
    node.delivered = tuple(data["delivered"]) if "delivered" in data else None
    node.outputs = {outlet: values.from_json(value) for outlet, value in data.get("outputs", {}).items()}
    node.error = Failure.from_json(data["error"]) if "error" in data else None
    node.due_at = _instant(data.get("due_at"))
    return node


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

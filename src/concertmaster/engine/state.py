"""ExecutionState: the fold of an execution's events. `apply` is deterministic and does no I/O.

`apply` changes the state it is given and returns it: a state has one user, the fold, and copying 1,000 nodes for
each of 1,000 events would cost more than the work itself. `changed` collects the nodes that the decider has to
look at again, so that deciding costs the same at 10 and at 1,000 nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from concertmaster.domain.events import (
    Event,
    ExecutionCancelled,
    ExecutionCancelling,
    ExecutionCreated,
    ExecutionExpired,
    ExecutionFailed,
    ExecutionInterrupted,
    ExecutionStarted,
    ExecutionSucceeded,
    NodeCancelled,
    NodeFailed,
    NodeProgress,
    NodeRetrying,
    NodeSkipped,
    NodeStarted,
    NodeSucceeded,
    TimerFired,
)
from concertmaster.domain.execution import FINAL_EXECUTION, NODE_TRANSITIONS, ExecutionStatus, Failure, NodeStatus
from concertmaster.domain.values import JsonValue, Value
from concertmaster.engine.plan import ERROR_OUTLET, Plan

_NO_OUTPUTS: Mapping[str, Value] = {}


class IllegalEvent(Exception):
    """The journal holds an event that cannot follow the ones before it: a bug, or a damaged journal."""


@dataclass(slots=True)
class NodeState:
    """Where a node is.

    Attributes:
        attempt: the newest attempt, 0 before the first.
        failures: failed attempts; a lost one (crash) does not count.
        undecided: incoming edges not yet taken or skipped.
        taken: incoming edges taken, in the order of their decision.
        delivered: the edges whose values the running attempt got.
        due_at: when a retry may start; None once its timer has fired.
    """

    undecided: int
    status: NodeStatus = "pending"
    attempt: int = 0
    failures: int = 0
    taken: tuple[int, ...] = ()
    delivered: tuple[int, ...] | None = None
    outputs: Mapping[str, Value] = field(default_factory=lambda: _NO_OUTPUTS)
    error: Failure | None = None
    due_at: datetime | None = None


@dataclass(slots=True)
class ExecutionState:
    """Everything known about an execution; see the module text for who may change it."""

    execution_id: str
    plan: Plan
    nodes: dict[str, NodeState]
    open_nodes: int
    status: ExecutionStatus = "queued"
    seq: int = 0
    created_at: datetime | None = None
    inputs: Mapping[str, Any] = field(default_factory=lambda: {})
    trigger: Mapping[str, Any] = field(default_factory=lambda: {})
    failure: Failure | None = None
    cancelling: str | None = None
    expired: bool = False
    running: set[str] = field(default_factory=lambda: set[str]())
    changed: list[str] = field(default_factory=lambda: list[str]())

    @property
    def final(self) -> bool:
        """No event may follow."""
        return self.status in FINAL_EXECUTION

    @property
    def stopping(self) -> bool:
        """No new node starts any more."""
        return self.failure is not None or self.cancelling is not None

    def take_changed(self) -> list[str]:
        """The nodes to decide about, and forget them."""
        changed, self.changed = self.changed, []
        return changed

    def delivered(self, node_id: str) -> tuple[int, ...]:
        """Incoming edges whose values an attempt gets, in document order."""
        node = self.nodes[node_id]
        edges = node.taken if node.delivered is None else node.delivered
        return tuple(sorted(edges))


def initial(execution_id: str, plan: Plan) -> ExecutionState:
    """The state before the first event."""
    nodes = {node_id: NodeState(undecided=len(node.incoming)) for node_id, node in plan.nodes.items()}
    return ExecutionState(execution_id, plan, nodes, open_nodes=len(nodes), changed=list(nodes))


def fold(execution_id: str, plan: Plan, events: Iterable[Event]) -> ExecutionState:
    """The state after all events; every open node is in `changed`, as nothing has been decided in this process."""
    state = initial(execution_id, plan)
    for event in events:
        apply(state, event)
    state.changed = list(state.nodes)
    return state


def apply(state: ExecutionState, event: Event) -> ExecutionState:
    """One step of the fold.

    Raises:
        IllegalEvent: wrong seq, or a transition that the table of transitions does not have.
    """
    if event.seq != state.seq + 1:
        raise IllegalEvent(f"seq {event.seq} after {state.seq} in execution {state.execution_id}")
    if state.final:
        raise IllegalEvent(f"{event.kind} after the end of execution {state.execution_id}")
    state.seq = event.seq
    match event.body:
        case NodeStarted(node_id, attempt):
            node = _move(state, node_id, "running")
            node.attempt, node.due_at = attempt, None
            node.delivered = node.taken if node.delivered is None else node.delivered
            state.running.add(node_id)
        case NodeSucceeded(node_id, attempt, _, outputs):
            node = _end(state, node_id, "succeeded")
            node.attempt, node.outputs, node.error = attempt, outputs, None
            _decide_edges(state, node_id, outputs)
        case NodeFailed(node_id, attempt, _, error):
            _fail(state, node_id, attempt, error)
        case NodeRetrying(node_id, attempt, error, due_at):
            node = _move(state, node_id, "retrying")
            node.attempt, node.failures, node.error, node.due_at = attempt, node.failures + 1, error, due_at
            node.delivered = node.taken if node.delivered is None else node.delivered
            state.running.discard(node_id)
            state.changed.append(node_id)
        case TimerFired(node_id):
            state.nodes[node_id].due_at = None
            state.changed.append(node_id)
        case NodeSkipped(node_id):
            _end(state, node_id, "skipped")
            _decide_edges(state, node_id, _NO_OUTPUTS)
        case NodeCancelled(node_id):
            _end(state, node_id, "cancelled")
        case NodeProgress():
            pass
        case body:
            _apply_execution(state, body, event.at)
    return state


def _apply_execution(state: ExecutionState, body: Any, at: datetime) -> None:
    match body:
        case ExecutionCreated(_, _, inputs, trigger):
            state.inputs, state.trigger, state.created_at = inputs, trigger, at
        case ExecutionStarted():
            state.status = "running"
        case ExecutionCancelling(reason):
            state.cancelling = reason
        case ExecutionExpired(error):
            state.failure, state.expired = state.failure or error, True
        case ExecutionSucceeded():
            state.status = "succeeded"
        case ExecutionFailed(error):
            state.status, state.failure = "failed", error
        case ExecutionCancelled():
            state.status = "cancelled"
        case ExecutionInterrupted(error):
            state.status, state.failure = "interrupted", error
        case _:
            raise IllegalEvent(f"no rule for {type(body).__name__}")


def _move(state: ExecutionState, node_id: str, status: NodeStatus) -> NodeState:
    node = state.nodes[node_id]
    if status not in NODE_TRANSITIONS[node.status]:
        raise IllegalEvent(f"node {node_id!r} cannot go from {node.status} to {status}")
    node.status = status
    return node


def _end(state: ExecutionState, node_id: str, status: NodeStatus) -> NodeState:
    node = _move(state, node_id, status)
    node.due_at = None
    state.open_nodes -= 1
    state.running.discard(node_id)
    return node


def _fail(state: ExecutionState, node_id: str, attempt: int, error: Failure) -> None:
    node, planned = _end(state, node_id, "failed"), state.plan.nodes[node_id]
    node.attempt, node.failures, node.error = attempt, node.failures + 1, error
    if planned.handled:
        outputs = {} if planned.continues else {ERROR_OUTLET: JsonValue(error.as_json())}
        node.outputs = outputs
        _decide_edges(state, node_id, outputs)
    elif state.failure is None:
        state.failure = Failure(error.code, error.message, node=node_id, details=error.details)


def _decide_edges(state: ExecutionState, source: str, outputs: Mapping[str, Value]) -> None:
    edges = state.plan.edges
    for index in state.plan.nodes[source].outgoing:
        edge = edges[index]
        target = state.nodes[edge.target]
        target.undecided -= 1
        if edge.outlet in outputs:
            target.taken = (*target.taken, index)
        state.changed.append(edge.target)

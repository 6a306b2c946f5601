"""The fold of an execution's events: `apply` is deterministic and does no I/O.

It changes the state it is given and returns it: copying 1,000 nodes for each of 1,000 events would cost more than the
work itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from concertmaster.domain.events import (
    Body,
    Event,
    ExecutionCancelled,
    ExecutionCancelling,
    ExecutionCreated,
    ExecutionExpired,
    ExecutionFailed,
    ExecutionInterrupted,
    ExecutionPaused,
    ExecutionResumed,
    ExecutionRetried,
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionWaiting,
    NodeCancelled,
    NodeFailed,
    NodeProgress,
    NodeRetrying,
    NodeSkipped,
    NodeStarted,
    NodeSucceeded,
    NodeWaiting,
    TimerFired,
)
from concertmaster.domain.execution import NODE_TRANSITIONS, Failure, NodeStatus
from concertmaster.domain.values import JsonValue, Value
from concertmaster.engine.plan import ERROR_OUTLET
from concertmaster.engine.rerun import reset
from concertmaster.engine.state import NO_OUTPUTS, ExecutionState, NodeState


class IllegalEvent(Exception):
    """The journal holds an event that cannot follow the ones before it: a bug, or a damaged journal."""


def fold(state: ExecutionState, events: Iterable[Event]) -> ExecutionState:
    """The state after more events, as a new owner finds it: what ran is lost, and nothing has been decided here."""
    for event in events:
        apply(state, event)
    state.lost = set(state.running)
    state.look_at_all()
    return state


def apply(state: ExecutionState, event: Event) -> ExecutionState:
    """One step of the fold.

    Raises:
        IllegalEvent: wrong seq, or a transition that the table of transitions does not have.
    """
    if event.seq != state.seq + 1:
        raise IllegalEvent(f"seq {event.seq} after {state.seq} in execution {state.execution_id}")
    body = event.body
    if state.status != "running":
        _leave_rest(state, body)
    state.seq = event.seq
    match body:
        case NodeStarted(node_id, attempt):
            node = _move(state, node_id, "running")
            node.attempt, node.due_at, node.rule = attempt, None, None
            node.delivered = node.taken if node.delivered is None else node.delivered
            state.running.add(node_id)
            state.lost.discard(node_id)
        case NodeSucceeded(node_id, attempt, _, outputs):
            node = _end(state, node_id, "succeeded")
            node.attempt, node.outputs, node.error = attempt, outputs, None
            _decide_edges(state, node_id, outputs)
        case NodeFailed(node_id, attempt, _, error):
            _fail(state, node_id, attempt, error)
        case NodeRetrying(node_id, attempt, error, due_at):
            node = _halt(state, node_id, "retrying", due_at)
            node.attempt, node.failures, node.error = attempt, node.failures + 1, error
        case NodeWaiting(node_id, attempt, rule, due_at):
            node = _halt(state, node_id, "waiting", due_at)
            node.attempt, node.rule = attempt, rule
            if rule in ("slot", "rate"):
                state.running.add(node_id)
        case TimerFired(node_id):
            state.nodes[node_id].due_at = None
            state.changed.append(node_id)
        case NodeSkipped(node_id):
            _end(state, node_id, "skipped")
            _decide_edges(state, node_id, NO_OUTPUTS)
        case NodeCancelled(node_id):
            _end(state, node_id, "cancelled")
        case NodeProgress():
            pass
        case _:
            _apply_execution(state, body, event.at)
    return state


def _leave_rest(state: ExecutionState, body: Body) -> None:
    """What may follow on an end, and that whatever happens ends a wait."""
    if state.status == "waiting":
        state.status = "running"
    elif state.final:
        again = isinstance(body, ExecutionRetried) or (
            state.status == "interrupted" and isinstance(body, ExecutionResumed | ExecutionCancelling)
        )
        if not again:
            raise IllegalEvent(f"{body.kind} after the end of execution {state.execution_id}")


def _apply_execution(state: ExecutionState, body: Any, at: datetime) -> None:
    match body:
        case ExecutionCreated(_, _, inputs, trigger):
            state.inputs, state.trigger, state.created_at = inputs, trigger, at
        case ExecutionStarted():
            state.status, state.begun_at = "running", at
            state.look_at_all()
        case ExecutionPaused():
            state.status, state.paused = "paused", True
        case ExecutionResumed():
            _resume(state)
        case ExecutionWaiting():
            state.status = "waiting"
        case ExecutionRetried(generation, nodes, _, inputs):
            state.generation = generation
            state.inputs = state.inputs if inputs is None else inputs
            reset(state, nodes)
            _queue_again(state)
        case ExecutionCancelling(reason):
            if state.final:
                _queue_again(state)
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


def _resume(state: ExecutionState) -> None:
    if state.final:
        _queue_again(state)
        return
    state.paused = False
    state.status = "queued" if state.begun_at is None else "running"
    state.look_at_all()


def _queue_again(state: ExecutionState) -> None:
    """An ended execution goes on, once its next owner says that it starts."""
    state.status, state.begun_at = "queued", None
    state.failure, state.cancelling, state.expired, state.paused = None, None, False, False
    state.look_at_all()


def _move(state: ExecutionState, node_id: str, status: NodeStatus) -> NodeState:
    node = state.nodes[node_id]
    if status not in NODE_TRANSITIONS[node.status]:
        raise IllegalEvent(f"node {node_id!r} cannot go from {node.status} to {status}")
    node.status = status
    return node


def _halt(state: ExecutionState, node_id: str, status: NodeStatus, due_at: datetime | None) -> NodeState:
    """The attempt is over or not begun, and something has to happen before the next step."""
    node = _move(state, node_id, status)
    node.due_at = due_at
    node.delivered = node.taken if node.delivered is None else node.delivered
    state.running.discard(node_id)
    state.lost.discard(node_id)
    state.changed.append(node_id)
    return node


def _end(state: ExecutionState, node_id: str, status: NodeStatus) -> NodeState:
    node = _move(state, node_id, status)
    node.due_at = node.rule = None
    state.open_nodes -= 1
    state.running.discard(node_id)
    state.lost.discard(node_id)
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

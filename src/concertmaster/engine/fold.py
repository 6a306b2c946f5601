"""The fold of an execution's events: `apply` is deterministic and does no I/O.

It changes the state it is given and returns it: copying 1,000 nodes for each of 1,000 events would cost more than the
work itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
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
    ExecutionPhase,
    ExecutionResumed,
    ExecutionRetried,
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionWaiting,
    ItemChecked,
    ItemEnded,
    ItemStarted,
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
from concertmaster.engine.fold_items import (
    after_success,
    check_item,
    children_of,
    count_item,
    others_of_item,
    take_child,
)
from concertmaster.engine.plan import ERROR_OUTLET, PlanNode
from concertmaster.engine.rerun import reset
from concertmaster.engine.state import FOR_A_PLACE, NO_OUTPUTS, ExecutionState, IllegalEvent, NodeState


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
            node.attempt, node.children = attempt, None
            node.delivered = node.taken if node.delivered is None else node.delivered
            state.running.add(node_id)
        case NodeSucceeded(node_id, attempt, _, outputs):
            node = _end(state, node_id, "succeeded")
            node.attempt, node.outputs, node.error = attempt, outputs, None
            state.succeeded += 1
            node.order = state.succeeded
            _decide_edges(state, node_id, outputs)
            after_success(state, node_id)
        case NodeFailed(node_id, attempt, _, error):
            _fail(state, node_id, attempt, error)
        case NodeRetrying(node_id, attempt, error, due_at):
            node = _halt(state, node_id, "retrying", event.at, due_at)
            node.attempt, node.failures, node.error = attempt, node.failures + 1, error
            node.former = node.former if node.children is None else node.children.anew()
            node.children = None
        case NodeWaiting(node_id, attempt, rule, due_at, _, about):
            node = _halt(state, node_id, "waiting", event.at, due_at)
            node.attempt, node.rule, node.about, node.fired = attempt, rule, about, False
            if rule in FOR_A_PLACE:
                state.running.add(node_id)
            elif rule == "children" and about is not None:
                node.children, node.former = children_of(node, about), None
        case TimerFired(node_id):
            node = state.nodes[node_id]
            node.due_at = node.halted_at = None
            node.fired = True
            if node.children is not None:
                message = f"Node {node_id!r} did not end in time"
                node.children.failure = node.children.failure or Failure("node.timeout", message, retryable=True)
            state.changed.append(node_id)
        case ItemStarted(node_id) | ItemEnded(node_id):
            take_child(state, state.nodes[node_id], body)
        case ItemChecked(index, again):
            check_item(state, index, again=again)
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
        # It is interrupted where it was asked to go on and could not even be loaded.
        again = isinstance(body, ExecutionRetried | ExecutionInterrupted) or (
            state.status == "interrupted" and isinstance(body, ExecutionResumed | ExecutionCancelling)
        )
        if not again:
            raise IllegalEvent(f"{body.kind} after the end of execution {state.execution_id}")


def _apply_execution(state: ExecutionState, body: Any, at: datetime) -> None:
    match body:
        case ExecutionCreated():
            state.take_created(body, at)
        case ExecutionStarted():
            state.status, state.begun_at = "running", at
            # Its time counts anew.
            state.phase_at = None if state.phase == "main" else at
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
            for node in state.nodes.values():
                if node.children is not None:
                    node.children.retry_halted()
            _forget_end(state)
            _queue_again(state)
        case ExecutionCancelling(reason):
            if state.final:
                _queue_again(state)
            if state.phase == "main":
                state.cancelling = reason
            else:
                state.cancelled_late = reason
        case ExecutionExpired(error):
            if state.phase == "main":
                state.failure = state.failure or error
            else:
                state.phase_failure, state.late_failure = error, state.late_failure or error
            state.expired = True
        case ExecutionPhase(phase, nodes):
            _enter(state, phase, tuple(nodes), at)
        case ExecutionSucceeded():
            state.status = "succeeded"
        case ExecutionFailed(error):
            state.status, state.failure = "failed", error
        case ExecutionCancelled():
            state.status = "cancelled"
        case ExecutionInterrupted(error):
            state.status, state.interruption = "interrupted", error
        case _:
            raise IllegalEvent(f"no rule for {type(body).__name__}")


def _resume(state: ExecutionState) -> None:
    if state.final:
        _queue_again(state)
        return
    state.paused = False
    state.status = "queued" if state.begun_at is None else "running"
    state.look_at_all()


def _forget_end(state: ExecutionState) -> None:
    """A retried execution begins with its first phase again."""
    state.failure, state.cancelling, state.expired = None, None, False
    state.stopped, state.late_failure, state.phases_done = None, None, ()
    state.phase, state.phase_nodes, state.phase_at = "main", (), None
    state.phase_failure, state.cancelled_late = None, None
    state.count_open()


def _queue_again(state: ExecutionState) -> None:
    """An ended execution goes on, once its next owner says that it starts; an interrupted one where it was."""
    state.status, state.begun_at = "queued", None
    state.interruption, state.paused = None, False
    for node in state.nodes.values():
        if node.children is not None:
            node.children.halt = None
    state.look_at_all()


def _enter(state: ExecutionState, phase: Any, nodes: tuple[str, ...], at: datetime) -> None:
    if state.phase != "main":
        state.phases_done = (*state.phases_done, state.phase)
    state.phase, state.phase_nodes, state.phase_at = phase, nodes, at
    state.phase_failure, state.cancelled_late, state.expired = None, None, False
    state.count_open()
    state.changed = list(nodes)


def _move(state: ExecutionState, node_id: str, status: NodeStatus) -> NodeState:
    node = state.nodes[node_id]
    if status not in NODE_TRANSITIONS[node.status]:
        raise IllegalEvent(f"node {node_id!r} cannot go from {node.status} to {status}")
    # Whatever it was at, or waited for, is over.
    node.status = status
    node.due_at = node.halted_at = node.rule = None
    state.running.discard(node_id)
    state.lost.discard(node_id)
    return node


def _halt(state: ExecutionState, node_id: str, status: NodeStatus, at: datetime, due_at: datetime | None) -> NodeState:
    """The attempt is over or not begun, and something has to happen before the next step."""
    node = _move(state, node_id, status)
    node.due_at, node.halted_at = due_at, None if due_at is None else at
    node.delivered = node.taken if node.delivered is None else node.delivered
    state.changed.append(node_id)
    return node


def _end(state: ExecutionState, node_id: str, status: NodeStatus) -> NodeState:
    node = _move(state, node_id, status)
    if state.concerns(node_id):
        state.open_nodes -= 1
        if state.items is not None:
            count_item(state, state.items, node_id)
        if state.phase == "undo":
            # One after the other: the next one is looked at when this one has ended.
            state.changed.extend(state.phase_nodes)
    return node


def _fail(state: ExecutionState, node_id: str, attempt: int, error: Failure) -> None:
    planned = state.plan.nodes[node_id]
    if not planned.handled:
        # Before the node ends: with it the item may, and another would begin.
        _blame(state, planned, replace(error, node=node_id, nothing_sent=False))
    node = _end(state, node_id, "failed")
    node.attempt, node.failures, node.error = attempt, node.failures + 1, error
    if planned.handled:
        outputs = {} if planned.continues else {ERROR_OUTLET: JsonValue(error.as_json())}
        node.outputs = outputs
        _decide_edges(state, node_id, outputs)


def _blame(state: ExecutionState, planned: PlanNode, failure: Failure) -> None:
    """What fails with a node whose failure nobody handles: the item, what went on after the end, or everything."""
    items = state.items
    if items is not None and items.tolerant and planned.item is not None:
        items.failures.setdefault(planned.item, failure)
        state.changed.extend(others_of_item(state, planned.item))
    elif state.phase != "main":
        state.late_failure = state.late_failure or failure
        # What cannot be undone does not keep the rest from being undone.
        if state.phase != "undo":
            state.phase_failure = state.phase_failure or failure
    else:
        state.failure = state.failure or failure


def _decide_edges(state: ExecutionState, source: str, outputs: Mapping[str, Value]) -> None:
    edges = state.plan.edges
    for index in state.plan.nodes[source].outgoing:
        edge = edges[index]
        target = state.nodes[edge.target]
        target.undecided -= 1
        if edge.outlet in outputs:
            target.taken = (*target.taken, index)
        state.changed.append(edge.target)

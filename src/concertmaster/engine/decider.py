"""What happens next in an execution: pure functions from state to commands, no I/O and no clock.

`decide` looks only at the nodes it is told have changed. Its rules, in order:

1. A final execution wants nothing.
2. After an unhandled failure, a time-out or a cancel no node starts; what is open is cancelled, what runs is waited for
   (after a cancel or time-out also stopped), then the execution ends.
3. A queued or paused execution starts nothing.
4. A pending node runs, is skipped, or waits, by its join.
5. A retrying or waiting node waits for its timer; then the first runs again, and the second has done its work. One
   that waited for a free place or its turn with an earlier owner asks again.
6. A node whose attempt was lost with an earlier owner runs again, unless repeating an outside write blindly could do
   it twice; then its `on_interrupt` decides.
7. When no node is open the execution has succeeded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from concertmaster.domain.events import NodeFailed, NodeRetrying
from concertmaster.domain.execution import Failure
from concertmaster.engine.commands import (
    Cancel,
    CancelNode,
    Command,
    Fail,
    FailNode,
    Interrupt,
    PassThrough,
    SkipNode,
    StartAttempt,
    StartTimer,
    StopAttempt,
    Succeed,
)
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.retry import next_delay
from concertmaster.engine.state import ExecutionState, NodeState

LONGEST_ASKED_DELAY = timedelta(hours=1)
NO_EDGE_TAKEN = "no incoming edge was taken"
THRESHOLD_OUT_OF_REACH = "too few incoming edges were taken"


def decide(state: ExecutionState, changed: Iterable[str]) -> list[Command]:
    """The commands that follow from the state.

    Args:
        changed: nodes to look at; looking at more than necessary gives no other commands, except that a
            `StartAttempt` is repeated while its attempt is not in the state yet.
    """
    if state.final:
        return []
    if state.stopping:
        return _stop(state)
    if state.status == "queued" or (state.paused and state.open_nodes):
        return []
    commands: list[Command] = []
    for node_id in dict.fromkeys(changed):
        node = state.nodes[node_id]
        if node.status == "running" and node_id not in state.lost:
            continue
        command = _decide_node(state.plan.nodes[node_id], node)
        if isinstance(command, Interrupt):
            return [command]
        if command is not None:
            commands.append(command)
    return commands if state.open_nodes else [Succeed()]


def after_takeover(state: ExecutionState) -> list[CancelNode]:
    """What a new owner records first: attempts lost with the old one are not made again in a stopping execution."""
    if state.final or not state.stopping:
        return []
    return [CancelNode(node_id, "the server stopped while it ran") for node_id in sorted(state.running)]


def _decide_node(planned: PlanNode, node: NodeState) -> Command | None:
    match node.status:
        case "pending":
            return _join(planned, node)
        case "retrying" | "waiting" if node.due_at is not None:
            return StartTimer(planned.id, node.attempt, node.due_at)
        case "retrying":
            return StartAttempt(planned.id, node.attempt + 1)
        case "waiting" if node.rule in ("slot", "rate"):
            return StartAttempt(planned.id, node.attempt)
        case "waiting":
            return PassThrough(planned.id, node.attempt)
        case "running":
            return _again(planned, node.attempt)
        case _:
            return None


def _again(planned: PlanNode, attempt: int) -> Command:
    """Rule 6."""
    if planned.repeatable or planned.policy.on_interrupt == "retry":
        return StartAttempt(planned.id, attempt + 1)
    error = _interrupted_write(planned)
    return FailNode(planned.id, attempt, error) if planned.policy.on_interrupt == "fail" else Interrupt(error)


def _join(planned: PlanNode, node: NodeState) -> Command | None:
    """Whether a pending node runs, is skipped, or waits (None)."""
    taken, undecided = len(node.taken), node.undecided
    if not planned.incoming:
        return _start(planned, node)
    if planned.threshold is None:
        if undecided:
            return None
        if not taken:
            return SkipNode(planned.id, NO_EDGE_TAKEN)
    elif taken < planned.threshold:
        reachable = taken + undecided >= planned.threshold
        return None if reachable else SkipNode(planned.id, THRESHOLD_OUT_OF_REACH if taken else NO_EDGE_TAKEN)
    missing = _missing_port(planned, node)
    if missing is None:
        return _start(planned, node)
    return None if undecided else SkipNode(planned.id, f"required port {missing!r} has no value")


def _start(planned: PlanNode, node: NodeState) -> Command:
    if not planned.disabled:
        return StartAttempt(planned.id, node.attempt + 1)
    return PassThrough(planned.id, node.attempt) if planned.incoming else SkipNode(planned.id, "disabled")


def _missing_port(planned: PlanNode, node: NodeState) -> str | None:
    if not planned.required or planned.disabled:
        return None
    filled = {planned.ports_of_edges[index] for index in node.taken}
    return next((port for port in sorted(planned.required) if port not in filled), None)


def _stop(state: ExecutionState) -> list[Command]:
    """Rule 2."""
    cancelled = state.cancelling
    hurry = cancelled is not None or state.expired
    reason = cancelled or ("the execution's time is over" if state.expired else "another node failed")
    idle: list[Command] = [
        CancelNode(node_id, reason)
        for node_id, node in state.nodes.items()
        if node.status in ("pending", "retrying") or (node.status == "waiting" and node_id not in state.running)
    ]
    if state.running:
        # An attempt that waits for a free place or its turn has not started yet.
        stopped = [node_id for node_id in state.running if hurry or state.nodes[node_id].status == "waiting"]
        return [*idle, *(StopAttempt(node_id, reason) for node_id in stopped)]
    if state.open_nodes > len(idle):
        return idle
    if cancelled is not None:
        return [*idle, Cancel(cancelled)]
    return [*idle, Fail(state.failure)] if state.failure is not None else idle


def after_failure(
    state: ExecutionState, node_id: str, attempt: int, error: Failure, *, at: datetime, started_at: datetime
) -> NodeRetrying | NodeFailed:
    """Whether a failed attempt is tried again.

    It is, when the policy has attempts left, the error may go away, the execution is not stopping, and
    repeating cannot do an outside write twice.
    """
    planned, failures = state.plan.nodes[node_id], state.nodes[node_id].failures + 1
    retry = planned.policy.retry
    safe = planned.repeatable or error.nothing_sent
    if failures < retry.maximum_attempts and error.retryable and safe and not state.stopping:
        delay = next_delay(retry, failures, seed=f"{state.execution_id}/{node_id}/{attempt}")
        return NodeRetrying(node_id, attempt, error, at + max(delay, _asked_delay(error)))
    return NodeFailed(node_id, attempt, started_at, error)


def _asked_delay(error: Failure) -> timedelta:
    """How long the other side asked to be left alone (HTTP Retry-After), at most `LONGEST_ASKED_DELAY`."""
    asked = error.details.get("retry_after_seconds")
    seconds = float(asked) if isinstance(asked, int | float) and asked > 0 else 0.0
    return min(timedelta(seconds=min(seconds, 1e6)), LONGEST_ASKED_DELAY)


def _interrupted_write(planned: PlanNode) -> Failure:
    return Failure(
        "node.write_interrupted",
        f"Node {planned.id!r} was writing when the server stopped, and it is not idempotent: check whether the "
        "write arrived, then retry or cancel the execution (`policy.on_interrupt` can decide this by itself)",
        node=planned.id,
    )

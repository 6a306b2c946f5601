"""What happens next in an execution: pure functions from state to commands, no I/O and no clock.

`decide` looks only at the nodes it is told have changed. Its rules, in order:

1. A final execution wants nothing, a queued one neither.
2. After an unhandled failure, a time-out, a cancel or `flow.stop` no node starts; what is open is cancelled, what runs
   is waited for (but for a mere failure also stopped), then the phase ends.
3. A paused execution starts nothing.
4. A pending node runs, is skipped, or waits, by its join; nodes of later phases and of items that are not admitted
   are not looked at. One that the start has left out is skipped, and one that it has given outputs has them instead of
   running, if need be at once.
5. A retrying or waiting node waits for its timer; then the first runs again, and the second has done its work, or has
   waited in vain. One that waited for a free place or its turn with an earlier owner asks again. A container goes on by
   `Children.next_step`.
6. A node whose attempt was lost with an earlier owner runs again, unless repeating an outside write blindly could do
   it twice; then its `on_interrupt` decides.
7. When no node is open the phase is over: the next one is entered (`endings.py`), or the execution ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from concertmaster.domain.events import NodeFailed, NodeRetrying
from concertmaster.domain.execution import Failure
from concertmaster.engine.children import Children
from concertmaster.engine.commands import (
    CancelChildren,
    CancelNode,
    Command,
    EndWait,
    ExpireApproval,
    FailNode,
    FinishChildren,
    GiveNode,
    Interrupt,
    LetChildrenGoOn,
    PassThrough,
    SkipNode,
    StartAttempt,
    StartChildren,
    StartTimer,
    StopAttempt,
)
from concertmaster.engine.endings import ending
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.retry import next_delay
from concertmaster.engine.state import FOR_A_PLACE, ExecutionState, NodeState

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
        for command in _about(state, node_id):
            if isinstance(command, Interrupt):
                return [command]
            commands.append(command)
    return commands if state.open_nodes else [*commands, *ending(state)]


def _about(state: ExecutionState, node_id: str) -> list[Command]:
    """What follows for one node."""
    node, planned = state.nodes[node_id], state.plan.nodes[node_id]
    if not node.open or not state.concerns(node_id):
        return []
    reason = _item_over(state, planned)
    if reason is not None:
        return _end_of_item(state, node_id, reason)
    if node.status == "running" and node_id not in state.lost:
        return []
    if state.phase == "undo" and node_id != next(n for n in state.phase_nodes if state.nodes[n].open):
        return []
    if node.status == "pending" and (state.given or state.left_out):
        return _decide_brought(state, planned, node)
    return _decide_node(planned, node)


def _decide_brought(state: ExecutionState, planned: PlanNode, node: NodeState) -> list[Command]:
    """What follows for a pending node where the start says something about some."""
    if planned.name in state.left_out:
        return [SkipNode(planned.id, state.left_out[planned.name])]
    given = state.given.get(planned.name)
    if given is not None and given.at_once:
        return [GiveNode(planned.id)]
    commands = _decide_node(planned, node)
    return [
        GiveNode(planned.id) if given is not None and isinstance(command, StartAttempt) else command
        for command in commands
    ]


def _item_over(state: ExecutionState, planned: PlanNode) -> str | None:
    """Why no node of its item starts any more."""
    if state.items is None or planned.item is None:
        return None
    if planned.item in state.items.failures:
        return "another node of this item failed"
    return "the item was stopped" if planned.item in state.items.stopped else None


def _end_of_item(state: ExecutionState, node_id: str, reason: str) -> list[Command]:
    node = state.nodes[node_id]
    if node.children is not None and node.children.live:
        return [CancelChildren(node_id, reason)]
    if node_id in state.running and node_id not in state.lost:
        return [StopAttempt(node_id, reason)]
    return [CancelNode(node_id, reason)]


def after_takeover(state: ExecutionState) -> list[CancelNode]:
    """What a new owner records first: attempts lost with the old one are not made again in a stopping execution."""
    if state.final or not state.stopping:
        return []
    return [CancelNode(node_id, "the server stopped while it ran") for node_id in sorted(state.running)]


def _decide_node(planned: PlanNode, node: NodeState) -> list[Command]:
    match node.status:
        case "pending":
            command = _join(planned, node)
            return [] if command is None else [command]
        case "retrying" if node.due_at is None:
            return [StartAttempt(planned.id, node.attempt + 1)]
        case "waiting" if node.rule in FOR_A_PLACE:
            return [StartAttempt(planned.id, node.attempt)]
        case "waiting" if node.children is not None:
            return _with_children(planned, node, node.children)
        case "retrying" | "waiting" if node.due_at is not None:
            return [StartTimer(planned.id, node.attempt, node.due_at, node.halted_at)]
        case "waiting" if node.rule == "event":
            return [EndWait(planned.id, node.attempt, _in_vain(planned, node))] if node.fired else []
        case "waiting" if node.rule == "approval":
            return [ExpireApproval(planned.id)] if node.fired else []
        case "waiting":
            return [PassThrough(planned.id, node.attempt)]
        case "running":
            return [_again(planned, node.attempt)]
        case _:
            return []


def _with_children(planned: PlanNode, node: NodeState, children: Children) -> list[Command]:
    commands: list[Command] = []
    if node.due_at is not None:
        commands.append(StartTimer(planned.id, node.attempt, node.due_at, node.halted_at))
    match children.next_step():
        case "start":
            commands.append(StartChildren(planned.id, node.attempt, tuple(children.next_spans())))
        case "stop":
            because = children.failure.message if children.failure else "there was enough"
            commands.append(CancelChildren(planned.id, because))
        case "go_on":
            commands.append(LetChildrenGoOn(planned.id))
        case "finish":
            commands.append(FinishChildren(planned.id, node.attempt))
        case "fail" if children.failure is not None:
            commands.append(EndWait(planned.id, node.attempt, children.failure))
        case "halt" if children.halt is not None:
            commands.append(Interrupt(replace(children.halt, node=planned.id)))
        case _:
            pass
    return commands


def _in_vain(planned: PlanNode, node: NodeState) -> Failure:
    about = node.about or {}
    key = f" with the key {about['key']!r}" if about.get("key") else ""
    return Failure("wait.timeout", f"The event {about.get('name')!r}{key} did not come in time", node=planned.id)


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
    reason, hurry = _why(state)
    idle: list[Command] = []
    rest: list[Command] = []
    for node_id, node in state.nodes.items():
        if not node.open or not state.concerns(node_id):
            continue
        if node_id in state.running:
            # An attempt that waits for a free place has not started yet.
            if hurry or node.status == "waiting":
                rest.append(StopAttempt(node_id, reason))
        elif node.children is not None and node.children.live:
            rest.append(CancelChildren(node_id, reason))
        else:
            idle.append(CancelNode(node_id, reason))
    if state.running or rest or state.open_nodes > len(idle):
        return [*idle, *rest]
    return [*idle, *ending(state)]


def _why(state: ExecutionState) -> tuple[str, bool]:
    """Why no node starts any more, and whether what runs is stopped too."""
    if state.phase != "main":
        return state.cancelled_late or "another node failed", state.cancelled_late is not None or state.expired
    if state.cancelling is not None:
        return state.cancelling, True
    if state.expired:
        return "the execution's time is over", True
    if state.failure is not None:
        return "another node failed", False
    return f"node {state.stopped!r} has ended it", True


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
    message = f"Node {planned.id!r} was writing when the server stopped, and it is not idempotent: check whether the "
    decided = planned.policy.on_interrupt == "fail"
    rest = "" if decided else ", then retry or cancel the execution (`policy.on_interrupt` can decide this by itself)"
    return Failure("node.write_interrupted", f"{message}write arrived{rest}", node=planned.id)

"""What follows when no node of a phase is open: another item, another phase, or the end of the execution. Pure."""

from __future__ import annotations

from dataclasses import replace

from concertmaster.domain.execution import Failure
from concertmaster.domain.phases import LATER
from concertmaster.engine.commands import Cancel, CheckItem, Command, EnterPhase, Fail, SkipNode, Succeed
from concertmaster.engine.state import ExecutionState

NO_FAILURE = {
    "undo": "it undoes another node if the execution fails, and it did not fail",
    "on_failure": "it runs after a failure, and there was none",
    "finally": "it runs at the end",
}
CANCELLED = {
    "undo": "the execution was cancelled, not failed: what it did stays",
    "on_failure": "it runs after a failure, and the execution was cancelled, not failed",
    "finally": "it runs at the end",
}
NOTHING_DONE = "it undoes another node, and nothing had to be undone"
NOT_ASKED = "it undoes another node, and policy.on_failure does not say `compensate`"


def ending(state: ExecutionState) -> list[Command]:
    """The commands at the end of a phase."""
    items = state.items
    if items is not None and items.unchecked is not None and not state.stopping:
        return [CheckItem(items.unchecked)]
    following = _next_phase(state)
    if following is not None:
        return [following]
    unused = [
        SkipNode(node_id, state.left_out.get(node_id) or _not_needed(state, phase))
        for phase, nodes in state.plan.phases.items()
        for node_id in nodes
        # Those of the phase under way are being cancelled, if they are open.
        if state.nodes[node_id].open and not state.concerns(node_id)
    ]
    return [*unused, _end(state)]


def _not_needed(state: ExecutionState, phase: str) -> str:
    """Why a node of a later phase never ran."""
    if state.cancelling is not None:
        return CANCELLED[phase]
    if state.failure is not None and phase == "undo":
        return NOTHING_DONE if state.plan.workflow.policy.compensates else NOT_ASKED
    return NO_FAILURE[phase]


def _next_phase(state: ExecutionState) -> EnterPhase | None:
    failed = state.failure is not None and state.cancelling is None
    for phase in LATER:
        if phase in (*state.phases_done, state.phase):
            continue
        nodes = _undoing(state) if phase == "undo" else state.plan.phases.get(phase, ())
        nodes = tuple(node_id for node_id in nodes if node_id not in state.left_out)
        if nodes and (phase == "finally" or failed):
            return EnterPhase(phase, nodes)
    return None


def _undoing(state: ExecutionState) -> tuple[str, ...]:
    """The nodes that undo what succeeded, the last one first."""
    if not state.plan.workflow.policy.compensates:
        return ()
    done = [
        (state.nodes[node.id].order, node.undo)
        for node in state.plan.nodes.values()
        # What was given was not done by this execution.
        if node.undo is not None and state.nodes[node.id].status == "succeeded" and node.name not in state.given
    ]
    return tuple(undo for _, undo in sorted(done, reverse=True) if undo in state.nodes)


def _end(state: ExecutionState) -> Command:
    late = state.late_failure
    if state.cancelling is not None:
        return Cancel(state.cancelling)
    if state.failure is not None:
        return Fail(state.failure if late is None else _also(state.failure, late))
    if late is not None:
        return Fail(late)
    if state.cancelled_late is not None:
        return Cancel(state.cancelled_late)
    if state.plan.items is not None and state.plan.items.kind == "race" and state.stopped is None:
        return Fail(_no_winner(state))
    return Succeed()


def _also(failure: Failure, late: Failure) -> Failure:
    """The failure that counts, with what went wrong while it was dealt with."""
    also = {"node": late.node, "code": late.code, "message": late.message}
    message = f"{failure.message} (and while this was dealt with, node {late.node!r} failed: {late.message})"
    return replace(failure, message=message, details={**failure.details, "also": also})


def _no_winner(state: ExecutionState) -> Failure:
    errors = [node.error for node in state.nodes.values() if node.error is not None]
    last = f"; the last error: {errors[-1].message}" if errors else ""
    wins = len(state.items.wins) if state.items is not None else 0
    return Failure("race.no_winner", f"Every branch has ended, and only {wins} of them came to its end well{last}")

"""Rest: when an execution has nothing to do but wait, and until when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from concertmaster.domain.execution import Failure
from concertmaster.engine.state import ExecutionState


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing happens before `until`; None: not before somebody acts."""

    until: datetime | None


def left_of(due_at: datetime, halted_at: datetime | None, now: datetime) -> timedelta:
    """How long until a wait is over that began at `halted_at`; negative when it is due.

    Never longer than it was then: a clock that was set back by hours makes no hours of a second.
    """
    left = due_at - now
    return left if halted_at is None else min(left, due_at - halted_at)


def rest_of(state: ExecutionState, now: datetime) -> Rest | None:
    """How long an execution rests in which nothing runs and nothing is left to decide; None: it is stuck (a bug).

    A queued execution rests until it has a place, a paused one until it is resumed, one with timers until the first.
    """
    if state.status == "queued" or state.paused:
        return Rest(None)
    open_nodes = [node for node in state.nodes.values() if node.open]
    due = [left_of(node.due_at, node.halted_at, now) for node in open_nodes if node.due_at is not None]
    if due:
        return Rest(now + min(due))
    awaiting = any(
        node.rule in ("event", "approval") or (node.children is not None and node.children.live) for node in open_nodes
    )
    return Rest(None) if awaiting else None


def stuck(state: ExecutionState) -> Failure:
    """What to say of an execution that has no rest and nothing to do."""
    waiting = ", ".join(f"{node_id} ({node.status})" for node_id, node in state.nodes.items() if node.open)
    return Failure(
        "engine.stuck",
        f"Nothing runs and nothing is awaited, yet these nodes are open: {waiting}. This is an error of ConcertMaster; "
        "please report it with the workflow, then retry or cancel the execution",
    )

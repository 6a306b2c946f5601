"""Requests of others, as the owner finds them in its inbox: which event answers which. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertmaster.domain.events import (
    Body,
    ExecutionCancelling,
    ExecutionPaused,
    ExecutionResumed,
    ExecutionRetried,
    ItemEnded,
)
from concertmaster.domain.execution import Failure, MessageKind
from concertmaster.engine.rerun import rerun_plan
from concertmaster.engine.state import ExecutionState


def answer(state: ExecutionState, kind: MessageKind, data: Mapping[str, Any]) -> Body | None:
    """The event that a request becomes; None when it changes nothing (any more).

    Args:
        data: `reason` always; of a retry also `from` (a node) and `inputs` (edited ones), where given.
    """
    reason = str(data.get("reason") or kind)
    interrupted = state.status == "interrupted"
    match kind:
        case "cancel" if interrupted or not (state.final or state.cancelling is not None or state.cancelled_late):
            return ExecutionCancelling(reason)
        case "cancel" if state.phase != "main" and not state.final and state.cancelled_late is None:
            return ExecutionCancelling(reason)
        case "pause" if not (state.paused or state.final or state.stopping):
            return ExecutionPaused(reason)
        case "resume" if interrupted or (state.paused and not state.final):
            return ExecutionResumed(reason, state.plan.code if interrupted else None)
        case "retry" if state.final and (data.get("from") is None or data["from"] in state.nodes):
            inputs = data.get("inputs")
            nodes = rerun_plan(state, data.get("from"), edited=inputs is not None)
            return ExecutionRetried(state.generation + 1, nodes, reason, inputs, state.plan.code)
        case "child" if (node := state.nodes.get(data["node"])) is not None and node.children is not None:
            if data["execution"] not in (*node.children.running, *node.children.halted):
                return None
            error = data.get("error")
            return ItemEnded(
                data["node"],
                node.attempt,
                data["execution"],
                data["status"],
                data.get("result"),
                again=data.get("again", False),
                failed=data.get("failed", 0),
                error=None if error is None else Failure.from_json(error),
            )
        case _:
            return None

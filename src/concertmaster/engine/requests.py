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
)
from concertmaster.domain.execution import RequestKind
from concertmaster.engine.rerun import rerun_plan
from concertmaster.engine.state import ExecutionState


def answer(state: ExecutionState, kind: RequestKind, data: Mapping[str, Any]) -> Body | None:
    """The event that a request becomes; None when it changes nothing (any more).

    Args:
        data: `reason` always; of a retry also `from` (a node) and `inputs` (edited ones), where given.
    """
    reason = str(data.get("reason") or kind)
    interrupted = state.status == "interrupted"
    match kind:
        case "cancel" if state.cancelling is None and (interrupted or not state.final):
            return ExecutionCancelling(reason)
        case "pause" if not (state.paused or state.final or state.stopping):
            return ExecutionPaused(reason)
        case "resume" if interrupted or (state.paused and not state.final):
            return ExecutionResumed(reason)
        case "retry" if state.final and (data.get("from") is None or data["from"] in state.nodes):
            inputs = data.get("inputs")
            nodes = rerun_plan(state, data.get("from"), edited=inputs is not None)
            return ExecutionRetried(state.generation + 1, nodes, reason, inputs)
        case _:
            return None

"""Former runs: what an execution knows of the nodes of a version, and its outputs as given to another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.given import Given
from concertmaster.domain.interfaces import Pin
from concertmaster.domain.partial import Former, Outlets
from concertmaster.domain.partial_web import Ground, changed_since
from concertmaster.domain.validation import check_inputs
from concertmaster.domain.values import JsonValue, Value
from concertmaster.engine.plan import ERROR_OUTLET
from concertmaster.services.execution_view import ExecutionView, NodeRun


@dataclass(frozen=True, slots=True)
class Known:
    """An execution that was looked at."""

    row: ExecutionRow
    view: ExecutionView


def former_of(known: Known, ground: Ground, *, inputs: Mapping[str, Any] | None) -> Former:
    """What an execution knows.

    Args:
        inputs: that are given now; None: those of the execution.
    """
    view, had = known.view, dict[str, Outlets]()
    for name, run in view.nodes.items():
        outputs = _outputs(view, run)
        # A pinned output is no result of the execution.
        if outputs is None or name not in ground.web.graph.incoming or (run.reused or {}).get("pinned"):
            continue
        if outputs.keys() <= frozenset(ground.outlets[name]):
            had[name] = frozenset(outputs)
    skipped = frozenset(
        name for name, run in view.nodes.items() if run.status == "skipped" and name not in view.left_out
    )
    other = inputs is not None and check_inputs(ground.workflow, inputs)[0] != dict(view.inputs)
    changed = changed_since(view.workflow, ground, inputs=other)
    return Former(known.row.id, had, skipped, changed)


def given_of(known: Known, node: str, *, at_once: bool) -> Given:
    """The outputs of a node that `former_of` tells of."""
    run = known.view.nodes[node]
    outputs = _outputs(known.view, run)
    assert outputs is not None
    ended = None if run.ended_at is None else _text(run.ended_at)
    origin = {"execution": known.row.id, "node": node, "at": ended, "pinned": False}
    # It was given there too: its age is that of the one who made it.
    if run.reused is not None and run.reused.get("at") is not None:
        origin |= run.reused
    return Given(outputs, origin, at_once=at_once)


def origin_of_pin(pin: Pin) -> dict[str, Any]:
    """As `NodeSucceeded.reused` tells it."""
    return {"execution": pin.execution, "node": pin.origin_node, "at": _text(pin.at), "pinned": True}


def _text(at: datetime) -> str:
    """As in all other JSON."""
    return at.isoformat().replace("+00:00", "Z")


def _outputs(view: ExecutionView, run: NodeRun) -> Mapping[str, Value] | None:
    """What its edges were told when it ended; None when it did not, or its failure was nobody's."""
    if run.status == "succeeded":
        return run.outputs
    node = view.workflow.nodes.get(run.node)
    if run.status != "failed" or run.error is None or node is None or node.policy.on_error == "fail":
        return None
    if node.policy.on_error == "continue":
        return {}
    handled = any(edge.source == run.node and edge.outlet == ERROR_OUTLET for edge in view.workflow.edges)
    return {ERROR_OUTLET: JsonValue(run.error.as_json())} if handled else None

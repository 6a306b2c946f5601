"""Inline: a built-in node that only computes on small JSON, run at once inside the drive.

What costs most of a node that does next to nothing is not the node: a task, a context, two turns of the event loop.
None of that is needed here. Whatever turns out not to be small, ready or plain is left to an ordinary attempt, which
may begin from the start: nothing outside has been touched.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.json_value import is_small, save_json
from concertmaster.domain.values import NULL, JsonValue, Value
from concertmaster.engine.attempt import Outcome
from concertmaster.engine.calling import validated
from concertmaster.engine.failures import failure_of
from concertmaster.engine.job import inputs_of
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.scope import scope_at_hand
from concertmaster.engine.state import ExecutionState
from concertmaster.nodes.flow import Await, Wait


def run_inline(state: ExecutionState, node: PlanNode, artifacts: ArtifactStore) -> Outcome | None:
    """The outcome of an attempt; None when it has to be made in the ordinary way."""
    given = inputs_of(state, node)
    inputs: dict[str, Any] = {}
    for port, value in given.items():
        if not isinstance(value, JsonValue) or value.artifact is not None:
            return None
        argument = node.type.argument(port)
        if argument is not None:
            if argument.kind not in ("json", "handle"):
                return None
            inputs[port] = value.data
    try:
        model = _config(state, node, given.get("in", NULL))
        return None if model is None else _call(node, model, inputs, artifacts)
    except Exception as error:
        failure = failure_of(error, node=node.id)
        # A traceback goes to the node's log, which an ordinary attempt has.
        return None if failure.code == "node.raised" else failure


def _config(state: ExecutionState, node: PlanNode, main: Value | list[Value]) -> BaseModel | None:
    if node.fixed_config is not None:
        return node.fixed_config
    seen = main[0] if isinstance(main, list) else main
    scope = scope_at_hand(state, node.config.references, seen, node.item)
    return None if scope is None else validated(node.type, node.config.render(scope), node=node.id)


def _call(node: PlanNode, model: BaseModel, inputs: dict[str, Any], artifacts: ArtifactStore) -> Outcome | None:
    work = node.type.function(**node.type.keywords(model, inputs))
    try:
        work.send(None)
    except StopIteration as ended:
        result = ended.value
    else:
        work.close()
        return None
    if isinstance(result, Wait):
        return result
    if isinstance(result, Await):
        return None
    outputs: dict[str, Value] = {}
    for name, value in node.type.split(result, outlets=node.outlets).items():
        if not is_small(value):
            return None
        outputs[name] = save_json(value, artifacts)
    return outputs

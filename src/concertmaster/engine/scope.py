"""Scope: what the expressions of a config, or of the document's outputs, can read of an execution."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, cast

from concertmaster.data.json_value import load_json
from concertmaster.domain.expression import Reference
from concertmaster.domain.values import NULL, JsonValue, Value, visible
from concertmaster.engine.parts import Engine
from concertmaster.engine.state import ExecutionState


async def render_outputs(engine: Engine, state: ExecutionState) -> dict[str, Any]:
    """The document's outputs at the end of an execution."""
    outputs = state.plan.outputs
    return cast("dict[str, Any]", outputs.render(await scope_of(engine, state, outputs.references, NULL)))


async def scope_of(
    engine: Engine, state: ExecutionState, references: Iterable[Reference], main: Value
) -> dict[str, Any]:
    """The roots that the expressions name, and nothing else; large JSON is read from the artifact store first.

    Args:
        main: the value on port `in`, which `input` shows.
    """
    loaded: dict[str, Any] = {}
    while True:
        try:
            return _scope(state, references, main, loaded)
        except _NotAtHandError as missing:
            loaded[missing.artifact] = await asyncio.to_thread(load_json, missing.value, engine.artifacts)


def scope_at_hand(state: ExecutionState, references: Iterable[Reference], main: Value) -> dict[str, Any] | None:
    """The same without any reading; None when something would have to be read."""
    try:
        return _scope(state, references, main, {})
    except _NotAtHandError:
        return None


class _NotAtHandError(Exception):
    """A value has to be read from the artifact store first."""

    def __init__(self, value: JsonValue, artifact: str) -> None:
        super().__init__(artifact)
        self.value = value
        self.artifact = artifact


def _scope(
    state: ExecutionState, references: Iterable[Reference], main: Value, loaded: Mapping[str, Any]
) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    nodes: dict[str, Any] = {}
    for reference in references:
        match reference.root:
            case "nodes":
                names = [reference.name] if reference.name is not None else list(state.nodes)
                for name in names:
                    if name in state.nodes and name not in nodes:
                        nodes[name] = _visible_node(state, name, loaded)
                scope["nodes"] = nodes
            case "input":
                scope["input"] = _plain(main, loaded)
            case "inputs":
                scope["inputs"] = state.inputs
            case "trigger":
                scope["trigger"] = state.trigger
            case "vars":
                scope["vars"] = state.plan.workflow.vars
            case "execution":
                scope["execution"] = {
                    "id": state.execution_id,
                    "workflow": state.plan.workflow.name,
                    "version": state.plan.version,
                    "created_at": state.created_at.isoformat() if state.created_at else None,
                }
            case _:
                scope[reference.root] = None
    return scope


def _visible_node(state: ExecutionState, name: str, loaded: Mapping[str, Any]) -> Any:
    """What `nodes.<id>` shows: outlet `out`, or with declared outlets a mapping of them, null where not taken."""
    node = state.nodes[name]
    if node.status != "succeeded":
        return None
    outlets = state.plan.nodes[name].outlets
    seen = {outlet: _plain(value, loaded) for outlet, value in node.outputs.items()}
    return seen.get("out") if outlets == ("out",) else {outlet: seen.get(outlet) for outlet in outlets}


def _plain(value: Value, loaded: Mapping[str, Any]) -> Any:
    if isinstance(value, JsonValue) and value.artifact is not None:
        if value.artifact not in loaded:
            raise _NotAtHandError(value, value.artifact)
        return loaded[value.artifact]
    return visible(value)

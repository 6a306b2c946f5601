"""Scope: what the expressions of a config, or of the document's outputs, can read of an execution."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
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
    """The roots that the expressions name, and nothing else.

    Args:
        main: the value on port `in`, which `input` shows.
    """
    scope: dict[str, Any] = {}
    nodes: dict[str, Any] = {}
    for reference in references:
        match reference.root:
            case "nodes":
                names = [reference.name] if reference.name is not None else list(state.nodes)
                for name in names:
                    if name in state.nodes and name not in nodes:
                        nodes[name] = await _visible_node(engine, state, name)
                scope["nodes"] = nodes
            case "input":
                scope["input"] = await _plain(engine, main)
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


async def _visible_node(engine: Engine, state: ExecutionState, name: str) -> Any:
    """What `nodes.<id>` shows: outlet `out`, or with declared outlets a mapping of them, null where not taken."""
    node = state.nodes[name]
    if node.status != "succeeded":
        return None
    outlets = state.plan.nodes[name].outlets
    seen = {outlet: await _plain(engine, value) for outlet, value in node.outputs.items()}
    return seen.get("out") if outlets == ("out",) else {outlet: seen.get(outlet) for outlet in outlets}


async def _plain(engine: Engine, value: Value) -> Any:
    """What an expression sees; large JSON is read from the artifact store first."""
    if isinstance(value, JsonValue) and value.artifact is not None:
        return await asyncio.to_thread(load_json, value, engine.artifacts)
    return visible(value)

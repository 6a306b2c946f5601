"""Scope: what the expressions of a config, or of the document's outputs, can read of an execution."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, cast

from concertmaster.data.json_value import load_json
from concertmaster.domain.expression import Reference, compile_value
from concertmaster.domain.values import NULL, JsonValue, PlannedTable, Value, visible
from concertmaster.engine.items import item_id
from concertmaster.engine.materialising import key_of, stored
from concertmaster.engine.parts import Engine
from concertmaster.engine.state import ExecutionState, visible_id


async def render_outputs(engine: Engine, state: ExecutionState) -> dict[str, Any]:
    """The document's outputs at the end of an execution."""
    outputs = state.plan.outputs
    if state.left_out:
        outputs = compile_value(
            {name: value for name, value in state.plan.workflow.outputs.items() if _known(state, value)}
        )
    return cast("dict[str, Any]", outputs.render(await scope_of(engine, state, outputs.references, NULL)))


def _known(state: ExecutionState, value: Any) -> bool:
    """Whether an output of the document asks for no node that was left out."""
    references = compile_value(value).references
    return not any(one.root == "nodes" and (one.name is None or one.name in state.left_out) for one in references)


async def scope_of(
    engine: Engine, state: ExecutionState, references: Iterable[Reference], main: Value, item: int | None = None
) -> dict[str, Any]:
    """The roots that the expressions name, and nothing else; large JSON is read from the artifact store first.

    Args:
        main: the value on port `in`, which `input` shows.
        item: of a container's child execution: the one whose nodes, `item` and `index` are seen.
    """
    loaded: dict[str, Any] = {}
    while True:
        try:
            return _scope(state, references, main, loaded, item)
        except _NotAtHandError as missing:
            loaded[missing.key] = await shown(engine, missing.value)


async def shown(engine: Engine, value: Value) -> Any:
    """What an expression would see of a value."""
    if isinstance(value, JsonValue) and value.artifact is not None:
        return await asyncio.to_thread(load_json, value, engine.artifacts)
    # Rows and bytes of a planned table nobody knows before it is stored.
    return visible(await stored(engine, value))


def scope_at_hand(
    state: ExecutionState, references: Iterable[Reference], main: Value, item: int | None = None
) -> dict[str, Any] | None:
    """The same without any reading; None when something would have to be read."""
    try:
        return _scope(state, references, main, {}, item)
    except _NotAtHandError:
        return None


class _NotAtHandError(Exception):
    """A value has to be read from the artifact store first, or put there."""

    def __init__(self, value: Value, key: str) -> None:
        super().__init__(key)
        self.value = value
        self.key = key


def _scope(
    state: ExecutionState, references: Iterable[Reference], main: Value, loaded: Mapping[str, Any], item: int | None
) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    nodes: dict[str, Any] = {}
    for reference in references:
        match reference.root:
            case "nodes":
                names = [reference.name] if reference.name is not None else _names(state)
                for name in names:
                    if name not in nodes:
                        _show_node(nodes, state, name, loaded, item)
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
                scope["execution"] = _execution(state)
            case "item":
                scope["item"] = _item(state, item, loaded)
            case "index":
                scope["index"] = _index(state, item)
            case _:
                scope[reference.root] = None
    return scope


def _execution(state: ExecutionState) -> dict[str, Any]:
    failure = state.failure
    told: dict[str, Any] = {
        "id": visible_id(state),
        "workflow": state.plan.workflow.name,
        "version": state.plan.version,
        "created_at": state.created_at.isoformat() if state.created_at else None,
        "error": None if failure is None else {"code": failure.code, "message": failure.message, "node": failure.node},
    }
    return told


def _names(state: ExecutionState) -> list[str]:
    if state.items is None or state.plan.items is None:
        return list(state.nodes)
    return [*state.items.outer, *state.plan.items.body.nodes]


def _show_node(
    nodes: dict[str, Any], state: ExecutionState, name: str, loaded: Mapping[str, Any], item: int | None
) -> None:
    """What `nodes.<id>` shows: outlet `out`, or with declared outlets a mapping of them, null where not taken."""
    node_id = name if item is None else item_id(name, item)
    if node_id in state.nodes:
        nodes[name] = _visible_node(state, node_id, loaded)
    elif state.items is not None and name in state.items.outer:
        outlets = state.items.outer[name]
        seen = {outlet: _plain(value, loaded) for outlet, value in outlets.items()}
        nodes[name] = (seen.get("out") if set(seen) == {"out"} else seen) if seen else None


def _visible_node(state: ExecutionState, node_id: str, loaded: Mapping[str, Any]) -> Any:
    node = state.nodes[node_id]
    if node.status != "succeeded":
        return None
    outlets = state.plan.nodes[node_id].outlets
    seen = {outlet: _plain(value, loaded) for outlet, value in node.outputs.items()}
    return seen.get("out") if outlets == ("out",) else {outlet: seen.get(outlet) for outlet in outlets}


def _item(state: ExecutionState, item: int | None, loaded: Mapping[str, Any]) -> Any:
    """The item; in a container that is no loop, that of the loop around it."""
    items = state.items
    if items is None or items.values is None or item is None:
        return None
    value = items.around if items.parentage.kind in ("race", "lock") else items.values[item]
    return None if value is None else _plain(value, loaded)


def _index(state: ExecutionState, item: int | None) -> int | None:
    items = state.items
    if items is None or item is None:
        return None
    return items.parentage.index if items.parentage.kind in ("race", "lock") else items.parentage.offset + item


def _plain(value: Value, loaded: Mapping[str, Any]) -> Any:
    if isinstance(value, PlannedTable):
        key = key_of(value)
    elif isinstance(value, JsonValue) and value.artifact is not None:
        key = value.artifact
    else:
        return visible(value)
    if key not in loaded:
        raise _NotAtHandError(value, key)
    return loaded[key]

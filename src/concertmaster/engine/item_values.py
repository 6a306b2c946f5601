"""Values of items: what they are before they run, and what they give when they have run.

Reading them may need the artifact store, so this is shell; the state only holds what was read.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from concertmaster.data.json_value import load_json, save_json
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import ArtifactReference
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.values import NULL, JsonValue, TableRef, Value, from_json
from concertmaster.engine.items import ItemsState, item_id
from concertmaster.engine.materialising import stored
from concertmaster.engine.parts import Engine
from concertmaster.engine.scope import scope_of, shown
from concertmaster.engine.state import ExecutionState


async def with_values(engine: Engine, state: ExecutionState) -> ExecutionState:
    """The state of a child execution with the values of its items read; any other as it is."""
    items = state.items
    if items is None:
        return state
    items.values = await values_given(engine, items.parentage)
    if items.sequential:
        # One for each item that has ended, as `next_value` made them.
        decided = items.admitted if items.unchecked is None else items.unchecked
        for item in range(min(decided, len(items.ended))):
            items.values.append(await result_of(engine, state, item))
    return state


async def values_given(engine: Engine, parentage: Parentage) -> list[Value]:
    """The items of a child execution before any has run; of a container that is no loop over items, what it was given.

    Raises:
        ConcertMasterError: as `materialised`, of what a planned table is made of.
    """
    given = parentage.items
    if given is None:
        return [NULL] * parentage.count
    value = await stored(engine, from_json(given))
    if parentage.kind != "each":
        return [value]
    if isinstance(value, TableRef):
        batch: int | None = parentage.settings.get("batch")
        return await asyncio.to_thread(_of_table, engine, value, parentage.offset, parentage.count, batch)
    assert isinstance(value, JsonValue)
    data = value.data if value.artifact is None else await asyncio.to_thread(load_json, value, engine.artifacts)
    return [JsonValue(item) for item in data]


def _of_table(engine: Engine, table: TableRef, offset: int, count: int, batch: int | None) -> list[Value]:
    # Loaded with the first table: an idle server does without.
    from concertmaster.data.slices import row_values, slices  # noqa: PLC0415

    with engine.artifacts.holding([table.artifact]):
        path = engine.artifacts.local_path(table.artifact)
        if batch is None:
            return [JsonValue(row) for row in row_values(path, offset, count)]
        return list(slices(engine.artifacts, path, offset * batch, count, batch))


async def first_of(engine: Engine, value: Value) -> Any:
    """The first item of a list, or row of a table, as expressions see it.

    Raises:
        UserError: `evaluate.no_data`, there is none; or as `materialised`.
    """
    seen = await stored(engine, value)
    if isinstance(seen, TableRef):
        rows = await asyncio.to_thread(_of_table, engine, seen, 0, min(seen.rows, 1), None)
        found: list[Any] = [row.data for row in rows if isinstance(row, JsonValue)]
    else:
        data = await shown(engine, seen)
        found = cast("list[Any]", data)[:1] if isinstance(data, list) else []
    if not found:
        raise UserError("evaluate.no_data", "`item` has no value: what came in is no list, or has no items")
    return found[0]


def references_of(state: ExecutionState) -> list[ArtifactReference]:
    """What the items are, where they were cut out of a table: artifacts that no event names."""
    values = (state.items.values if state.items is not None else None) or []
    return [
        ArtifactReference(value.artifact, "", f"items[{item}]", value.size_bytes)
        for item, value in enumerate(values)
        if isinstance(value, TableRef)
    ]


async def result_of(engine: Engine, state: ExecutionState, item: int) -> Value:
    """What an item gives: the `result` of its container, or what its last nodes gave."""
    assert state.plan.items is not None
    body = state.plan.items.body
    wanted = body.deferred.get("result")
    if wanted is not None:
        scope = await scope_of(engine, state, wanted.references, _value(state, item), item)
        return JsonValue(wanted.render(scope))
    given = {name: _given(state, item_id(name, item)) for name in body.sinks}
    if len(given) == 1:
        return next(iter(given.values())) or NULL
    return JsonValue({name: None if value is None else await shown(engine, value) for name, value in given.items()})


def _given(state: ExecutionState, node_id: str) -> Value | None:
    return next(iter(state.nodes[node_id].outputs.values()), None)


def _value(state: ExecutionState, item: int) -> Value:
    values = state.items.values if state.items is not None else None
    return NULL if values is None or item >= len(values) else values[item]


async def goes_on(engine: Engine, state: ExecutionState, index: int) -> bool:
    """Whether a `while` or `until` goes on with item `index`; reads what the item before gave first."""
    items, plan = state.items, state.plan.items
    assert items is not None
    assert items.values is not None
    assert plan is not None
    if index and len(items.values) <= index:
        items.values.append(await result_of(engine, state, index - 1))
    condition = plan.body.deferred["condition"]
    # An `until` asks about the item that has just ended, a `while` about the one that would be next.
    seen = index - 1 if plan.kind == "until" else index
    value = items.values[index]
    scope = await scope_of(engine, state, condition.references, value, max(0, seen))
    if any(reference.root == "item" for reference in condition.references):
        scope["item"] = await shown(engine, value)
    if any(reference.root == "index" for reference in condition.references):
        scope["index"] = items.parentage.offset + seen
    holds = bool(condition.render(scope))
    return not holds if plan.kind == "until" else holds


async def results_of(engine: Engine, state: ExecutionState) -> Value:
    """What a child execution gives to the node that waits for it."""
    items, plan = state.items, state.plan.items
    assert items is not None
    assert plan is not None
    if plan.kind == "race":
        return JsonValue(await _winners(engine, state, items))
    if items.sequential:
        assert items.values is not None
        done = len(items.ended)
        return items.values[done] if len(items.values) > done else await result_of(engine, state, done - 1)
    if plan.kind == "lock":
        return await result_of(engine, state, 0)
    results: list[Value] = []
    for item in range(plan.count):
        results.append(await stored(engine, await _of_item(engine, state, items, item)))
    if results and all(isinstance(value, TableRef) for value in results):
        return await asyncio.to_thread(stacked, engine, results)
    plain = [await shown(engine, value) for value in results]
    return await asyncio.to_thread(save_json, plain, engine.artifacts)


async def _of_item(engine: Engine, state: ExecutionState, items: ItemsState, item: int) -> Value:
    failure = items.failures.get(item)
    if failure is None:
        return await result_of(engine, state, item) if _came_to_its_end(state, items, item) else NULL
    if items.parentage.settings.get("on_error") != "collect":
        return NULL
    node = failure.node.partition("[")[0] if failure.node else None
    return JsonValue({"error": {"code": failure.code, "message": failure.message, "node": node}})


def _came_to_its_end(state: ExecutionState, items: ItemsState, item: int) -> bool:
    """Whether an item has run, and was not given up because there was enough."""
    assert state.plan.items is not None
    given_up = any(state.nodes[node_id].status == "cancelled" for node_id in state.plan.items.nodes[item])
    return item < items.admitted and (item in items.stopped or not given_up)


async def _winners(engine: Engine, state: ExecutionState, items: ItemsState) -> Any:
    won = [
        {"winner": name, "value": await shown(engine, _given(state, item_id(name, 0)) or NULL)} for name in items.wins
    ]
    return won[0] if int(items.parentage.settings.get("wins") or 1) == 1 and won else won


def stacked(engine: Engine, tables: list[Value]) -> Value:
    """Tables one below the other."""
    from concertmaster.data.slices import stack  # noqa: PLC0415  (as in `_of_table`)

    digests = [table.artifact for table in tables if isinstance(table, TableRef)]
    with engine.artifacts.holding(digests):
        return stack(engine.artifacts, [engine.artifacts.local_path(digest) for digest in digests])

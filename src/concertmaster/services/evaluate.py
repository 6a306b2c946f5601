"""Evaluate: what an expression would give with the values of a run. Pure look-ups: nothing runs, nothing is stored.

Each request is bounded in time, in the size of what is loaded, and by one budget for all that it computes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import ConcertMasterError, OperationalError, UserError
from concertmaster.domain.expression_filters import TEXT_FILTERS
from concertmaster.domain.expression_lists import LIST_FILTERS
from concertmaster.domain.expression_parse import has_expression
from concertmaster.domain.expression_steps import Reference
from concertmaster.domain.expression_template import compile_text
from concertmaster.domain.expression_tests import UNARY
from concertmaster.domain.expression_values import Budget, to_json_text
from concertmaster.domain.redaction import MASK
from concertmaster.domain.sizes import format_size
from concertmaster.domain.spec import Specs
from concertmaster.domain.values import JsonValue, PlannedTable, Value, visible
from concertmaster.engine.item_values import first_of, values_given
from concertmaster.engine.parts import Engine
from concertmaster.engine.scope import shown
from concertmaster.services.columns_before import ColumnsBefore
from concertmaster.services.execution_view import NodeRun
from concertmaster.services.executions import ExecutionService
from concertmaster.services.places import Place, Places, Wanted
from concertmaster.services.scope_tree import TreeMaker, kind_of
from concertmaster.services.workflows import WorkflowService

SECONDS = 5.0
UNITS = 4_000_000
LARGEST_BYTES = 8 * 1024 * 1024
# Of a value that is told whole, and of the text that stands for it.
_TOLD_BYTES = 16 * 1024
_PREVIEW = 240
_AT_ONCE = 4
T = TypeVar("T")
Shown = Callable[[Value], Awaitable[Any]]
FirstOf = Callable[[Value], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Item:
    """One text to compute.

    Attributes:
        pointer: of the field, to find the answer by.
        per_item: the field is computed for each item of the incoming list: `item` is its first one.
    """

    pointer: str
    text: str
    per_item: bool = False


class EvaluateService:
    """Answers what expressions give, and what they may name."""

    def __init__(
        self,
        places: Places,
        columns: ColumnsBefore,
        specs: Callable[[], Specs],
        *,
        shown: Shown,
        first_of: FirstOf,
    ) -> None:
        """Args:
        shown: what an expression sees of a value.
        first_of: the first item of a value that is a list or table.
        """
        self._places = places
        self._columns = columns
        self._specs = specs
        self._shown = shown
        self._first_of = first_of
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @classmethod
    def on(
        cls, engine: Engine, workflows: WorkflowService, executions: ExecutionService, specs: Callable[[], Specs]
    ) -> EvaluateService:
        """That reads values as the engine does."""
        return cls(
            Places(workflows, executions, partial(values_given, engine)),
            ColumnsBefore(engine.workspace, engine.data_dir),
            specs,
            shown=partial(shown, engine),
            first_of=partial(first_of, engine),
        )

    async def evaluate(self, actor: Actor, name: str, wanted: Wanted, items: Sequence[Item]) -> dict[str, Any]:
        """`Evaluated` of the REST contract. An expression that fails has its error; it fails no other.

        Raises:
            NotFound, Invalid: as `Places.find`.
            OperationalError: `evaluate.timed_out`.
        """
        place = await self._places.find(actor, name, wanted)
        budget, loaded = Budget(UNITS), dict[int, Any]()
        async with self._turns:
            try:
                async with asyncio.timeout(SECONDS):
                    told = [await self._one(place, item, budget, loaded) for item in items]
            except TimeoutError:
                message = f"The values were not there within {SECONDS:g} s; run the workflow to see what it gives"
                raise OperationalError("evaluate.timed_out", message) from None
        return {"execution": None if place.row is None else place.row.id, "items": told}

    async def scope(self, actor: Actor, name: str, wanted: Wanted) -> dict[str, Any]:
        """`ExpressionScope` of the REST contract: names with kinds and samples. Raises as `Places.find`."""
        place = await self._places.find(actor, name, wanted)
        tree = TreeMaker(self._sample)
        items = [
            *await self._around(place, tree),
            await tree.mapping("inputs", "inputs", _without_secrets(place)),
            await self._nodes(place, tree),
            await tree.mapping("vars", "vars", place.workflow.vars),
        ]
        if place.row is not None:
            items.append(await tree.mapping("trigger", "trigger", place.row.trigger))
            items.append(await tree.mapping("execution", "execution", _execution(place)))
        row = place.row
        run = None if row is None else {"id": row.id, "version": row.version, "created_at": row.created_at}
        filters = {**TEXT_FILTERS, **LIST_FILTERS}
        return {
            "execution": run,
            "items": items,
            "filters": [{"name": one, "parameters": list(filters[one].parameters)} for one in sorted(filters)],
            "tests": sorted(UNARY),
        }

    async def _around(self, place: Place, tree: TreeMaker) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        incoming = place.incoming()
        if incoming is not None:
            found.append(await tree.value("input", "input", incoming))
        if place.item is not None:
            found.append(await tree.value("item", "item", place.item))
        if place.index is not None:
            found.append(await tree.value("index", "index", JsonValue(place.index)))
        return found

    async def _nodes(self, place: Place, tree: TreeMaker) -> dict[str, Any]:
        entries: list[dict[str, Any]] = []
        for name, run in place.runs.items():
            if run.status != "succeeded" or name == place.node:
                continue
            names = self._outlets(run)
            if set(names) <= {"out"}:
                entry = await tree.value(name, "nodes", run.outputs.get("out", JsonValue(None)), below=True)
            else:
                entry = await tree.outlets(name, "nodes", {one: run.outputs.get(one) for one in names})
            entries.append({**entry, "title": run.title})
        known = {entry["name"] for entry in entries}
        for name, columns in (await self._columns.of(place.graph)).items():
            if name not in known and name != place.node:
                entries.append({**tree.table(name, "nodes", columns), "title": place.graph.nodes[name].title})
        return {"name": "nodes", "path": "nodes", "kind": "object", "preview": "", "children": entries, "more": False}

    async def _sample(self, value: Value) -> Any:
        """What the tree shows of a value; None is told of what would have to be made or is too large to be read."""
        if isinstance(value, JsonValue) and value.artifact is not None:
            return None if value.size_bytes > LARGEST_BYTES // 8 else await self._shown(value)
        return visible(value)

    async def _one(self, place: Place, item: Item, budget: Budget, loaded: dict[int, Any]) -> dict[str, Any]:
        try:
            value: Any = item.text
            if has_expression(item.text):
                template = await asyncio.to_thread(compile_text, item.text)
                scope = await self._scope(place, template.references, loaded, per_item=item.per_item)
                value = await asyncio.to_thread(template.render, scope, budget)
            text = await asyncio.to_thread(_text_of, value, budget)
        except ConcertMasterError as error:
            at = error.details.get("position")
            told = {"code": error.code, "message": error.message, "at": at if isinstance(at, int) else None}
            return {"pointer": item.pointer, "kind": None, "preview": "", "error": told}
        answer: dict[str, Any] = {"pointer": item.pointer, "kind": kind_of(value), "preview": text[:_PREVIEW]}
        answer["truncated"] = len(text) > _PREVIEW
        if len(text) <= _TOLD_BYTES:
            answer["value"] = value
        return answer

    async def _scope(
        self, place: Place, references: Iterable[Reference], loaded: dict[int, Any], *, per_item: bool
    ) -> dict[str, Any]:
        scope: dict[str, Any] = {}
        for reference in references:
            match reference.root:
                case "nodes":
                    nodes = scope.setdefault("nodes", {})
                    for name in place.runs if reference.name is None else [reference.name]:
                        nodes[name] = await self._node(place, name, loaded, reference)
                case "inputs":
                    scope["inputs"] = _inputs(place, reference.name)
                case "vars":
                    scope["vars"] = place.workflow.vars
                case "input":
                    scope["input"] = await self._plain(_known(place.incoming(), "input"), loaded, reference.name)
                case "item" if per_item:
                    scope["item"] = await self._first_of(_bounded(_known(place.incoming(), "item")))
                case "index" if per_item:
                    scope["index"] = 0
                case "item":
                    scope["item"] = await self._plain(_known(place.item, "item"), loaded, reference.name)
                case "index":
                    scope["index"] = _known(place.index, "index")
                case "trigger":
                    scope["trigger"] = _known(place.row, "trigger").trigger
                case "execution":
                    scope["execution"] = _execution(place)
                case _:
                    scope[reference.root] = None
        return scope

    async def _node(self, place: Place, name: str, loaded: dict[int, Any], reference: Reference) -> Any:
        run = place.runs.get(name)
        if run is None or run.status in ("pending", "running", "retrying", "waiting"):
            if reference.name is None:
                return None
            raise _no_data(f"nodes.{name}")
        if run.status != "succeeded":
            return None
        names = self._outlets(run)
        if set(names) <= {"out"}:
            return await self._plain(run.outputs.get("out", JsonValue(None)), loaded, reference.key)
        taken = {one: run.outputs.get(one, JsonValue(None)) for one in names}
        return {one: await self._plain(value, loaded, None) for one, value in taken.items()}

    def _outlets(self, run: NodeRun) -> Sequence[str]:
        """The outlets that `nodes.<id>` shows: those of its type, where its config does not make them."""
        type_id, _, version = run.type.partition("@")
        spec = self._specs().spec(type_id, int(version) if version.isdigit() else None)
        if spec is None or spec.dynamic_outlets:
            return tuple(run.outputs)
        return [outlet.name for outlet in spec.outlets]

    async def _plain(self, value: Value, loaded: dict[int, Any], key: str | None) -> Any:
        if isinstance(value, PlannedTable) and key == "columns":
            return visible(value)
        if id(value) not in loaded:
            loaded[id(value)] = await self._shown(_bounded(value))
        return loaded[id(value)]


def _bounded(value: Value) -> Value:
    """The value, unless it is JSON too large to be read for an answer."""
    if isinstance(value, JsonValue) and value.artifact is not None and value.size_bytes > LARGEST_BYTES:
        size = format_size(value.size_bytes)
        raise UserError("evaluate.too_large", f"The value has {size}; run the workflow to see what this gives")
    return value


def _known(value: T | None, name: str) -> T:
    if value is None:
        raise _no_data(name)
    return value


def _no_data(name: str) -> UserError:
    message = f"`{name}` has no data in this run; run the workflow, or choose another run, to see what this gives"
    return UserError("evaluate.no_data", message)


def _inputs(place: Place, name: str | None) -> Mapping[str, Any]:
    if name is None:
        return _without_secrets(place)
    if _secret(place, name):
        raise UserError("evaluate.secret", f"`inputs.{name}` is a secret, which is not shown")
    if name not in place.inputs and name in place.workflow.inputs:
        raise _no_data(f"inputs.{name}")
    return place.inputs


def _without_secrets(place: Place) -> dict[str, Any]:
    return {name: MASK if _secret(place, name) else value for name, value in place.inputs.items()}


def _secret(place: Place, name: str) -> bool:
    schema = place.workflow.inputs.get(name, {})
    return schema.get("writeOnly") is True or schema.get("format") == "password"


def _execution(place: Place) -> dict[str, Any]:
    row = _known(place.row, "execution")
    created = row.created_at.isoformat()
    return {"id": row.id, "workflow": row.workflow, "version": row.version, "created_at": created, "error": None}


def _text_of(value: Any, budget: Budget) -> str:
    return value if isinstance(value, str) else to_json_text(value, budget)

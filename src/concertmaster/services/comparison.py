"""Comparison: two executions side by side, by what their journals hold; nothing is loaded or made for it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.values import FileRef, JsonValue, PlannedTable, Value
from concertmaster.domain.workflow import Body, Edge, Workflow
from concertmaster.engine.items import item_id
from concertmaster.services.execution_view import ExecutionView, NodeRun
from concertmaster.services.executions import ExecutionService
from concertmaster.services.items import ItemService
from concertmaster.services.lineage import edges_of

Same = Literal["same", "different", "unknown"]
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: an execution, or an item of a loop in it.

    Attributes:
        nodes: by the names that both sides have in common; `edges` between them.
    """

    row: ExecutionRow
    inputs: Mapping[str, Any]
    graph: Workflow | Body
    nodes: Mapping[str, NodeRun]
    edges: Sequence[Edge]

    @staticmethod
    def of(row: ExecutionRow, view: ExecutionView) -> Side:
        """All of an execution."""
        return Side(row, view.inputs, view.graph, view.nodes, list(edges_of(view)))


class ComparisonService:
    """Use cases of whoever asks why it was otherwise yesterday."""

    def __init__(self, executions: ExecutionService, items: ItemService) -> None:
        self._executions = executions
        self._items = items

    async def compare(
        self, actor: Actor, execution_id: str, other: str, *, node: str = "", path: str = ""
    ) -> dict[str, Any]:
        """`Comparison` of the REST contract. Executions of two workflows are compared by the names of their nodes.

        Args:
            node, path: only the item of a loop that this node of its body is in, see `ItemService.find`.
        Raises:
            NotFound: one of the executions; or what `ItemService.find` raises, as of UserError.
        """
        demand(actor, "execution:read")
        first, second = [await self._side(actor, one, node, path) for one in (execution_id, other)]
        return comparison(first, second)

    async def _side(self, actor: Actor, execution_id: str, node: str, path: str) -> Side:
        if not path:
            return Side.of(*await self._executions.view(execution_id))
        found, at, _ = await self._items.find(actor, execution_id, node, path)
        row, view = await self._executions.view(found)
        item = int(at.rpartition("[")[2].rstrip("]"))
        nodes = {name: view.nodes[item_id(name, item)] for name in view.graph.nodes}
        return Side(row, view.inputs, view.graph, nodes, view.graph.edges)


def comparison(first: Side, second: Side) -> dict[str, Any]:
    """`Comparison` of the REST contract. Pure."""
    row, other_row = first.row, second.row
    nodes = {name: _node(name, first, second) for name in _in_order(first, second)}
    inputs = _inputs(first.inputs, second.inputs)
    return {
        "executions": [row.as_json(), other_row.as_json()],
        "same_workflow": row.workflow == other_row.workflow,
        "same_version": (row.workflow, row.version) == (other_row.workflow, other_row.version),
        "first_divergence": _divergence(inputs, list(nodes.values())),
        "inputs": inputs,
        "nodes": list(nodes.values()),
    }


def _inputs(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "same": name in ours and name in theirs and _equal(ours[name], theirs[name]),
            "values": [ours.get(name), theirs.get(name)],
        }
        for name in dict.fromkeys([*ours, *theirs])
    ]


def _in_order(first: Side, second: Side) -> list[str]:
    """All nodes, along the edges; where these leave it open those first that ended first after the start."""
    sources: dict[str, set[str]] = {name: set() for name in [*first.nodes, *second.nodes]}
    for edge in [*first.edges, *second.edges]:
        if edge.source in sources and edge.target in sources:
            sources[edge.target].add(edge.source)
    takers: dict[str, list[str]] = {name: [] for name in sources}
    for name, before in sources.items():
        for source in before:
            takers[source].append(name)
    left = {name: len(before) for name, before in sources.items()}
    places = {name: place for place, name in enumerate(sources)}

    def by_time(name: str) -> tuple[timedelta, int]:
        runs = [(one.row, one.nodes[name]) for one in (first, second) if name in one.nodes]
        took = [run.ended_at - row.created_at for row, run in runs if run.ended_at is not None]
        return (min(took, default=timedelta.max), places[name])

    ready = [(by_time(name), name) for name, count in left.items() if count == 0]
    heapq.heapify(ready)
    found: list[str] = []
    while ready:
        _, name = heapq.heappop(ready)
        found.append(name)
        for taker in takers[name]:
            left[taker] -= 1
            if left[taker] == 0:
                heapq.heappush(ready, (by_time(taker), taker))
    # Two versions may have an edge the one way and the other.
    return [*found, *(name for name in sources if left[name] > 0)]


def _node(name: str, first: Side, second: Side) -> dict[str, Any]:
    run, their_run = first.nodes.get(name), second.nodes.get(name)
    both = (run, their_run)
    outlets = {} if run is None or their_run is None else _outlets(run.outputs, their_run.outputs)
    return {
        "node": name,
        "type": [None if one is None else one.type for one in both],
        "status": [None if one is None else one.status for one in both],
        "seconds": [None if one is None else _seconds(one.started_at, one.ended_at) for one in both],
        "attempt": [None if one is None else one.attempt for one in both],
        "config_changed": _config(first.graph, name) != _config(second.graph, name),
        "input_changed": None if run is None or their_run is None else _input_changed(name, first, second),
        "output": "different" if run is None or their_run is None else _worst(outlets.values()),
        "outlets": outlets,
    }


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max((end - start).total_seconds(), 0.0)


def _config(graph: Workflow | Body, name: str) -> Any:
    """What makes a node do what it does; its title does not."""
    # In a part of another execution there is a node of each item: `price[3]`.
    node = graph.nodes.get(name.partition("[")[0])
    return None if node is None else (node.type, node.config, node.policy, node.disabled, node.body)


def _outlets(ours: Mapping[str, Value], theirs: Mapping[str, Value]) -> dict[str, Same]:
    return {outlet: _same(ours.get(outlet), theirs.get(outlet)) for outlet in dict.fromkeys([*ours, *theirs])}


def _input_changed(name: str, first: Side, second: Side) -> bool | None:
    """Whether something else came by the edges into it; None when that cannot be told."""
    ours, theirs = _came_in(name, first), _came_in(name, second)
    if ours.keys() != theirs.keys():
        return True
    found = _worst(_same(value, theirs[place]) for place, value in ours.items())
    return None if found == "unknown" else found == "different"


def _came_in(name: str, side: Side) -> dict[tuple[str, str, str], Value]:
    """By source, outlet and port."""
    found: dict[tuple[str, str, str], Value] = {}
    for edge in side.edges:
        source = side.nodes.get(edge.source)
        if edge.target == name and source is not None and edge.outlet in source.outputs:
            found[edge.source, edge.outlet, edge.port] = source.outputs[edge.outlet]
    return found


def _same(ours: Value | None, theirs: Value | None) -> Same:
    """Whether two values are the same; a table that was never stored, or a file of the workspace, nobody has hashed."""
    if ours is None or theirs is None or type(ours) is not type(theirs):
        stored = not isinstance(ours, PlannedTable) and not isinstance(theirs, PlannedTable)
        return "different" if stored or ours is None or theirs is None else "unknown"
    if ours.artifact is not None and theirs.artifact is not None:
        return "same" if ours.artifact == theirs.artifact else "different"
    if isinstance(ours, JsonValue) and ours.artifact != theirs.artifact:
        # One is too large for the journal, the other is not.
        return "different"
    match ours, theirs:
        case PlannedTable(), PlannedTable():
            # Made by the same steps of the same bytes; other steps may come to the same rows.
            return "same" if ours == theirs else "unknown"
        case JsonValue(data), JsonValue(other):
            return "same" if _equal(data, other) else "different"
        case FileRef(), FileRef():
            return "different" if (ours.name, ours.size_bytes) != (theirs.name, theirs.size_bytes) else "unknown"
        case _:
            return "unknown"


def _worst(found: Iterable[Same]) -> Same:
    told = set(found)
    return "different" if "different" in told else "unknown" if "unknown" in told else "same"


def _equal(ours: Any, theirs: Any) -> bool:
    """As JSON: true is not 1, and the order of keys says nothing."""
    return orjson.dumps(ours, option=_SORTED) == orjson.dumps(theirs, option=_SORTED)


def _divergence(inputs: Sequence[Mapping[str, Any]], nodes: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    found = next(((node["node"], what) for node in nodes if (what := _differs(node)) is not None), None)
    if not all(one["same"] for one in inputs):
        # They were there before every node.
        return {"node": found[0] if found else None, "what": "inputs"}
    return None if found is None else {"node": found[0], "what": found[1]}


def _differs(node: Mapping[str, Any]) -> str | None:
    if None in node["status"]:
        return "missing"
    if node["config_changed"]:
        return "config"
    if node["input_changed"]:
        return "input"
    if node["status"][0] != node["status"][1]:
        return "status"
    return "output" if node["output"] == "different" else None

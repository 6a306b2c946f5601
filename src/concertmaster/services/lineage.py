"""Lineage: what made each value of an execution, told from its events: the node, and what came into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from concertmaster.domain.errors import NotFound
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.expression import compile_value
from concertmaster.domain.interfaces import ArtifactUse
from concertmaster.domain.near_miss import hint
from concertmaster.domain.values import TableRef, Value, to_json
from concertmaster.domain.workflow import Edge
from concertmaster.engine.items import item_id
from concertmaster.services.execution_view import ExecutionView, NodeRun, origin_json

Place = tuple[str, str]
"""A node and one of its outlets."""


def chosen_values(view: ExecutionView, execution_id: str, node: str | None, *, down: bool = False) -> list[Place]:
    """The values of a node and those that they are based on, in the order of the document; without one all there are.

    Args:
        down: those that are based on the node's values in place of those that these are based on.
    Raises:
        NotFound: `node.not_found`.
    """
    if node is None:
        return [(name, outlet) for name, run in view.nodes.items() for outlet in run.outputs]
    if node not in view.nodes:
        raise NotFound("node.not_found", f"Execution {execution_id} has no node '{node}'{hint(node, view.nodes)}")
    before = _before(view)
    found = {(node, outlet) for outlet in view.nodes[node].outputs}
    found |= _based_on(view, node, before) if down else _base_of(node, before)
    return [(name, outlet) for name, run in view.nodes.items() for outlet in run.outputs if (name, outlet) in found]


def _before(view: ExecutionView) -> dict[str, set[Place]]:
    """Node to the values that it took: by its edges and by the expressions of its config."""
    before: dict[str, set[Place]] = {
        name: {(source, outlet) for source, outlets in read.items() for outlet in outlets}
        for name, read in _reads(view).items()
    }
    for edge in edges_of(view):
        if _came_in(view.nodes, edge) is not None:
            before[edge.target].add((edge.source, edge.outlet))
    return before


def _base_of(node: str, before: Mapping[str, set[Place]]) -> set[Place]:
    found, nodes, waiting = set[Place](), {node}, [node]
    while waiting:
        into = before[waiting.pop()]
        found |= into
        waiting.extend({source for source, _ in into} - nodes)
        nodes.update(waiting)
    return found


def _based_on(view: ExecutionView, node: str, before: Mapping[str, set[Place]]) -> set[Place]:
    takers: dict[str, set[str]] = {}
    for taker, into in before.items():
        for source, _ in into:
            takers.setdefault(source, set()).add(taker)
    nodes, waiting = {node}, [node]
    while waiting:
        waiting.extend(takers.get(waiting.pop(), set()) - nodes)
        nodes.update(waiting)
    return {(name, outlet) for name in nodes - {node} for outlet in view.nodes[name].outputs}


def artifacts_of(view: ExecutionView, places: Sequence[Place]) -> list[str]:
    """Digests of these values."""
    values = [view.nodes[name].outputs[outlet] for name, outlet in places]
    return list(dict.fromkeys(value.artifact for value in values if value.artifact is not None))


def lineage_of(
    row: ExecutionRow, view: ExecutionView, places: Sequence[Place], uses: Mapping[str, Sequence[ArtifactUse]]
) -> dict[str, Any]:
    """`Lineage` of the REST contract.

    Args:
        places: whose values are told.
        uses: by digest, where else the same bytes are.
    """
    into: dict[str, list[dict[str, Any]]] = {}
    for edge in edges_of(view):
        value = _came_in(view.nodes, edge)
        if value is not None:
            told = {"port": edge.port, "node": edge.source, "outlet": edge.outlet, **_size(value)}
            into.setdefault(edge.target, []).append(told)
    reads = _reads(view)
    return {
        "execution": row.id,
        "workflow": row.workflow,
        "version": row.version,
        "inputs": dict(view.inputs),
        "items": [
            {**_made(view.nodes[name], outlet, uses), "inputs": into.get(name, []), "reads": list(reads[name])}
            for name, outlet in places
        ],
    }


def _made(run: NodeRun, outlet: str, uses: Mapping[str, Sequence[ArtifactUse]]) -> dict[str, Any]:
    value = run.outputs[outlet]
    return {
        "node": run.node,
        "type": run.type,
        "outlet": outlet,
        "attempt": run.attempt,
        "at": run.ended_at,
        **_size(value),
        "reused": origin_json(run.reused),
        "also": [
            {
                "execution": use.execution,
                "workflow": use.workflow,
                "node": use.node,
                "outlet": use.outlet,
                "at": use.created_at,
            }
            for use in uses.get(value.artifact or "", ())
        ],
    }


def _size(value: Value) -> dict[str, Any]:
    rows = value.rows if isinstance(value, TableRef) else None
    return {"kind": to_json(value)["kind"], "rows": rows, "bytes": value.size_bytes}


def _came_in(runs: Mapping[str, NodeRun], edge: Edge) -> Value | None:
    """What came by an edge; None for one that was not taken, or only after the node had begun."""
    source, target = runs.get(edge.source), runs.get(edge.target)
    if source is None or target is None or target.started_at is None or source.ended_at is None:
        return None
    return source.outputs.get(edge.outlet) if source.ended_at <= target.started_at else None


def _reads(view: ExecutionView) -> dict[str, dict[str, set[str]]]:
    """Node to the nodes of the same execution that the expressions of its config look at, and their outlets."""
    found: dict[str, dict[str, set[str]]] = {name: {} for name in view.nodes}
    for name, node in view.graph.nodes.items():
        for reference in sorted(compile_value(dict(node.config)).references, key=str):
            if reference.root != "nodes" or reference.name is None:
                continue
            for item in _items(view):
                reader, read = (one if item is None else item_id(one, item) for one in (name, reference.name))
                if read in view.nodes:
                    found[reader].setdefault(read, set()).update(_seen(view.nodes[read], reference.key))
    return found


def _seen(run: NodeRun, key: str | None) -> Iterable[str]:
    """The outlets that `nodes.<id>.<key>` looks at: the one that it names, else it is a part of what came out."""
    return [key] if key is not None and key in run.outputs else run.outputs


def _items(view: ExecutionView) -> Iterable[int | None]:
    """The items of a part of another execution; one of nothing for a whole one."""
    return (None,) if view.parentage is None or not view.parentage.hidden else range(view.parentage.count)


def edges_of(view: ExecutionView) -> Iterator[Edge]:
    """Of a part of another execution, the edges of each item."""
    for item in _items(view):
        for edge in view.graph.edges:
            if item is None:
                yield edge
            else:
                yield Edge(item_id(edge.source, item), item_id(edge.target, item), edge.outlet, edge.port)

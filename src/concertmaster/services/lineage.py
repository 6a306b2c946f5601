"""Lineage: what made each value of an execution, told from its events: the node, and what came into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from concertmaster.domain.errors import NotFound
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.expression import compile_value
from concertmaster.domain.interfaces import ArtifactUse
from concertmaster.domain.values import TableRef, Value, to_json
from concertmaster.domain.workflow import Edge
from concertmaster.engine.items import item_id
from concertmaster.services.execution_view import ExecutionView, NodeRun


def chosen_nodes(view: ExecutionView, execution_id: str, node: str | None) -> list[str]:
    """A node and those that it is based on, in the order of the document; without one all of them.

    Raises:
        NotFound: `node.not_found`.
    """
    if node is None:
        return list(view.nodes)
    if node not in view.nodes:
        raise NotFound("node.not_found", f"Execution {execution_id} has no node '{node}'")
    before = {name: set(read) for name, read in _reads(view).items()}
    for edge in _edges(view):
        if _came_in(view.nodes, edge) is not None:
            before[edge.target].add(edge.source)
    found, waiting = {node}, [node]
    while waiting:
        for source in before[waiting.pop()] - found:
            found.add(source)
            waiting.append(source)
    return [name for name in view.nodes if name in found]


def artifacts_of(view: ExecutionView, nodes: Sequence[str]) -> list[str]:
    """Digests of what these nodes gave."""
    values = [value for name in nodes for value in view.nodes[name].outputs.values()]
    return list(dict.fromkeys(value.artifact for value in values if value.artifact is not None))


def lineage_of(
    row: ExecutionRow, view: ExecutionView, nodes: Sequence[str], uses: Mapping[str, Sequence[ArtifactUse]]
) -> dict[str, Any]:
    """`Lineage` of the REST contract.

    Args:
        nodes: whose values are told.
        uses: by digest, where else the same bytes are.
    """
    into: dict[str, list[dict[str, Any]]] = {}
    for edge in _edges(view):
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
            {**_made(view.nodes[name], outlet, value, uses), "inputs": into.get(name, []), "reads": reads[name]}
            for name in nodes
            for outlet, value in view.nodes[name].outputs.items()
        ],
    }


def _made(run: NodeRun, outlet: str, value: Value, uses: Mapping[str, Sequence[ArtifactUse]]) -> dict[str, Any]:
    return {
        "node": run.node,
        "type": run.type,
        "outlet": outlet,
        "attempt": run.attempt,
        "at": run.ended_at,
        **_size(value),
        "reused": None if run.reused is None else dict(run.reused),
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


def _reads(view: ExecutionView) -> dict[str, list[str]]:
    """Node to the nodes of the same execution that the expressions of its config look at."""
    named = {
        name: [one.name for one in compile_value(dict(node.config)).references if one.root == "nodes" and one.name]
        for name, node in view.graph.nodes.items()
    }
    found: dict[str, list[str]] = {name: [] for name in view.nodes}
    for name, read in named.items():
        for item in _items(view):
            ids = [one if item is None else item_id(one, item) for one in (name, *dict.fromkeys(read))]
            found[ids[0]] = [one for one in ids[1:] if one in view.nodes]
    return found


def _items(view: ExecutionView) -> Iterable[int | None]:
    """The items of a part of another execution; one of nothing for a whole one."""
    return (None,) if view.parentage is None or not view.parentage.hidden else range(view.parentage.count)


def _edges(view: ExecutionView) -> Iterator[Edge]:
    """Of a part of another execution, the edges of each item."""
    for item in _items(view):
        for edge in view.graph.edges:
            if item is None:
                yield edge
            else:
                yield Edge(item_id(edge.source, item), item_id(edge.target, item), edge.outlet, edge.port)

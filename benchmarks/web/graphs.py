"""The graphs that both pages show."""

from __future__ import annotations

import json
from typing import Any

COLUMN, ROW, ROWS = 280, 104, 25


def workflow(name: str, count: int) -> dict[str, Any]:
    """Layers of 25 nodes, each fed by the one beside it in the layer before; all of them have their place."""
    nodes = [f"n{number}" for number in range(count)]
    edges = [f"n{number - ROWS} -> n{number}" for number in range(ROWS, count)]
    return {
        "concertmaster": 1,
        "name": name,
        "nodes": {node: {"type": "data.set@1", "config": {"value": number}} for number, node in enumerate(nodes)},
        "edges": edges,
        "layout": {node: [number // ROWS * COLUMN, number % ROWS * ROW] for number, node in enumerate(nodes)},
    }


def bare(document: dict[str, Any]) -> bytes:
    """The same for the bare page."""
    edges = [edge.split(" -> ") for edge in document["edges"]]
    return json.dumps({"nodes": list(document["nodes"]), "edges": edges, "layout": document["layout"]}).encode()

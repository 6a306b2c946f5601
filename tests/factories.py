"""Documents and node modules that tests of several parts use."""

from __future__ import annotations

from typing import Any

# Saved as `nodes/testing.py` of a workspace.
NODES = '''
import asyncio

from concertmaster import Context, node


@node(id="testing.pause", effect="none")
async def pause(seconds: float, context: Context) -> float:
    """Wait without blocking."""
    context.logger.info("waiting")
    await asyncio.sleep(seconds)
    return seconds


@node(id="testing.burst", effect="none")
async def burst(count: int, context: Context) -> int:
    """Log a lot."""
    for number in range(count):
        context.logger.info("line %d", number)
    return count


@node(id="testing.explode", effect="none")
def explode(text: str) -> str:
    """Raise."""
    raise RuntimeError(text)
'''


def document(name: str = "hello", **parts: Any) -> dict[str, Any]:
    """A workflow of two nodes with an input `n`; outputs `{double: 2 * (n + 1)}`."""
    return {
        "concertmaster": 1,
        "name": name,
        "inputs": {"n": {"type": "integer", "minimum": 0, "default": 3}},
        "nodes": {
            "first": {"type": "data.set", "config": {"value": {"x": "{{ inputs.n + 1 }}"}}},
            "double": {"type": "data.set", "config": {"value": "{{ input.x * 2 }}"}},
        },
        "edges": ["first -> double"],
        "outputs": {"double": "{{ nodes.double }}"},
        **parts,
    }


def pausing(name: str = "pausing", *, seconds: float = 60) -> dict[str, Any]:
    """A workflow whose second node waits."""
    return document(
        name,
        inputs={},
        nodes={
            "first": {"type": "data.set", "config": {"value": 1}},
            "wait": {"type": "testing.pause", "config": {"seconds": seconds}},
        },
        edges=["first -> wait"],
        outputs={},
    )


def chain(name: str, length: int) -> dict[str, Any]:
    """A workflow of `length` nodes, one after the other; about one event a node."""
    nodes = {f"n{number}": {"type": "data.set", "config": {"value": number}} for number in range(length)}
    edges = [f"n{number} -> n{number + 1}" for number in range(length - 1)]
    return document(name, inputs={}, nodes=nodes, edges=edges, outputs={})


def table_workflow(name: str = "cities") -> dict[str, Any]:
    """Reads `cities.csv` and filters it."""
    return document(
        name,
        inputs={},
        nodes={
            "read": {"type": "file.read", "config": {"path": "cities.csv"}},
            "large": {"type": "table.filter", "config": {"condition": "people > 1000"}},
        },
        edges=["read -> large"],
        outputs={"rows": "{{ nodes.large.rows }}"},
    )


CITIES = "city,people\nA,500\nB,1500\nC,2500\nD,\nE,9000\n"

"""Small workflows for the tests of the canvas: what they hold is easily said, and where it stands is known."""

from __future__ import annotations

from typing import Any

COLUMN = 280


def chain(name: str, *, gap: int = COLUMN) -> dict[str, Any]:
    """read -> keep -> sort, in one row from left to right."""
    return {
        "concertmaster": 1,
        "name": name,
        "nodes": {
            "read": {"type": "file.read@1", "config": {"path": "cities.csv"}},
            "keep": {"type": "table.filter@1", "title": "Keep cities", "config": {"condition": "people > 1"}},
            "sort": {"type": "table.sort@1"},
        },
        "edges": ["read -> keep", "keep -> sort"],
        "layout": {"read": [0, 0], "keep": [gap, 0], "sort": [2 * gap, 0]},
    }


def scattered(name: str) -> dict[str, Any]:
    """Four unwired nodes at odd places."""
    places = {"a": [0, 0], "b": [301, 57], "c": [613, 240], "d": [120, 330]}
    return {
        "concertmaster": 1,
        "name": name,
        "nodes": {node: {"type": "data.set@1", "config": {"value": 1}} for node in places},
        "layout": places,
    }


def wide(name: str, count: int, *, columns: int = 50) -> dict[str, Any]:
    """`count` unwired nodes in rows."""
    return {
        "concertmaster": 1,
        "name": name,
        "nodes": {f"n{number}": {"type": "data.set@1", "config": {"value": number}} for number in range(count)},
        "layout": {f"n{number}": [number % columns * 240, number // columns * 96] for number in range(count)},
    }

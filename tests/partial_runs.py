"""Calls that tests of partial runs and of pins make, and the workflows that they run parts of."""

from __future__ import annotations

from typing import Any

import httpx

from api_calls import start, until
from factories import document

ENDED = ("succeeded", "failed", "cancelled", "interrupted")


def setting(value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "data.set", "config": {"value": value}, **more}


async def save(client: httpx.AsyncClient, name: str, **parts: Any) -> int:
    answer = await client.post("/workflows", json=document(name, **{"inputs": {}, "outputs": {}, "edges": [], **parts}))
    return answer.raise_for_status().json()["version"]


async def whole(client: httpx.AsyncClient, name: str, **body: Any) -> str:
    id_ = await start(client, name, **body)
    await until(client, id_, lambda shown: shown["status"] in ENDED)
    return id_


async def ask(client: httpx.AsyncClient, name: str, *, dry_run: bool = False, **body: Any) -> httpx.Response:
    return await client.post(f"/workflows/{name}/executions", json=body, params={"dry_run": dry_run})


async def plan(client: httpx.AsyncClient, name: str, **body: Any) -> dict[str, str]:
    answer = await ask(client, name, dry_run=True, **body)
    assert answer.status_code == 200, answer.text
    return {node: line["action"] for node, line in answer.json()["nodes"].items()}


async def run(client: httpx.AsyncClient, name: str, **body: Any) -> dict[str, Any]:
    answer = await ask(client, name, **body)
    assert answer.status_code == 202, answer.text
    return await until(client, answer.json()["id"], lambda shown: shown["status"] in ENDED)


def statuses(shown: dict[str, Any]) -> dict[str, str]:
    return {name: node["status"] for name, node in shown["nodes"].items()}


async def refused(client: httpx.AsyncClient, name: str, **body: Any) -> tuple[int, str]:
    """How both the plan and the start refuse it."""
    planned, started = await ask(client, name, dry_run=True, **body), await ask(client, name, **body)
    assert (planned.status_code, planned.json()["code"]) == (started.status_code, started.json()["code"])
    return started.status_code, started.json()["code"]


CHAIN: dict[str, Any] = {
    "inputs": {"n": {"type": "integer", "default": 3}},
    "nodes": {
        "a": setting("{{ inputs.n }}"),
        "b": setting("{{ input + 1 }}"),
        "c": setting("{{ input * 10 }}"),
        "side": setting("nobody needs it"),
    },
    "edges": ["a -> b", "b -> c"],
    "outputs": {"c": "{{ nodes.c }}", "side": "{{ nodes.side }}"},
}


FORK: dict[str, Any] = {
    "inputs": {"yes": {"type": "boolean", "default": True}},
    "nodes": {
        "check": {"type": "logic.if", "config": {"condition": "{{ inputs.yes }}"}},
        "left": setting("left"),
        "right": setting("right"),
        "join": setting("{{ [nodes.left, nodes.right] }}"),
    },
    "edges": ["check.true -> left", "check.false -> right", "left -> join", "right -> join"],
}

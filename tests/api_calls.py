"""Calls of the API that several tests make, and waiting for what comes of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from factories import document


async def until(client: httpx.AsyncClient, id_: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the execution looks as it should, event by event."""
    after, deadline = 0, time.monotonic() + 20
    shown: dict[str, Any] = {}
    while time.monotonic() < deadline:
        shown = (await client.get(f"/executions/{id_}")).json()
        if condition(shown):
            return shown
        after = (await client.get(f"/executions/{id_}/events", params={"after": after, "wait": 1})).json()["next"]
    raise AssertionError(f"never came: {shown}")


def status(wanted: str) -> Callable[[dict[str, Any]], bool]:
    return lambda shown: shown["status"] == wanted


async def start(client: httpx.AsyncClient, name: str, **body: Any) -> str:
    return (await client.post(f"/workflows/{name}/executions", json=body)).raise_for_status().json()["id"]


async def publish(client: httpx.AsyncClient, name: str, **parts: Any) -> None:
    (await client.post("/workflows", json=document(name, inputs={}, outputs={}, edges=[], **parts))).raise_for_status()

"""Drafts: edits come together place by place, none that was acknowledged is lost, and versions are made of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from concertmaster.bootstrap import Runtime
from concertmaster.domain.access import Actor
from concertmaster.domain.errors import ConcertMasterError
from factories import document


async def save(client: httpx.AsyncClient, name: str = "hello", **parts: Any) -> dict[str, Any]:
    answer = await client.post("/workflows", json=document(name, **parts))
    return answer.raise_for_status().json()


async def test_smoke(client: httpx.AsyncClient) -> None:
    await save(client)
    draft = (await client.get("/workflows/hello/draft")).json()
    print(draft)
    op = {"id": "1", "path": "/title", "after": "Hi"}
    answer = await client.patch("/workflows/hello/draft", json={"client": "a", "revision": 0, "ops": [op]})
    print(answer.json())
    made = await client.post("/workflows/hello/versions", json={"revision": 1, "publish": True, "label": "x"})
    print(made.status_code, made.json())
    print((await client.get("/workflows/hello/versions")).json())
    print((await client.get("/workflows/hello/draft/ops")).json())
    print((await client.get("/workflows/hello/draft")).json())

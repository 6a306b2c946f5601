"""Requests that wait for the answer of a webhook: so many at one time, and one webhook does not take all places."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.storage.data_folder import hold_data_folder
from factories import document

HOOKS = "http://127.0.0.1:8000/hooks/"


@pytest.fixture
async def app(workspace: Path) -> AsyncGenerator[FastAPI]:
    settings = Settings(workspace=workspace, secret_key="a key for tests only", hook_waiting=8)
    with hold_data_folder(settings):
        async with build(settings) as made:
            yield create_app(made, max_body_bytes=1024, local_token=TOKEN)


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    async with make_client(app, headers=LOCAL) as made:
        yield made


async def publish(client: httpx.AsyncClient, name: str, *, respond: str = "outputs") -> None:
    """A workflow that waits for the event `go`."""
    config = {"path": name, "auth": "none", "respond": respond}
    nodes = {"wait": {"type": "flow.wait", "config": {"event": "go"}}}
    hook = {"hook": {"type": "webhook", "config": config}}
    (
        await client.post(
            "/workflows", json=document(name, inputs={}, outputs={}, edges=[], triggers=hook, nodes=nodes)
        )
    ).raise_for_status()


async def started(client: httpx.AsyncClient, number: int) -> None:
    async with asyncio.timeout(20):
        while True:
            items = (await client.get("/executions")).json()["items"]
            if sum(item["status"] == "waiting" for item in items) == number:
                return
            await asyncio.sleep(0.02)


async def test_one_webhook_takes_its_share_and_all_together_no_more_than_there_are(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    caller = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOOKS, timeout=60)
    for name in "abcde":
        await publish(client, name)
    await publish(client, "now", respond="now")
    waiting = [asyncio.ensure_future(caller.post("a")) for _ in range(2)]
    await started(client, 2)
    refused = await caller.post("a")
    assert (refused.status_code, refused.json()["code"]) == (429, "hook.busy")
    assert int(refused.headers["retry-after"]) >= 1
    waiting += [asyncio.ensure_future(caller.post(name)) for name in "bbccdd"]
    await started(client, 8)
    full = await caller.post("e")
    assert (full.status_code, full.json()["code"]) == (503, "hook.full")
    assert int(full.headers["retry-after"]) >= 1
    assert (await caller.post("now")).status_code == 202
    await started(client, 9)
    (await client.post("/events/go", json={"data": {}})).raise_for_status()
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200] * 8
    # Each has given its place back, and what was refused started nothing.
    assert [(await caller.post(name)).status_code for name in "aaaee"] == [200] * 5
    assert len((await client.get("/executions")).json()["items"]) == 14
    await caller.aclose()

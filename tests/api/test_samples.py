"""Samples of webhooks: seen, chosen, tried out with, and taken from the next call, which then starts nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api_calls import status, until
from api_client import LOCAL, make_client
from factories import document

AT = "/triggers/hello/hook"


@pytest.fixture
async def caller(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """Whoever is outside."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000/hooks") as made:
        yield made


@pytest.fixture(autouse=True)
async def hook(client: httpx.AsyncClient) -> None:
    trigger = {"type": "webhook", "config": {"path": "orders", "auth": "none"}, "inputs": {"n": "{{ trigger.body.n }}"}}
    (await client.post("/workflows", json=document(triggers={"hook": trigger}))).raise_for_status()


async def sample(client: httpx.AsyncClient) -> dict[str, Any]:
    return (await client.get(f"{AT}/sample")).raise_for_status().json()


async def runs(client: httpx.AsyncClient) -> int:
    return len((await client.get("/executions")).json()["items"])


async def test_the_last_call_is_the_sample_until_one_is_chosen(
    client: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    assert await sample(client) == {"sample": None, "kept": False, "listening_until": None}
    await caller.post("/orders", json={"n": 1})
    assert ((await sample(client))["sample"]["body"], (await sample(client))["kept"]) == ({"n": 1}, False)

    chosen = {"method": "POST", "headers": {}, "query": {}, "body": {"n": 7}, "name": "another"}
    put = (await client.put(f"{AT}/sample", json={"sample": chosen})).json()
    assert (put["kept"], put["sample"]["body"], put["sample"]["name"]) == (True, {"n": 7}, "hook")
    await caller.post("/orders", json={"n": 2})
    assert (await sample(client))["sample"]["body"] == {"n": 7}

    tested = (await client.post(f"{AT}/test")).json()
    assert (await until(client, tested["id"], status("succeeded")))["outputs"] == {"double": 16}

    assert (await client.delete(f"{AT}/sample")).status_code == 204
    assert (await sample(client))["sample"] is None
    await caller.post("/orders", json={"n": 3})
    assert (await sample(client))["sample"]["body"] == {"n": 3}


async def test_a_test_can_say_something_else_and_leaves_the_sample(
    client: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    await caller.post("/orders", json={"n": 1})
    tested = (await client.post(f"{AT}/test", json={"sample": {"body": {"n": 9}}})).json()
    assert (await until(client, tested["id"], status("succeeded")))["outputs"] == {"double": 20}
    assert (await sample(client))["sample"]["body"] == {"n": 1}
    refused = await client.post(f"{AT}/test", json={"sample": {"body": {"n": "many"}}})
    assert refused.status_code == 422


async def test_of_calls_that_come_while_it_listens_one_is_kept(
    client: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    listening = (await client.post(f"{AT}/listen")).json()
    assert listening["listening_until"] is not None
    answers = await asyncio.gather(*(caller.post("/orders", json={"n": n}) for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 202, 202, 202]
    (kept,) = [n for n, answer in enumerate(answers) if answer.status_code == 200]
    assert answers[kept].json() == {"kept": True}
    shown = await sample(client)
    assert (shown["sample"]["body"], shown["kept"], shown["listening_until"]) == ({"n": kept}, True, None)
    assert await runs(client) == 3


async def test_listening_can_be_called_off(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    await client.post(f"{AT}/listen")
    assert (await client.post(f"{AT}/listen", json={"on": False})).json()["listening_until"] is None
    assert (await caller.post("/orders", json={"n": 1})).status_code == 202


async def test_who_proves_nothing_is_no_sample(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    trigger = {"type": "webhook", "config": {"path": "orders"}, "inputs": {"n": "{{ trigger.body.n }}"}}
    (await client.post("/workflows", json=document(triggers={"hook": trigger}))).raise_for_status()
    await client.post(f"{AT}/listen")
    assert (await caller.post("/orders", json={"n": 1})).status_code == 401
    shown = await sample(client)
    assert (shown["sample"], shown["listening_until"] is not None) == (None, True)


async def test_only_an_enabled_webhook_listens(client: httpx.AsyncClient, app: FastAPI) -> None:
    await client.post(f"{AT}/disable")
    refused = await client.post(f"{AT}/listen")
    assert (refused.status_code, refused.json()["code"]) == (422, "trigger.disabled")
    nightly = {"type": "schedule", "config": {"interval": "1h"}}
    (await client.post("/workflows", json=document("clock", triggers={"hourly": nightly}))).raise_for_status()
    refused = await client.post("/triggers/clock/hourly/listen")
    assert (refused.status_code, refused.json()["code"]) == (422, "trigger.no_webhook")
    assert (await client.get("/triggers/hello/none/sample")).status_code == 404


async def test_headers_and_bodies_are_not_for_tokens_that_only_read(client: httpx.AsyncClient, app: FastAPI) -> None:
    made = (await client.post("/tokens", json={"name": "reader", "scopes": ["read"]})).json()
    async with make_client(app, headers={**LOCAL, "Authorization": f"Bearer {made['token']}"}) as reader:
        assert (await reader.get(f"{AT}/sample")).status_code == 403

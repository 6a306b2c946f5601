"""Redeliveries: the same idempotency key is the first execution, also when the version of now would refuse it."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import FastAPI

from factories import document


async def test_a_redelivery_is_the_first_run_whatever_was_published_since(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    config = {"path": "ask", "auth": "none", "respond": "node"}
    hook = {"type": "webhook", "config": config, "inputs": {"n": "{{ trigger.headers['x-time'] | int }}"}}
    nodes = {"a": {"type": "http.respond", "config": {"body": "{{ inputs.n }}"}}}

    async def publish(**more: Any) -> None:
        body = document(**{"triggers": {"hook": hook}, "nodes": nodes, "edges": [], "outputs": {}, **more})
        (await client.post("/workflows", json=body)).raise_for_status()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000/hooks") as caller:

        async def deliver(at: int, key: str = "d1") -> tuple[int, str]:
            answer = await caller.post("/ask", headers={"X-Time": str(at), "Idempotency-Key": key})
            return answer.status_code, answer.text

        await publish()
        assert await deliver(1) == (200, "1")
        await publish(inputs={"n": {"type": "string"}})
        assert await deliver(2) == (200, "1")
        assert (await deliver(2, "d2"))[0] == 422
        # Now the trigger cannot even compute what it gives.
        await publish(triggers={"hook": {**hook, "inputs": {"n": "{{ trigger.nothing }}"}}})
        assert await deliver(3) == (200, "1")
        assert (await deliver(3, "d2"))[0] == 422
    assert len((await client.get("/executions")).json()["items"]) == 1
    fires = (await client.get("/triggers/hello/hook")).json()["last_fires"]
    assert [fire["outcome"] for fire in fires] == ["failed", "failed", "started"]


async def test_a_request_that_comes_again_is_the_first_one_whatever_was_published_since(
    client: httpx.AsyncClient,
) -> None:
    async def publish(type_: str) -> None:
        body = document(inputs={"n": {"type": type_}}, nodes={}, edges=[], outputs={})
        (await client.post("/workflows", json=body)).raise_for_status()

    async def start(n: int, key: str = "k") -> httpx.Response:
        body = {"inputs": {"n": n}}
        return await client.post("/workflows/hello/executions", json=body, headers={"Idempotency-Key": key})

    await publish("integer")
    first = (await start(1)).raise_for_status().json()
    await publish("string")
    again = await start(1)
    assert (again.status_code, again.json()["id"], again.json()["version"]) == (202, first["id"], 1)
    assert again.json()["inputs"] == {"n": 1}
    for other in (await start(2), await start(1, "another")):
        assert (other.status_code, other.json()["code"]) == (422, "execution.inputs_invalid")

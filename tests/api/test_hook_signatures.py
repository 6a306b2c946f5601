"""Signed webhooks: whose signature is good, and who is told what is wrong with the others."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time

import httpx
import pytest
from fastapi import FastAPI

from factories import document


async def refused(client: httpx.AsyncClient, calls: int) -> list[str]:
    """For which reasons calls were refused, once so many are stored."""
    async with asyncio.timeout(10):
        while True:
            fires = (await client.get("/triggers/hello/hook")).json()["last_fires"]
            shown = [fire for fire in fires if fire["outcome"] == "refused"]
            if sum(fire["count"] for fire in shown) >= calls:
                return [fire["reason"] for fire in shown]
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("age", "change", "fault"),
    [
        *((0, "", ""), (0, "sha256=", ""), (200, "", ""), (0, "0", "a wrong signature")),
        *((400, "", "signed too long ago, by its X-Timestamp"), (-400, "", "signed too far ahead, by its X-Timestamp")),
    ],
)
async def test_signatures(app: FastAPI, client: httpx.AsyncClient, age: int, change: str, fault: str) -> None:
    values = {"secret": "between us"}
    await client.post("/connections", json={"name": "shop", "type": "webhook", "values": values})
    config = {"path": "orders", "auth": "hmac", "connection": "shop", "signature_header": "X-Sign"}
    hook = {"type": "webhook", "config": config, "inputs": {"n": "{{ trigger.body.n }}"}}
    (await client.post("/workflows", json=document(triggers={"hook": hook}))).raise_for_status()
    body, stamp = b'{"n": 5}', str(int(time.time()) - age)
    signature = hmac.new(b"between us", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": stamp, "X-Sign": f"{change}{signature}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000/hooks") as caller:
        answer = await caller.post("/orders", content=body, headers=headers)
        other = await caller.post("/orders", content=b'{"n": 6}', headers=headers)
        bare = await caller.post("/orders", content=b"{}")
    assert answer.status_code == (401 if fault else 202)
    assert (other.status_code, bare.status_code) == (401, 401)
    # Callers learn nothing, the owner what it was.
    told = "This webhook needs a valid proof of who calls (auth: hmac)"
    assert {one.json()["detail"] for one in (other, bare, *([answer] if fault else []))} == {told}
    shown = " ".join(await refused(client, 3 if fault else 2))
    for why in ("a wrong signature", "no X-Timestamp", fault):
        assert f"no valid proof of who calls: {why}" in shown

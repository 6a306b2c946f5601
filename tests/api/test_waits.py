"""Named events and approvals through the API: keys of events, and data that nothing can store."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_calls import publish, start, status, until
from factories import document

UNSTORABLE = [
    ('{"n": 36893488147419103233}', "document.number", "/n"),
    ('["a", "\\ud800"]', "document.text", "/1"),
    ('{"\\ud800": 1}', "document.text", ""),
    ("[" * 140 + "]" * 140, "document.too_deep", "/0/0/0"),
]


async def send(client: httpx.AsyncClient, name: str = "order.created", *, key: str | None, **event: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await client.post(f"/events/{name}", json=event, headers=headers)


async def test_a_key_belongs_to_one_event(client: httpx.AsyncClient) -> None:
    first = await send(client, key="7", data={"n": 1})
    again = await send(client, key="7", data={"n": 1})
    assert (first.status_code, again.status_code) == (202, 202)
    assert (again.json()["id"], again.json()["new"]) == (first.json()["id"], False)
    for name, event in (("order.paid", {"data": {"n": 1}}), ("order.created", {"data": {"n": 2}})):
        other = await send(client, name, key="7", **event)
        assert (other.status_code, other.json()["code"]) == (409, "event.key_reused")


@pytest.mark.parametrize("key", ["node:x", "", "x" * 201])
async def test_keys_that_nobody_can_choose(client: httpx.AsyncClient, key: str) -> None:
    answer = await send(client, key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "event.key_invalid")


@pytest.mark.parametrize(("data", "code", "at"), UNSTORABLE)
async def test_an_event_with_data_that_is_no_json(client: httpx.AsyncClient, data: str, code: str, at: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/events/order.created", content=f'{{"data": {data}}}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "event.invalid")
    (problem,) = answer.json()["errors"]
    assert problem["code"] == code
    assert problem["pointer"].startswith(f"/data{at}")


@pytest.mark.parametrize(("data", "code", "at"), UNSTORABLE)
async def test_an_answer_with_data_that_is_no_json(client: httpx.AsyncClient, data: str, code: str, at: str) -> None:
    ask = {"type": "flow.approve", "config": {"title": "Publish?", "form": {"x": {}}}}
    await publish(client, "hello", nodes={"ask": ask})
    id_ = await start(client, "hello")
    await until(client, id_, status("waiting"))
    (asked,) = (await client.get("/approvals", params={"execution": id_})).json()["items"]
    text = f'{{"decision": "approved", "data": {{"x": {data}}}}}'
    headers = {"Content-Type": "application/json"}
    answer = await client.post(f"/approvals/{asked['id']}", content=text, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "approval.form_invalid")
    (problem,) = answer.json()["errors"]
    assert problem["code"] == code
    assert problem["pointer"].startswith(f"/data/x{at}")


async def test_a_node_sends_data_that_is_nested_too_deep(client: httpx.AsyncClient) -> None:
    data = "{{ inputs.text | fromjson }}"
    nodes = {"send": {"type": "flow.event", "config": {"name": "x", "data": data}}}
    body = document("hello", inputs={"text": {"type": "string"}}, outputs={}, edges=[], nodes=nodes)
    (await client.post("/workflows", json=body)).raise_for_status()
    for levels in (140, 300):
        id_ = await start(client, "hello", inputs={"text": "[" * levels + "]" * levels})
        shown = await until(client, id_, status("failed"))
        assert shown["error"]["code"] == "event.invalid"
        assert "more than 128 levels" in shown["error"]["message"]

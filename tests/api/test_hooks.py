"""Webhooks: requests from outside start executions; callers prove themselves, repeat themselves, and come too often."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api_calls import status as has_status
from api_calls import until
from api_client import LOCAL, TOKEN, make_client
from concertmaster.api import security
from concertmaster.api.app import create_app
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.security.throttle import CAPACITY
from concertmaster.storage.data_folder import hold_data_folder
from factories import document

ORDER = {"n": "{{ trigger.body.n }}"}


@pytest.fixture
async def caller(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """Whoever is outside."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000/hooks") as made:
        yield made


async def publish(client: httpx.AsyncClient, *, inputs: Any = ORDER, **config: Any) -> httpx.Response:
    hook = {"type": "webhook", "config": {"path": "orders/created", "auth": "none", **config}, "inputs": inputs}
    return await client.post("/workflows", json=document(triggers={"hook": hook}))


async def fires(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await client.get("/triggers/hello/hook")).json()["last_fires"]


async def refused(client: httpx.AsyncClient, calls: int) -> dict[str, int]:
    """How many calls were refused for which reason, newest first, once so many are stored."""
    async with asyncio.timeout(10):
        while True:
            shown = [fire for fire in await fires(client) if fire["outcome"] == "refused"]
            if sum(fire["count"] for fire in shown) >= calls:
                return {fire["reason"]: fire["count"] for fire in shown}
            await asyncio.sleep(0.05)


async def test_a_request_starts_an_execution_that_is_told_of_it(
    client: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    await publish(client)
    answer = await caller.post("/orders/created?from=shop", json={"n": 20}, headers={"X-Order": "7", "Cookie": "a=b"})
    assert answer.status_code == 202
    id_ = answer.json()["execution"]
    shown = (await client.get(f"/executions/{id_}")).json()
    trigger = shown["trigger"]
    assert (trigger["type"], trigger["name"], trigger["method"], trigger["path"]) == (
        "webhook",
        "hook",
        "POST",
        "orders/created",
    )
    assert (trigger["body"], trigger["query"], trigger["headers"]["x-order"]) == ({"n": 20}, {"from": "shop"}, "7")
    assert "cookie" not in trigger["headers"]
    assert shown["inputs"] == {"n": 20}
    (listed,) = (await client.get("/executions")).json()["items"]
    assert "body" not in listed["trigger"]
    assert listed["trigger"]["path"] == "orders/created"
    assert [(fire["outcome"], fire["execution"]) for fire in await fires(client)] == [("started", id_)]
    # What came is what a test says again.
    again = (await client.post("/triggers/hello/hook/test")).json()
    assert (again["trigger"]["body"], again["trigger"]["test"], again["inputs"]) == ({"n": 20}, True, {"n": 20})


async def test_the_answer_can_be_the_outputs(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    await publish(client, respond="outputs")
    answer = await caller.post("/orders/created", json={"n": 20})
    assert (answer.status_code, answer.json()) == (200, {"double": 42})


async def test_it_is_not_waited_for_ever(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    hook = {"type": "webhook", "config": {"path": "slow", "auth": "none", "respond": "outputs", "wait": "200ms"}}
    nodes = {"wait": {"type": "testing.pause", "config": {"seconds": 60}}}
    body = document(triggers={"hook": hook}, nodes=nodes, edges=[], outputs={})
    (await client.post("/workflows", json=body)).raise_for_status()
    answer = await caller.post("/slow")
    assert answer.status_code == 202
    assert answer.json()["status"] in ("queued", "running")


async def test_a_repeated_request_starts_nothing_new(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    await publish(client, duplicate_header="X-Delivery")
    ids = {
        (await caller.post("/orders/created", json={"n": 1}, headers={"X-Delivery": delivery})).json()["execution"]
        for delivery in ("a", "b", "a", "a")
    }
    assert len(ids) == 2
    assert len(await fires(client)) == 2


async def test_a_redelivery_that_says_something_else_or_meets_a_new_version_is_the_first_run(
    client: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    inputs = {"n": "{{ trigger.headers['x-time'] | int }}"}
    node = {"a": {"type": "http.respond", "config": {"body": "{{ inputs.n }}"}}}
    hook = {"type": "webhook", "config": {"path": "ask", "auth": "none", "respond": "node"}, "inputs": inputs}
    bodies = [document(triggers={"hook": hook}, nodes={name: node["a"]}, edges=[], outputs={}) for name in "ab"]
    (await client.post("/workflows", json=bodies[0])).raise_for_status()

    async def deliver(at: int) -> tuple[int, str]:
        answer = await caller.post("/ask", headers={"X-Time": str(at), "Idempotency-Key": "d1"})
        return answer.status_code, answer.text

    assert await deliver(1) == (200, "1")
    assert await deliver(2) == (200, "1")
    (await client.post("/workflows", json=bodies[1])).raise_for_status()
    assert await deliver(3) == (200, "1")
    assert len((await client.get("/executions")).json()["items"]) == 1
    assert [fire["outcome"] for fire in await fires(client)] == ["started"]


async def test_a_token_is_shown_once_and_replaced(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    await publish(client, auth="token")
    refused = await caller.post("/orders/created", json={"n": 1})
    assert (refused.status_code, refused.json()["code"]) == (401, "hook.unauthorized")
    tokens = [(await client.post("/triggers/hello/hook/token")).json()["token"] for _ in range(2)]
    statuses: list[int] = []
    for token in (*tokens, "", "x"):
        answer = await caller.post("/orders/created", json={"n": 1}, headers={"Authorization": f"Bearer {token}"})
        statuses.append(answer.status_code)
    assert statuses == [401, 202, 401, 401]
    answer = await caller.post(f"/orders/created?token={tokens[1]}", json={"n": 1})
    assert answer.status_code == 202
    execution = (await client.get(f"/executions/{answer.json()['execution']}")).text
    assert tokens[1] not in execution
    # The same webhook, told something else, keeps its token.
    await publish(client, auth="token", rate_per_minute=100)
    assert (await caller.post(f"/orders/created?token={tokens[1]}", json={"n": 1})).status_code == 202


async def test_basic(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    values = {"username": "shop", "password": "pass:word"}
    await client.post("/connections", json={"name": "shop", "type": "webhook", "values": values})
    await publish(client, auth="basic", connection="shop")
    for given, status in (("shop:pass:word", 202), ("shop:wrong", 401), (":", 401)):
        headers = {"Authorization": "Basic " + base64.b64encode(given.encode()).decode()}
        assert (await caller.post("/orders/created", json={"n": 1}, headers=headers)).status_code == status
    assert (await caller.post("/orders/created", json={"n": 1})).status_code == 401


async def test_guesses_are_answered_so_many_times_and_good_callers_always(
    client: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    await publish(client, auth="token", rate_per_minute=5)
    token = (await client.post("/triggers/hello/hook/token")).json()["token"]
    guesses = 0
    while (answer := await caller.post("/orders/created?token=x", json={"n": 1})).status_code == 401:
        guesses += 1
        assert guesses < 10 * CAPACITY
    assert guesses >= CAPACITY
    shown = await refused(client, guesses + 1)
    assert {reason.partition("(")[2] for reason in shown} == {"hook.unauthorized)", "hook.too_many)"}
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "hook.too_many", "1")
    # Neither the address nor the rate of the webhook is used up for who proves himself.
    assert (await caller.post(f"/orders/created?token={token}", json={"n": 1})).status_code == 202


@pytest.mark.parametrize("change", ["DELETE FROM connections", "UPDATE connections SET blob = x'00'"])
async def test_a_connection_that_cannot_be_read_is_told_to_the_owner_only(
    client: httpx.AsyncClient, caller: httpx.AsyncClient, workspace: Path, change: str
) -> None:
    values = {"username": "shop", "password": "pass"}
    await client.post("/connections", json={"name": "vault", "type": "webhook", "values": values})
    await publish(client, auth="basic", connection="vault")
    wrong = await caller.post("/orders/created", json={"n": 1})
    with closing(sqlite3.connect(workspace / ".concertmaster" / "concertmaster.db")) as database:
        database.execute(change)
        database.commit()
    answer = await caller.post("/orders/created", json={"n": 1}, auth=("shop", "pass"))
    assert (answer.status_code, answer.json()) == (401, wrong.json())
    shown = await refused(client, 2)
    assert [("vault" in reason, count) for reason, count in shown.items()] == [(True, 1), (False, 1)]


async def test_too_often(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    await publish(client, rate_per_minute=3)
    answers = [await caller.post("/orders/created", json={"n": 1}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 21
    assert answers[3].json()["code"] == "hook.rate"
    assert await refused(client, 1) == {"more calls than `rate_per_minute` (hook.rate)": 1}
    assert [fire["outcome"] for fire in await fires(client)].count("started") == 3


async def test_what_was_refused_is_stored_at_the_end(workspace: Path) -> None:
    settings = Settings(workspace=workspace, secret_key="a key for tests only")
    with hold_data_folder(settings):
        async with build(settings) as made:
            app = create_app(made, max_body_bytes=1024, local_token=TOKEN)
            async with make_client(app, headers=LOCAL) as client:
                await publish(client, auth="token")
                assert (await client.post("http://127.0.0.1:8000/hooks/orders/created")).status_code == 401
        async with (
            build(settings) as made,
            make_client(create_app(made, max_body_bytes=1024, local_token=TOKEN), headers=LOCAL) as client,
        ):
            (fire,) = await fires(client)
            assert (fire["outcome"], fire["count"]) == ("refused", 1)


async def test_what_is_refused(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    assert (await caller.post("/orders/created")).json()["code"] == "hook.not_found"
    await publish(client, max_body_bytes=50, methods=["POST", "PUT"])
    wrong = await caller.get("/orders/created")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST, PUT")
    assert (await caller.post("/orders/created", json={"n": "x" * 100})).status_code == 413
    headers = {"Content-Type": "application/json"}
    assert (await caller.post("/orders/created", content=b"{", headers=headers)).json()["code"] == "hook.body"
    unfit = await caller.put("/orders/created", json={"n": "many"})
    assert (unfit.status_code, unfit.json()["code"]) == (422, "execution.inputs_invalid")
    reasons = await refused(client, 3)
    assert sorted(reason.partition("(")[2] for reason in reasons) == ["hook.body)", "hook.method)", "hook.too_large)"]
    assert [fire["outcome"] for fire in await fires(client) if fire["outcome"] != "refused"] == ["failed"]
    await client.post("/triggers/hello/hook/disable")
    assert (await caller.put("/orders/created", json={"n": 1})).status_code == 404


@pytest.mark.parametrize(
    ("kind", "content", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=2&b=3&c=", {"a": "1", "b": ["2", "3"], "c": ""}),
        ("text/plain", "häß".encode(), "häß"),
        ("application/octet-stream", b"\xff\x00", {"base64": "/wA="}),
        ("application/cloudevents+json", b"[1]", [1]),
        ("application/json", b"", None),
    ],
)
async def test_bodies(
    client: httpx.AsyncClient, caller: httpx.AsyncClient, kind: str, content: bytes, body: Any
) -> None:
    await publish(client, inputs={})
    answer = await caller.post("/orders/created", content=content, headers={"Content-Type": kind})
    shown = (await client.get(f"/executions/{answer.json()['execution']}")).json()
    assert shown["trigger"]["body"] == body


async def test_a_body_that_is_nested_too_deep(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    await publish(client, inputs={})
    for levels in (140, 300, 5_000):
        content = "[" * levels + "]" * levels
        answer = await caller.post("/orders/created", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "hook.body")
    assert await fires(client) == []
    answer = await caller.post("/orders/created", content="[" * 140, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 202


async def test_what_has_no_token(client: httpx.AsyncClient) -> None:
    await publish(client)
    answer = await client.post("/triggers/hello/hook/token")
    assert (answer.status_code, answer.json()["code"]) == (422, "trigger.no_token")
    assert (await client.post("/triggers/hello/none/token")).status_code == 404


async def test_a_connection_that_is_not_there_and_a_path_twice_are_problems(client: httpx.AsyncClient) -> None:
    answer = await publish(client, auth="hmac", connection="nobody")
    assert [one["code"] for one in answer.json()["errors"]] == ["connection.missing"]
    hook = {"type": "webhook", "config": {"path": "same"}}
    answer = await client.post("/workflows", json=document(triggers={"a": hook, "b": hook}))
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/triggers/b/config/path"]


async def respond(client: httpx.AsyncClient, nodes: dict[str, Any], edges: list[str], **config: Any) -> None:
    hook = {"type": "webhook", "config": {"path": "ask", "auth": "none", "respond": "node", **config}}
    body = document(triggers={"hook": hook}, nodes=nodes, edges=edges, outputs={})
    answer = await client.post("/workflows", json=body)
    assert answer.status_code in (200, 201), answer.text


def answering(**config: Any) -> dict[str, Any]:
    return {"type": "http.respond", "config": config}


async def test_a_node_answers_while_the_execution_goes_on(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    nodes = {
        "answer": answering(status=201, headers={"X-Order": "7"}, body={"n": "{{ inputs.n }}"}),
        "wait": {"type": "testing.pause", "config": {"seconds": 60}},
    }
    await respond(client, nodes, ["answer -> wait"])
    answer = await caller.post("/ask")
    assert (answer.status_code, answer.json(), answer.headers["x-order"]) == (201, {"n": 3}, "7")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    (running,) = (await client.get("/executions")).json()["items"]
    assert running["status"] == "running"


async def test_numbers_in_headers_are_sent_as_text(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    headers = {
        "X-Sum": "{{ nodes.facts.sum }}",
        "X-Share": "{{ nodes.facts.share }}",
        "X-Paid": "{{ nodes.facts.paid }}",
    }
    facts = {"type": "data.set", "config": {"value": {"sum": 12, "share": 0.5, "paid": True}}}
    await respond(client, {"facts": facts, "answer": answering(headers=headers)}, ["facts -> answer"])
    answer = await caller.post("/ask")
    assert (answer.status_code, [answer.headers[name] for name in headers]) == (200, ["12", "0.5", "true"])


async def test_a_large_text_is_an_answer_too(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    part = "a" * 50_000
    nodes = {
        "text": {"type": "data.set", "config": {"value": part}},
        "more": {"type": "data.template", "config": {"template": "{{ nodes.text }}{{ nodes.text }}"}},
        "answer": answering(),
    }
    await respond(client, nodes, ["text -> more", "more -> answer"])
    answer = await caller.post("/ask")
    assert (answer.status_code, answer.text) == (200, part * 2)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_the_first_of_two_branches_answers(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    nodes = {
        "if": {"type": "logic.if", "config": {"condition": "{{ inputs.n > 5 }}"}},
        "yes": answering(body="yes"),
        "no": answering(status=404, body="no"),
    }
    await respond(client, nodes, ["if.true -> yes", "if.false -> no"])
    answer = await caller.post("/ask")
    assert (answer.status_code, answer.text) == (404, "no")


async def test_an_execution_may_end_without_an_answer(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    await respond(client, {"a": {"type": "data.set", "config": {"value": 1}}}, [])
    answer = await caller.post("/ask")
    assert (answer.status_code, answer.content) == (204, b"")
    await respond(client, {"a": {"type": "flow.fail", "config": {"message": "no"}}}, [])
    answer = await caller.post("/ask")
    assert (answer.status_code, answer.json()["status"]) == (502, "failed")
    await respond(client, {"a": {"type": "testing.pause", "config": {"seconds": 60}}}, [], wait="100ms")
    answer = await caller.post("/ask")
    assert (answer.status_code, answer.json()["status"]) == (202, "running")


@pytest.mark.parametrize(
    "headers",
    [
        {"Set-Cookie": "a=b"},
        {"X-A": "b\r\nX-C: d"},
        {"X A": "b"},
        {"X-A": "5 €"},
        {"X-A": "a\u2028b"},
        {"clear-site-data": '"*"'},
        {"Service-Worker-Allowed": "/"},
        {"Strict-Transport-Security": "max-age=31536000"},
        {"alt-svc": 'h2="elsewhere:443"'},
        {"Report-To": "{}"},
        {"NEL": "{}"},
        {"Reporting-Endpoints": 'default="https://elsewhere"'},
        {"Accept-CH": "Sec-CH-UA"},
        {"Content-Security-Policy-Report-Only": "default-src 'none'; report-uri //elsewhere"},
    ],
)
async def test_some_headers_cannot_be_set(
    client: httpx.AsyncClient, caller: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await respond(client, {"answer": answering(headers=headers)}, [])
    answer = await caller.post("/ask")
    assert (answer.status_code, answer.json()["status"]) == (502, "failed")
    shown = (await client.get(f"/executions/{answer.json()['execution']}")).json()
    assert shown["error"]["code"] == "http.header"


async def test_a_header_may_hold_what_latin_1_has(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    await respond(client, {"answer": answering(headers={"X-City": "Z\u00fcrich"})}, [])
    answer = await caller.post("/ask")
    assert dict(answer.headers.raw)[b"x-city"] == b"Z\xfcrich"


@pytest.mark.parametrize(("header", "query", "status"), [(40_000, 0, 413), (0, 40_000, 413), (15_000, 15_000, 202)])
async def test_headers_and_query_are_bounded_as_the_body_is(
    client: httpx.AsyncClient, caller: httpx.AsyncClient, header: int, query: int, status: int
) -> None:
    await publish(client, inputs={})
    answer = await caller.post(f"/orders/created?q={'a' * query}", headers={"X-A": "a" * header})
    assert answer.status_code == status
    listed = (await client.get("/executions")).json()["items"]
    assert len(listed) == (status == 202)
    if status == 202:
        shown = (await client.get(f"/executions/{answer.json()['execution']}")).json()
        assert len(shown["trigger"]["headers"]["x-a"]) == header
        assert {"headers", "query"}.isdisjoint(listed[0]["trigger"])
    else:
        assert answer.json()["code"] == "hook.too_large"


@pytest.mark.parametrize("change", ["token", "disable", "delete", "smaller"])
async def test_a_request_is_judged_by_what_holds_once_its_body_is_there(
    client: httpx.AsyncClient, caller: httpx.AsyncClient, change: str
) -> None:
    await publish(client, auth="token", inputs={})
    token = (await client.post("/triggers/hello/hook/token")).json()["token"]

    async def body() -> AsyncGenerator[bytes]:
        yield b'{"n":'
        if change == "delete":
            (await client.delete("/workflows/hello")).raise_for_status()
        elif change == "smaller":
            await publish(client, auth="token", inputs={}, max_body_bytes=7)
        else:
            (await client.post(f"/triggers/hello/hook/{change}")).raise_for_status()
        yield b" 1}"

    answer = await caller.post("/orders/created", content=body(), headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == {"token": 401, "smaller": 413}.get(change, 404)
    assert (await client.get("/executions")).json()["items"] == []


@pytest.mark.parametrize("path", ["/hooks/orders/created", "/api/v1/login"])
async def test_a_body_that_does_not_come_is_not_waited_for_ever(
    client: httpx.AsyncClient, caller: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    await publish(client)
    monkeypatch.setattr(security, "BODY_SECONDS", 0.05)

    async def body() -> AsyncGenerator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        answer = await caller.post(f"http://127.0.0.1:8000{path}", content=body())
    assert (answer.status_code, answer.json()["code"]) == (408, "request.too_slow")


async def test_a_redelivery_is_told_what_a_retry_came_to(client: httpx.AsyncClient, caller: httpx.AsyncClient) -> None:
    nodes = {
        "if": {"type": "logic.if", "config": {"condition": "{{ inputs.n == 3 }}"}},
        "fail": {"type": "flow.fail", "config": {"message": "no"}},
        "good": answering(body="good"),
    }
    await respond(client, nodes, ["if.true -> fail", "if.false -> good"])
    first = await caller.post("/ask", headers={"Idempotency-Key": "1"})
    assert first.status_code == 502
    id_ = first.json()["execution"]
    (await client.post(f"/executions/{id_}/retry", json={"inputs": {"n": 4}, "from": "if"})).raise_for_status()
    await until(client, id_, has_status("succeeded"))
    again = await caller.post("/ask", headers={"Idempotency-Key": "1"})
    assert (again.status_code, again.text) == (200, "good")


async def test_a_redelivery_is_told_what_was_told_before_a_retry_that_kept_it(
    client: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    nodes = {
        "good": answering(body="good"),
        "if": {"type": "logic.if", "config": {"condition": "{{ inputs.n == 3 }}"}},
        "fail": {"type": "flow.fail", "config": {"message": "no"}},
    }
    await respond(client, nodes, ["good -> if", "if.true -> fail"])
    assert (await caller.post("/ask", headers={"Idempotency-Key": "1"})).text == "good"
    (listed,) = (await client.get("/executions")).json()["items"]
    id_ = listed["id"]
    await until(client, id_, has_status("failed"))
    (await client.post(f"/executions/{id_}/retry", json={"inputs": {"n": 4}, "from": "if"})).raise_for_status()
    await until(client, id_, has_status("succeeded"))
    again = await caller.post("/ask", headers={"Idempotency-Key": "1"})
    assert (again.status_code, again.text) == (200, "good")

"""Looking into containers through the API, and why they, calls, events and approvals wait."""

from __future__ import annotations

from typing import Any

import httpx

from api_calls import publish, start, status, until
from factories import document

SQUARE = {"square": {"type": "data.set", "config": {"value": "{{ item * item }}"}}}


def each(items: Any, nodes: dict[str, Any], **config: Any) -> dict[str, Any]:
    return {"type": "flow.for_each", "config": {"items": items, **config}, "body": {"nodes": nodes}}


async def items(client: httpx.AsyncClient, id_: str, node: str = "each", **query: Any) -> dict[str, Any]:
    return (await client.get(f"/executions/{id_}/nodes/{node}/items", params=query)).raise_for_status().json()


async def output(client: httpx.AsyncClient, id_: str, node: str, path: str) -> httpx.Response:
    return await client.get(f"/executions/{id_}/nodes/{node}/output", params={"path": path})


async def test_items_come_by_page_and_their_outputs_by_path(client: httpx.AsyncClient) -> None:
    await publish(client, "squares", nodes={"each": each(list(range(130)), SQUARE)})
    id_ = await start(client, "squares")
    shown = await until(client, id_, status("succeeded"))
    counts = {"kind": "each", "total": 130, "done": 130, "failed": 0, "running": 0}
    assert shown["nodes"]["each"]["items"] == counts
    assert [(one["offset"], one["count"]) for one in shown["nodes"]["each"]["children"]] == [(100, 30), (0, 100)]

    page = await items(client, id_, offset=98, limit=4)
    assert page["counts"] == counts
    assert [(item["index"], item["status"], list(item["nodes"])) for item in page["items"]] == [
        (index, "succeeded", ["square"]) for index in (98, 99, 100, 101)
    ]
    square, child = page["items"][2]["nodes"]["square"], page["items"][2]["execution"]
    assert square["outputs"]["out"]["value"] == 10_000
    assert (await output(client, child, square["node"], "")).json()["value"] == 10_000
    assert page["next"] == 102
    assert (await items(client, id_, offset=102, limit=100))["next"] is None

    assert (await output(client, id_, "square", "101")).json() == {"kind": "json", "value": 10_201}
    assert (await output(client, id_, "each.square", "7")).json()["value"] == 49
    assert (await output(client, id_, "square", "130")).json()["code"] == "item.not_found"
    assert (await output(client, id_, "square", "1.2")).json()["code"] == "node.not_found"
    assert (await output(client, id_, "each.square", "1.2")).json()["code"] == "path.invalid"
    assert (await output(client, id_, "square", "x")).json()["code"] == "path.invalid"


async def test_a_loop_in_a_loop_has_a_path_of_two(client: httpx.AsyncClient) -> None:
    inner = each("{{ item }}", {"more": {"type": "data.set", "config": {"value": "{{ item + 1 }}"}}})
    await publish(client, "nested", nodes={"rows": each([[1, 2], [3]], {"cells": inner})})
    id_ = await start(client, "nested")
    await until(client, id_, status("succeeded"))
    assert (await output(client, id_, "more", "0.1")).json()["value"] == 3
    assert (await output(client, id_, "cells", "1")).json()["value"] == [4]
    page = await items(client, id_, "rows.cells", path="0")
    assert [item["nodes"]["more"]["outputs"]["out"]["value"] for item in page["items"]] == [2, 3]


async def test_a_name_in_two_bodies_asks_for_its_container(client: httpx.AsyncClient) -> None:
    await publish(client, "twice", nodes={"a": each([1], SQUARE), "b": each([2], SQUARE)})
    id_ = await start(client, "twice")
    await until(client, id_, status("succeeded"))
    refused = (await output(client, id_, "square", "0")).json()
    assert (refused["code"], "a.square or b.square" in refused["detail"]) == ("node.ambiguous", True)
    assert (await output(client, id_, "b.square", "0")).json()["value"] == 4


async def test_items_in_all_states_are_counted_while_they_run(client: httpx.AsyncClient) -> None:
    nodes = {
        "check": {"type": "logic.if", "config": {"condition": "{{ item == 0 }}"}},
        "fail": {"type": "testing.explode", "config": {"text": "no"}},
        "wait": {"type": "flow.wait", "config": {"duration": "2h"}},
    }
    loop = each([0, 1, 2], nodes, on_error="continue", concurrency=2)
    loop["body"]["edges"] = ["check.true -> fail", "check.false -> wait"]
    await publish(client, "mixed", nodes={"each": loop})
    id_ = await start(client, "mixed")
    shown = await until(client, id_, lambda seen: bool(seen["nodes"]["each"]["children"]))
    child = shown["nodes"]["each"]["children"][0]["execution"]
    part = await until(client, child, lambda seen: seen["nodes"].get("wait[2]", {}).get("status") == "waiting")
    assert part["part_of"] == {
        "execution": id_,
        "node": "each",
        "kind": "each",
        "visible": id_,
        "offset": 0,
        "count": 3,
    }
    page = await items(client, id_)
    assert [item["status"] for item in page["items"]] == ["failed", "waiting", "waiting"]
    assert page["counts"] == {"kind": "each", "total": 3, "done": 1, "failed": 1, "running": 2}
    why = (await client.get(f"/executions/{id_}")).json()["nodes"]["each"]["waiting"]
    assert (why["rule"], why["holders"]) == ("children", [child])
    assert why["message"] == "1 of 3 items are done, 1 of them failed; 1 part runs"
    (await client.post(f"/executions/{id_}/cancel", json={})).raise_for_status()
    await until(client, id_, status("cancelled"))


async def test_the_item_that_failed_a_loop_is_counted(client: httpx.AsyncClient) -> None:
    check = {"type": "data.set", "config": {"value": "{{ 1 // (item - 117) }}"}}
    await publish(client, "stops", nodes={"each": each(list(range(130)), {"check": check})})
    id_ = await start(client, "stops")
    shown = await until(client, id_, status("failed"))
    assert shown["nodes"]["each"]["items"] == {"kind": "each", "total": 130, "done": 101, "failed": 1, "running": 0}
    assert shown["error"]["message"].startswith("check[117]: ")
    assert "division by zero" in shown["error"]["message"]
    failed = await items(client, id_, status="failed")
    assert [(item["index"], item["status"]) for item in failed["items"]] == [(117, "failed")]
    assert failed["next"] is None


async def test_items_of_one_status_come_by_page(client: httpx.AsyncClient) -> None:
    check = {"type": "data.set", "config": {"value": "{{ 1 // (item % 3) }}"}}
    await publish(client, "thirds", nodes={"each": each(list(range(250)), {"check": check}, on_error="continue")})
    id_ = await start(client, "thirds")
    await until(client, id_, status("succeeded"))
    first = await items(client, id_, status="failed", limit=50)
    assert [item["index"] for item in first["items"]] == list(range(0, 150, 3))
    assert first["next"] == 148
    rest = await items(client, id_, status="failed", limit=50, offset=first["next"])
    assert [item["index"] for item in rest["items"]] == list(range(150, 250, 3))
    assert rest["next"] is None
    refused = await client.get(f"/executions/{id_}/nodes/each/items", params={"status": "broken"})
    assert refused.status_code == 422


async def test_rounds_are_those_that_began(client: httpx.AsyncClient) -> None:
    grow = {
        "type": "flow.while",
        "config": {"condition": "{{ index < 3 }}", "maximum": 20},
        "body": {"nodes": {"say": {"type": "data.set", "config": {"value": "{{ index }}"}}}},
    }
    await publish(client, "rounds", nodes={"grow": grow})
    id_ = await start(client, "rounds")
    await until(client, id_, status("succeeded"))
    page = await items(client, id_, "grow")
    assert [item["nodes"]["say"]["outputs"]["out"]["value"] for item in page["items"]] == [0, 1, 2]
    assert page["next"] is None


async def test_a_call_links_to_its_execution_and_back(client: httpx.AsyncClient) -> None:
    await publish(client, "callee", nodes={"w": {"type": "flow.wait", "config": {"duration": "2h"}}})
    await publish(client, "caller", nodes={"call": {"type": "flow.call", "config": {"workflow": "callee"}}})
    id_ = await start(client, "caller")
    shown = await until(client, id_, lambda seen: bool(seen["nodes"]["call"]["children"]))
    why, child = shown["nodes"]["call"]["waiting"], shown["nodes"]["call"]["children"][0]["execution"]
    assert why["message"] == "It waits for the execution of callee"
    assert why["holders"] == [child]
    assert shown["waiting"]["message"] == "call: It waits for the execution of callee"
    called = (await client.get(f"/executions/{child}")).json()
    assert (called["workflow"], called["parent"], called["part_of"]["node"]) == ("callee", id_, "call")


async def test_an_event_and_an_approval_say_what_they_wait_for(client: httpx.AsyncClient) -> None:
    asked = {"title": "Ship?", "assignees": ["ada", "grace"], "due": "2d", "when_due": "reject"}
    nodes = {
        "event": {"type": "flow.wait", "config": {"event": "paid", "key": "A-1"}},
        "ask": {"type": "flow.approve", "config": asked},
    }
    await publish(client, "asks", nodes=nodes)
    id_ = await start(client, "asks")
    shown = await until(client, id_, status("waiting"))
    event, ask = shown["nodes"]["event"]["waiting"], shown["nodes"]["ask"]["waiting"]
    assert (event["rule"], event["message"]) == ("event", "It waits for the event 'paid' with the key 'A-1'")
    assert ask["rule"] == "approval"
    assert ask["message"] == "It asks ada, grace to decide: 'Ship?'; it counts as rejected if nobody does"
    assert ask["until"] is not None
    approval = shown["nodes"]["ask"]["approval"]
    assert (await client.get(f"/approvals/{approval}")).json()["title"] == "Ship?"
    answered = await client.post(f"/approvals/{approval}", json={"decision": "approved", "comment": "go"})
    assert answered.json()["status"] == "approved"
    await until(client, id_, lambda seen: seen["nodes"]["ask"]["status"] == "succeeded")


async def test_what_has_no_items_says_so(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=document())).raise_for_status()
    id_ = await start(client, "hello")
    await until(client, id_, status("succeeded"))
    refused = await client.get(f"/executions/{id_}/nodes/first/items")
    assert (refused.status_code, refused.json()["code"]) == (404, "node.no_items")
    assert (await client.get("/node-types/flow.for_each")).json()["container"] == "each"

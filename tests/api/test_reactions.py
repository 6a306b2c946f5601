"""Triggers that react: named events and ends of executions start executions, each exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from factories import document

ORDERS = {"type": "event", "config": {"name": "orders.created"}, "inputs": {"n": "{{ trigger.data.n }}"}}
AFTER = {"type": "workflow", "config": {"workflow": "hello"}, "inputs": {"n": "{{ trigger.outputs.double }}"}}


async def publish(client: httpx.AsyncClient, name: str = "hello", **more: Any) -> None:
    (await client.post("/workflows", json=document(name, **more))).raise_for_status()


async def send(client: httpx.AsyncClient, name: str = "orders.created", **event: Any) -> int:
    return (await client.post(f"/events/{name}", json=event)).raise_for_status().json()["id"]


async def run(client: httpx.AsyncClient, name: str = "hello", **inputs: Any) -> dict[str, Any]:
    """Start one and wait for its end."""
    path = f"/workflows/{name}/executions"
    started = (await client.post(path, json={"inputs": inputs}, params={"wait": 20})).raise_for_status()
    return started.json()


async def fires(
    client: httpx.AsyncClient, workflow: str, trigger: str, wanted: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """The fires, oldest first, once they are as wanted."""
    async with asyncio.timeout(20):
        while True:
            shown = (await client.get(f"/triggers/{workflow}/{trigger}")).raise_for_status().json()
            if wanted(found := shown["last_fires"][::-1]):
                return found
            await asyncio.sleep(0.02)


async def told(client: httpx.AsyncClient, fire: dict[str, Any]) -> dict[str, Any]:
    return (await client.get(f"/executions/{fire['execution']}")).raise_for_status().json()


async def test_an_event_starts_one_execution_for_each_trigger(client: httpx.AsyncClient) -> None:
    await publish(client, triggers={"order": ORDERS})
    await publish(client, "other", triggers={"a": ORDERS, "elsewhere": {**ORDERS, "config": {"name": "x"}}})
    number = await send(client, key="eu", data={"n": 4}, keep="0s")
    for workflow, trigger in (("hello", "order"), ("other", "a")):
        (fire,) = await fires(client, workflow, trigger, lambda found: len(found) == 1)
        shown = await told(client, fire)
        assert shown["inputs"] == {"n": 4}
        about = shown["trigger"]
        assert (about["type"], about["name"], about["event"]) == ("event", trigger, "orders.created")
        assert (about["key"], about["data"], about["id"]) == ("eu", {"n": 4}, number)
        assert about["at"] <= shown["created_at"].replace("Z", "+00:00")
    assert await fires(client, "other", "elsewhere", lambda _: True) == []
    # What came is what a test says again.
    again = (await client.post("/triggers/hello/order/test")).json()
    assert (again["inputs"], again["trigger"]["id"], again["trigger"]["test"]) == ({"n": 4}, number, True)


async def test_an_event_sent_again_starts_nothing_new(client: httpx.AsyncClient) -> None:
    await publish(client, triggers={"order": ORDERS})
    key = {"Idempotency-Key": "order-7"}
    for _ in range(3):
        (await client.post("/events/orders.created", json={"data": {"n": 1}}, headers=key)).raise_for_status()
    await send(client, data={"n": 2})
    found = await fires(client, "hello", "order", lambda found: len(found) == 2)
    assert [(await told(client, fire))["inputs"]["n"] for fire in found] == [1, 2]


async def test_only_events_with_its_key_and_when_it_says(client: httpx.AsyncClient) -> None:
    config = {"name": "orders.created", "key": "{{ vars.region }}", "when": "{{ trigger.data.n > 5 }}"}
    await publish(client, vars={"region": "eu"}, triggers={"order": {**ORDERS, "config": config}})
    await send(client, key="us", data={"n": 9})
    small = await send(client, key="eu", data={"n": 1})
    await send(client, key="eu", data={"n": 9})
    first, second = await fires(client, "hello", "order", lambda found: len(found) == 2)
    assert (first["outcome"], first["reason"]) == ("skipped", f"`when` was not true for event {small}")
    assert (await told(client, second))["trigger"]["key"] == "eu"


async def test_an_event_of_a_node_starts_one_too_and_no_endless_loop(client: httpx.AsyncClient) -> None:
    nodes = {"send": {"type": "flow.event", "config": {"name": "round", "data": {"n": "{{ inputs.n }}"}}}}
    trigger = {"type": "event", "config": {"name": "round"}, "inputs": {"n": "{{ trigger.data.n + 1 }}"}}
    await publish(client, triggers={"again": trigger}, nodes=nodes, edges=[], outputs={})
    await run(client, n=1)
    found = await fires(client, "hello", "again", lambda found: any(one["outcome"] == "skipped" for one in found))
    assert [one["outcome"] for one in found] == ["started"] * 32 + ["skipped"]
    assert "loop" in found[-1]["reason"]
    assert (await told(client, found[-2]))["inputs"] == {"n": 33}


async def test_a_disabled_trigger_and_a_refused_start(client: httpx.AsyncClient) -> None:
    await publish(client, triggers={"order": ORDERS})
    await client.post("/triggers/hello/order/disable")
    await send(client, data={"n": 1})
    await client.post("/triggers/hello/order/enable")
    await send(client, data={"n": "no number"})
    (failed,) = await fires(client, "hello", "order", lambda found: len(found) >= 1)
    assert failed["outcome"] == "failed"
    assert "execution.inputs_invalid" in failed["reason"]


async def test_the_end_of_an_execution_starts_another_workflow(client: httpx.AsyncClient) -> None:
    await publish(client)
    await publish(client, "follower", triggers={"after": AFTER})
    first = await run(client, n=5)
    (fire,) = await fires(client, "follower", "after", lambda found: len(found) == 1)
    shown = await told(client, fire)
    about = shown["trigger"]
    assert (about["type"], about["name"], about["workflow"]) == ("workflow", "after", "hello")
    assert (about["execution"], about["status"], about["outputs"]) == (first["id"], "succeeded", first["outputs"])
    assert (about["version"], about["error"], about["depth"]) == (1, None, 1)
    assert shown["inputs"] == {"n": first["outputs"]["double"]}


async def test_it_follows_the_statuses_that_it_names(client: httpx.AsyncClient) -> None:
    nodes = {"bad": {"type": "flow.fail", "config": {"message": "no stock"}}}
    await publish(client, nodes=nodes, edges=[], outputs={})
    config = {"workflow": "hello", "statuses": ["failed"]}
    alarm = {"type": "workflow", "config": config, "inputs": {"n": "{{ trigger.depth }}"}}
    await publish(client, "follower", triggers={"after": AFTER, "alarm": alarm})
    first = await run(client, n=5)
    assert first["status"] == "failed"
    (fire,) = await fires(client, "follower", "alarm", lambda found: len(found) == 1)
    about = (await told(client, fire))["trigger"]
    assert (about["status"], about["outputs"]) == ("failed", None)
    assert "no stock" in about["error"]["message"]
    assert await fires(client, "follower", "after", lambda _: True) == []
    # A retry that ends again is another end.
    (await client.post(f"/executions/{first['id']}/retry")).raise_for_status()
    found = await fires(client, "follower", "alarm", lambda found: len(found) == 2)
    assert {(await told(client, fire))["trigger"]["execution"] for fire in found} == {first["id"]}


async def test_executions_that_give_up_at_once_have_ended_too(client: httpx.AsyncClient) -> None:
    nodes = {"wait": {"type": "testing.pause", "config": {"seconds": 60}}}
    policy = {"concurrency": {"limit": 1, "when_full": "skip"}}
    await publish(client, nodes=nodes, edges=[], outputs={}, policy=policy)
    config = {"workflow": "hello", "statuses": ["cancelled"]}
    await publish(client, "follower", triggers={"after": {"type": "workflow", "config": config, "inputs": {"n": 1}}})
    (await client.post("/workflows/hello/executions", json={"inputs": {"n": 1}})).raise_for_status()
    second = (await client.post("/workflows/hello/executions", json={"inputs": {"n": 2}})).json()
    (fire,) = await fires(client, "follower", "after", lambda found: len(found) == 1)
    assert (await told(client, fire))["trigger"]["execution"] == second["id"]


async def test_two_workflows_that_follow_each_other_stop(client: httpx.AsyncClient) -> None:
    def following(other: str) -> dict[str, Any]:
        return {"type": "workflow", "config": {"workflow": other}, "inputs": {"n": "{{ trigger.depth }}"}}

    await publish(client, "ping", triggers={"after": following("pong")})
    await publish(client, "pong", triggers={"after": following("ping")})
    await run(client, "ping", n=0)
    found = await fires(client, "pong", "after", lambda found: any(one["outcome"] == "skipped" for one in found))
    assert [one["outcome"] for one in found] == ["started"] * 16 + ["skipped"]
    assert len(await fires(client, "ping", "after", lambda _: True)) == 16

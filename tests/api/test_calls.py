"""Calls of workflows that are gone: by name, by version, and by themselves."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_calls import start, status, until
from factories import document

ENDED = {"succeeded", "failed"}


async def save(client: httpx.AsyncClient, name: str, nodes: dict[str, Any], *edges: str, **more: Any) -> list[Any]:
    body = document(name, inputs={}, outputs={}, nodes=nodes, edges=list(edges), **more)
    return (await client.post("/workflows", json=body)).raise_for_status().json()["problems"]


def calling(name: str, **config: Any) -> dict[str, Any]:
    return {"call": {"type": "flow.call", "config": {"workflow": name, **config}}}


@pytest.mark.parametrize("config", [{}, {"version": 1}])
async def test_a_deleted_workflow_is_not_called(client: httpx.AsyncClient, config: dict[str, Any]) -> None:
    await save(client, "callee", {"a": {"type": "data.set"}})
    assert await save(client, "caller", calling("callee", **config)) == []
    await until(client, await start(client, "caller"), status("succeeded"))
    (await client.delete("/workflows/callee")).raise_for_status()
    ended = await until(client, await start(client, "caller"), lambda shown: shown["status"] in ENDED)
    assert (ended["error"]["code"], ended["error"]["node"]) == ("workflow.not_found", "call")
    assert "callee was deleted; save it again" in ended["error"]["message"]
    (problem,) = await save(client, "caller", calling("callee", **config))
    assert (problem["code"], problem["severity"]) == ("call.unknown_workflow", "warning")
    assert problem["pointer"] == "/nodes/call/config/workflow"
    # Saved again, its numbers go on, and all of them can be called.
    await save(client, "callee", {"b": {"type": "data.set"}})
    await until(client, await start(client, "caller"), status("succeeded"))


async def test_an_execution_under_way_goes_on_calling_itself(client: httpx.AsyncClient) -> None:
    nodes = {
        "wait": {"type": "testing.pause", "config": {"seconds": 0.2}},
        "more": {"type": "logic.if", "config": {"condition": "{{ trigger.type != 'call' }}"}},
        **calling("self"),
    }
    await save(client, "self", nodes, "wait -> more", "more.true -> call")
    id_ = await start(client, "self")
    (await client.post(f"/executions/{id_}/pause")).raise_for_status()
    await until(client, id_, status("paused"))
    (await client.delete("/workflows/self")).raise_for_status()
    (await client.post(f"/executions/{id_}/resume")).raise_for_status()
    ended = await until(client, id_, lambda shown: shown["status"] in ENDED)
    assert (ended["status"], ended["error"]) == ("succeeded", None)


async def test_a_version_that_never_was_is_another_matter(client: httpx.AsyncClient) -> None:
    await save(client, "callee", {"a": {"type": "data.set"}})
    (problem,) = await save(client, "caller", calling("callee", version=7))
    assert problem["code"] == "call.unknown_version"
    ended = await until(client, await start(client, "caller"), status("failed"))
    assert (ended["error"]["code"], ended["error"]["node"]) == ("workflow.version_not_found", "call")


async def test_lists_and_requests_to_many_tell_called_ones_from_the_others(client: httpx.AsyncClient) -> None:
    fails = {"a": {"type": "flow.fail", "config": {"message": "no"}}}
    await save(client, "called-or-not", fails)
    await save(client, "calls-it", calling("called-or-not"))
    caller, alone = await start(client, "calls-it"), await start(client, "called-or-not")
    ended = await until(client, caller, status("failed"))
    await until(client, alone, status("failed"))
    child = ended["nodes"]["call"]["children"][0]["execution"]

    async def listed(**query: Any) -> list[str]:
        page = (await client.get("/executions", params={"limit": 1000, **query})).raise_for_status().json()
        return [item["id"] for item in page["items"] if item["id"] in (caller, alone, child)]

    assert await listed(called="true") == [child]
    assert set(await listed(called="false")) == {caller, alone}
    assert await listed(called="false", workflow="called-or-not") == [alone]
    assert await listed(called="true", workflow="called-or-not", status="failed") == [child]
    assert (await client.get("/executions?called=perhaps")).status_code == 422

    bulk = {"action": "retry", "dry_run": True}
    for filters, matched in (
        ({"workflow": "called-or-not"}, 2),
        ({"workflow": "called-or-not", "called": False}, 1),
        ({"ids": [caller, alone, child], "called": True}, 1),
    ):
        answer = await client.post("/executions/bulk", json={**bulk, **filters})
        assert answer.raise_for_status().json()["matched"] == matched
    # Nearly every execution was not called, so this names none.
    refused = await client.post("/executions/bulk", json={**bulk, "called": False})
    assert (refused.status_code, refused.json()["code"]) == (422, "bulk.no_filter")

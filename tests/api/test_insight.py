"""An execution in the past, beside another one, and what was made of what in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from api_calls import publish, start, status, until
from factories import document

FAILING = {
    "first": {"type": "data.set", "config": {"value": {"n": "{{ inputs.n }}"}}},
    "check": {"type": "logic.if", "config": {"condition": "{{ inputs.n > 5 }}"}},
    "large": {"type": "data.set", "config": {"value": "large"}},
    "small": {"type": "data.set", "config": {"value": "small"}},
}
EDGES = ["first -> check", "check.true -> large", "check.false -> small"]


def codes(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def get(client: httpx.AsyncClient, url: str, **query: Any) -> Any:
    answer = await client.get(url, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def saved(client: httpx.AsyncClient, name: str, nodes: Mapping[str, Any], *edges: str, **parts: Any) -> None:
    body = {"inputs": {"n": {"type": "integer", "default": 3}}, "outputs": {}, **parts}
    answer = await client.post("/workflows", json=document(name, nodes=dict(nodes), edges=list(edges), **body))
    assert answer.status_code in (200, 201), answer.text


async def ran(client: httpx.AsyncClient, name: str, wanted: str = "succeeded", **body: Any) -> dict[str, Any]:
    return await until(client, await start(client, name, **body), status(wanted))


async def events(client: httpx.AsyncClient, id_: str) -> list[dict[str, Any]]:
    return (await get(client, f"/executions/{id_}/events"))["items"]


async def test_why_a_node_was_skipped_survives_a_reload(client: httpx.AsyncClient) -> None:
    await saved(client, "branch", FAILING, *EDGES)
    shown = await ran(client, "branch")
    told = next(
        event["data"]["reason"] for event in await events(client, shown["id"]) if event["kind"] == "node.skipped"
    )
    assert told
    assert (shown["nodes"]["large"]["status"], shown["nodes"]["large"]["reason"]) == ("skipped", told)
    assert shown["nodes"]["small"]["reason"] is None


async def test_every_moment_of_an_execution_can_be_seen(client: httpx.AsyncClient) -> None:
    await saved(client, "branch", FAILING, *EDGES)
    shown = await ran(client, "branch")
    at = f"/executions/{shown['id']}"
    ended: set[str] = set()
    for event in await events(client, shown["id"]):
        then = await get(client, at, at=event["seq"])
        assert then["seq"] == event["seq"]
        if event["kind"] in ("node.succeeded", "node.skipped"):
            ended.add(event["node"])
        assert {name for name, run in then["nodes"].items() if run["ended_at"]} == ended
        assert (then["ended_at"] is None) == (event["kind"] != "execution.succeeded")
    assert await get(client, at, at=shown["seq"]) == shown
    assert (await get(client, at, at=1))["status"] == "queued"
    for seq in (shown["seq"] + 1, 2**63 - 1):
        assert codes(await client.get(at, params={"at": seq})) == (404, "execution.moment_not_found")
    for wrong in ("0", "-1", "x", str(2**63)):
        assert codes(await client.get(at, params={"at": wrong})) == (422, "request.invalid")


async def test_results_of_before_a_retry_can_be_seen(client: httpx.AsyncClient) -> None:
    nodes = {
        "first": {"type": "data.set", "config": {"value": "{{ inputs.n * 10 }}"}},
        "fail": {"type": "logic.if", "config": {"condition": "{{ inputs.n > 5 }}"}},
        "stop": {"type": "testing.explode", "config": {"text": "too small"}},
    }
    await saved(client, "again", nodes, "first -> fail", "fail.false -> stop")
    failed = await ran(client, "again", "failed")
    at = f"/executions/{failed['id']}"
    retried = await client.post(f"{at}/retry", json={"from": "first", "inputs": {"n": 8}})
    assert retried.status_code == 202, retried.text
    shown = await until(client, failed["id"], lambda told: told["generation"] == 2 and told["status"] == "succeeded")
    output = f"{at}/nodes/first/output"
    assert (await get(client, output))["value"] == 80
    assert (await get(client, output, at=failed["seq"]))["value"] == 30
    then = await get(client, at, at=failed["seq"])
    assert (then["status"], then["generation"], then["inputs"]) == ("failed", 1, {"n": 3})
    assert {**then, "nodes": None} == {**failed, "nodes": None}
    # Right after the retry nothing of it is there yet, and nothing of before any more.
    begun = next(event["seq"] for event in await events(client, shown["id"]) if event["kind"] == "execution.retried")
    then = await get(client, at, at=begun)
    assert (then["status"], then["nodes"]["first"]["status"], then["error"]) == ("queued", "pending", None)
    assert codes(await client.get(output, params={"at": begun})) == (404, "output.not_found")
    assert (await get(client, f"{at}/nodes/stop/output", at=failed["seq"], outlet="error"))["value"]["code"]


async def test_past_lines_are_those_that_lists_showed_then(client: httpx.AsyncClient) -> None:
    """Paused, resumed, waiting, cancelled: folded to its last event it is the line of now."""
    await publish(client, "waits", nodes={"wait": {"type": "flow.wait", "config": {"duration": "2h"}}})
    id_ = await start(client, "waits")
    await until(client, id_, status("waiting"))
    for action, wanted in (("pause", "paused"), ("resume", "waiting"), ("cancel", "cancelled")):
        assert (await client.post(f"/executions/{id_}/{action}")).status_code == 202
        shown = await until(client, id_, status(wanted))
        then = await get(client, f"/executions/{id_}", at=shown["seq"])
        for node in (*shown["nodes"].values(), *then["nodes"].values()):
            node["waiting"] = None
        assert {**then, "waiting": None} == {**shown, "waiting": None}
    assert shown["nodes"]["wait"]["reason"]


async def test_items_of_a_loop_in_the_past(client: httpx.AsyncClient) -> None:
    body = {"nodes": {"more": {"type": "data.set", "config": {"value": "{{ item + inputs.n }}"}}}}
    await saved(client, "loop", {"each": {"type": "flow.for_each", "config": {"items": [1, 2]}, "body": body}})
    first = await ran(client, "loop")
    at = f"/executions/{first['id']}"
    await client.post(f"{at}/retry", json={"from": "each", "inputs": {"n": 100}})
    await until(client, first["id"], lambda told: told["generation"] == 2 and told["status"] == "succeeded")
    output, query = f"{at}/nodes/more/output", {"path": "1"}
    assert (await get(client, output, **query))["value"] == 102
    assert (await get(client, output, at=first["seq"], **query))["value"] == 5
    assert codes(await client.get(output, params={"at": 1, **query})) == (404, "node.no_items")
    for seq, wanted in ((first["seq"], [4, 5]), (None, [101, 102])):
        page = await get(client, f"{at}/nodes/each/items", **({} if seq is None else {"at": seq}))
        assert [item["nodes"]["more"]["outputs"]["out"]["value"] for item in page["items"]] == wanted


async def test_two_executions_side_by_side(client: httpx.AsyncClient) -> None:
    await saved(client, "branch", FAILING, *EDGES)
    one, same, other = [await ran(client, "branch", inputs={"n": n}) for n in (3, 3, 8)]

    told = await get(client, f"/executions/{one['id']}/compare", **{"with": same["id"]})
    assert (told["same_workflow"], told["same_version"], told["first_divergence"]) == (True, True, None)
    assert [side["id"] for side in told["executions"]] == [one["id"], same["id"]]
    assert {node["output"] for node in told["nodes"]} == {"same"}
    assert [node["node"] for node in told["nodes"]][:2] == ["first", "check"]

    told = await get(client, f"/executions/{one['id']}/compare", **{"with": other["id"]})
    assert told["inputs"] == [{"name": "n", "same": False, "values": [3, 8]}]
    assert told["first_divergence"] == {"node": "first", "what": "inputs"}
    nodes = {node["node"]: node for node in told["nodes"]}
    assert nodes["large"]["status"] == ["skipped", "succeeded"]
    assert (nodes["first"]["output"], nodes["first"]["input_changed"]) == ("different", False)
    assert nodes["check"]["outlets"] == {"false": "different", "true": "different"}
    assert nodes["large"]["seconds"][0] is None
    assert nodes["large"]["seconds"][1] >= 0

    changed = {**FAILING, "small": {"type": "data.set", "config": {"value": "tiny"}}, "more": FAILING["first"]}
    await saved(client, "branch", changed, *EDGES, "small -> more")
    newer = await ran(client, "branch")
    told = await get(client, f"/executions/{one['id']}/compare", **{"with": newer["id"]})
    assert (told["same_version"], told["first_divergence"]) == (False, {"node": "small", "what": "config"})
    nodes = {node["node"]: node for node in told["nodes"]}
    assert (nodes["small"]["config_changed"], nodes["small"]["output"]) == (True, "different")
    assert (nodes["more"]["status"], nodes["more"]["output"]) == ([None, "succeeded"], "different")
    assert (nodes["first"]["config_changed"], nodes["first"]["output"]) == (False, "same")

    await publish(client, "elsewhere", nodes={"first": {"type": "data.set", "config": {"value": 1}}})
    stranger = await ran(client, "elsewhere")
    told = await get(client, f"/executions/{one['id']}/compare", **{"with": stranger["id"]})
    assert (told["same_workflow"], told["same_version"]) == (False, False)
    assert codes(await client.get(f"/executions/{one['id']}/compare")) == (422, "request.invalid")
    gone = await client.get(f"/executions/{one['id']}/compare", params={"with": "nothing"})
    assert codes(gone) == (404, "execution.not_found")


async def test_items_of_loops_are_compared_by_their_place(client: httpx.AsyncClient) -> None:
    more = {"type": "data.set", "config": {"value": "{{ item + inputs.n }}"}}
    twice = {"type": "data.set", "config": {"value": "{{ input * 2 }}"}}
    body = {"nodes": {"more": more, "twice": twice}, "edges": ["more -> twice"]}
    await saved(client, "loop", {"each": {"type": "flow.for_each", "config": {"items": [1, 2]}, "body": body}})
    one, same, other = [await ran(client, "loop", inputs={"n": n}) for n in (3, 3, 8)]
    at, item = f"/executions/{one['id']}/compare", {"node": "more", "path": "1"}
    told = await get(client, at, **{"with": same["id"]}, **item)
    assert [(node["node"], node["output"]) for node in told["nodes"]] == [("more", "same"), ("twice", "same")]
    told = await get(client, at, **{"with": other["id"]}, **item)
    assert [(node["output"], node["input_changed"]) for node in told["nodes"]] == [
        ("different", False),
        ("different", True),
    ]
    refused = await client.get(at, params={"with": other["id"], **item, "path": "7"})
    assert codes(refused) == (404, "item.not_found")


async def test_tables_are_compared_by_their_bytes(client: httpx.AsyncClient, workspace: Any) -> None:
    nodes = {
        "read": {"type": "file.read", "config": {"path": "cities.csv"}},
        "top": {"type": "table.sort", "config": {"by": ["people"]}},
    }
    await saved(client, "tables", nodes, "read -> top")
    one = await ran(client, "tables")
    again = await ran(client, "tables")
    (workspace / "cities.csv").write_text("city,people\nX,7\n")
    other = await ran(client, "tables")
    digests = [run["nodes"]["read"]["outputs"]["out"]["digest"] for run in (one, again, other)]
    assert digests[0] == digests[1] != digests[2]
    told = await get(client, f"/executions/{one['id']}/compare", **{"with": again["id"]})
    assert (told["first_divergence"], [node["output"] for node in told["nodes"]]) == (None, ["same", "same"])
    told = await get(client, f"/executions/{one['id']}/compare", **{"with": other["id"]})
    assert told["first_divergence"] == {"node": "read", "what": "output"}
    assert told["nodes"][1]["input_changed"] is True


async def test_what_was_made_of_a_value(client: httpx.AsyncClient) -> None:
    nodes = {
        "a": {"type": "data.set", "config": {"value": 1}},
        "b": {"type": "data.set", "config": {"value": "{{ input + 1 }}"}},
        "c": {"type": "data.set", "config": {"value": "{{ nodes.a * 2 }}"}},
        "d": {"type": "data.set", "config": {"value": 5}},
    }
    await saved(client, "made", nodes, "a -> b", "b -> d", "d -> c")
    id_ = (await ran(client, "made"))["id"]

    async def told(node: str, direction: str) -> list[str]:
        found = await get(client, f"/executions/{id_}/lineage", node=node, direction=direction)
        return [one["node"] for one in found["items"]]

    assert await told("a", "down") == ["a", "b", "c", "d"]
    assert await told("b", "down") == ["b", "c", "d"]
    assert await told("c", "down") == ["c"]
    assert await told("b", "up") == ["a", "b"]
    assert codes(await client.get(f"/executions/{id_}/lineage?direction=sideways")) == (422, "request.invalid")

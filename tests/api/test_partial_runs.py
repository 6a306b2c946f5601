"""Running a part of a workflow with outputs of earlier executions, and the plan that says so beforehand."""

from __future__ import annotations

import httpx
import pytest

from api_calls import status, until
from partial_runs import CHAIN, FORK, ask, plan, refused, run, save, setting, statuses, whole


async def test_until_runs_only_what_has_no_output(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    first = await run(client, "chain", partial={"until": "b"}, inputs={"n": 4})
    assert statuses(first) == {"a": "succeeded", "b": "succeeded", "c": "skipped", "side": "skipped"}
    assert first["partial"]
    assert first["nodes"]["a"]["reused"] is None
    assert first["outputs"] == {}
    assert await plan(client, "chain", partial={"until": "c"}) == {
        "a": "skip",
        "b": "reuse",
        "c": "run",
        "side": "skip",
    }
    second = await run(client, "chain", partial={"until": "c"})
    # Its inputs are those that the data is of.
    assert second["inputs"] == {"n": 4}
    assert second["nodes"]["c"]["outputs"]["out"]["value"] == 50
    assert second["outputs"] == {"c": 50}
    origin = second["nodes"]["b"]["reused"]
    assert (origin["execution"], origin["node"], origin["pinned"]) == (first["id"], "b", False)
    assert origin["at"] is not None
    # What was given there is told with the age of the one who made it.
    third = await run(client, "chain", partial={"only": "c"}, data=second["id"])
    assert third["nodes"]["b"]["reused"] == origin


async def test_what_has_changed_runs_again_on_the_way_to_a_node(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    await whole(client, "chain")
    nodes = {**CHAIN["nodes"], "b": setting("{{ input + 100 }}")}
    await save(client, "chain", **{**CHAIN, "nodes": nodes})
    assert await plan(client, "chain", partial={"until": "c"}) == {"a": "reuse", "b": "run", "c": "run", "side": "skip"}
    shown = await run(client, "chain", partial={"until": "c"})
    assert shown["nodes"]["c"]["outputs"]["out"]["value"] == 1030
    # Who tries a node out may do so with what there is, and is told.
    answer = (await ask(client, "chain", dry_run=True, partial={"only": "c"}, data=(await first_of(client)))).json()
    assert answer["nodes"]["b"]["action"] == "reuse"
    assert "changed" in answer["nodes"]["b"]["why"]
    assert [name for name, line in answer["nodes"].items() if line["changed"]] == ["b"]
    # With other inputs all that reads them is another thing.
    body = {"partial": {"until": "c"}, "inputs": {"n": 9}}
    assert await plan(client, "chain", **body) == {"a": "run", "b": "run", "c": "run", "side": "skip"}


async def first_of(client: httpx.AsyncClient) -> str:
    return (await client.get("/executions")).json()["items"][-1]["id"]


async def test_from_a_node_on(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    first = await whole(client, "chain")
    shown = await run(client, "chain", partial={"from": "b"})
    assert {name for name, node in shown["nodes"].items() if node["reused"]} == {"a"}
    assert statuses(shown) == {"a": "succeeded", "b": "succeeded", "c": "succeeded", "side": "skipped"}
    assert shown["nodes"]["a"]["reused"]["execution"] == first


async def test_outlets_that_were_not_taken_stay_so(client: httpx.AsyncClient) -> None:
    await save(client, "fork", **FORK)
    yes, no = await whole(client, "fork", inputs={"yes": True}), await whole(client, "fork", inputs={"yes": False})
    # The newest execution in which it came to the node; both branches never come together.
    shown = await run(client, "fork", partial={"only": "join"})
    assert shown["nodes"]["join"]["outputs"]["out"]["value"] == [None, "right"]
    assert statuses(shown)["left"] == "skipped"
    assert shown["inputs"] == {"yes": False}
    shown = await run(client, "fork", partial={"only": "join"}, data=yes)
    assert shown["nodes"]["join"]["outputs"]["out"]["value"] == ["left", None]
    shown = await run(client, "fork", partial={"from": "left"})
    assert shown["nodes"]["check"]["reused"]["execution"] == yes
    assert await refused(client, "fork", partial={"only": "left"}, data=no) == (409, "partial.no_data")


async def test_error_outlets(client: httpx.AsyncClient) -> None:
    nodes = {
        "boom": {"type": "testing.explode", "config": {"text": "on purpose"}},
        "well": setting("well"),
        "mend": setting("{{ input.message }}"),
    }
    await save(client, "boom", nodes=nodes, edges=["boom -> well", "boom.error -> mend"])
    await whole(client, "boom")
    shown = await run(client, "boom", partial={"only": "mend"})
    assert statuses(shown) == {"boom": "succeeded", "well": "skipped", "mend": "succeeded"}
    assert "on purpose" in shown["nodes"]["mend"]["outputs"]["out"]["value"]
    assert (await refused(client, "boom", partial={"only": "well"}))[1] == "partial.no_data"


async def test_what_it_would_do_outside(client: httpx.AsyncClient) -> None:
    nodes = {
        "read": {"type": "file.read", "config": {"path": "cities.csv"}},
        "write": {"type": "file.write", "config": {"path": "out.csv"}},
    }
    await save(client, "files", nodes=nodes, edges=["read -> write"])
    lines = (await ask(client, "files", dry_run=True, partial={"until": "write"})).json()["nodes"]
    assert {name: line["effect"] for name, line in lines.items()} == {"read": "read", "write": "write"}
    assert (await client.get("/executions")).json()["items"] == []
    await run(client, "files", partial={"until": "read"})
    shown = await run(client, "files", partial={"only": "write"})
    assert shown["status"] == "succeeded"


async def test_a_whole_run_can_be_planned_too(client: httpx.AsyncClient) -> None:
    nodes = {"a": setting(1), "tidy": setting(2), "alarm": setting(3)}
    await save(client, "late", nodes=nodes, policy={"on_failure": ["alarm"], "finally": ["tidy"]})
    assert await plan(client, "late") == {"a": "run", "tidy": "run", "alarm": "skip"}
    assert await plan(client, "late", partial={"from": "a"}) == {"a": "run", "tidy": "skip", "alarm": "skip"}
    assert statuses(await run(client, "late", partial={"from": "a"}))["tidy"] == "skipped"
    assert await refused(client, "late", partial={"only": "tidy"}) == (422, "partial.later_node")


async def test_bad_requests(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    loop = {"type": "flow.for_each", "config": {"items": [1]}, "body": {"nodes": {"inner": setting(1)}, "edges": []}}
    await save(client, "loop", nodes={"each": loop, "off": setting(1, disabled=True), "on": setting(2)})
    other = await whole(client, "loop")
    assert await refused(client, "chain", partial={"only": "nobody"}) == (404, "node.not_found")
    assert await refused(client, "loop", partial={"only": "inner"}) == (422, "partial.node_in_body")
    assert await refused(client, "loop", partial={"only": "each/inner"}) == (422, "partial.node_in_body")
    assert await refused(client, "loop", partial={"only": "off"}) == (422, "partial.node_disabled")
    assert await refused(client, "chain", partial={"only": "c"}) == (409, "partial.no_data")
    assert await refused(client, "chain", partial={"only": "c"}, data=other) == (422, "partial.other_workflow")
    assert await refused(client, "chain", partial={"only": "c"}, data="nobody") == (404, "execution.not_found")
    assert await refused(client, "chain", partial={"only": "c", "until": "b"}) == (422, "request.invalid")
    assert await refused(client, "chain", partial={"until": "c"}, version=99) == (404, "workflow.version_not_found")
    assert await refused(client, "nowhere", partial={"until": "c"}) == (404, "workflow.not_found")
    told = (await ask(client, "chain", partial={"only": "c"})).json()
    assert told["details"]["nodes"] == ["b"]
    assert "until 'c'" in told["detail"]


async def test_an_execution_of_another_version(client: httpx.AsyncClient) -> None:
    """A node that was not there yet, or had other outlets, gave nothing that could be given now."""
    await save(client, "fork", **FORK)
    old = await whole(client, "fork")
    nodes = {**FORK["nodes"], "check": setting(1), "fresh": setting("fresh"), "last": setting("{{ input }}")}
    await save(client, "fork", nodes=nodes, edges=["check -> left", "fresh -> last", "left -> join", "right -> join"])
    assert await refused(client, "fork", partial={"only": "last"}, data=old) == (409, "partial.no_data")
    assert await refused(client, "fork", partial={"only": "left"}, data=old) == (409, "partial.no_data")
    assert await plan(client, "fork", partial={"only": "join"}, data=old) == {
        **{"check": "skip", "left": "reuse", "right": "skip", "join": "run"},
        **{"fresh": "skip", "last": "skip"},
    }


async def test_a_replay_repeats_the_part_and_a_retry_goes_on_with_it(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    await whole(client, "chain")
    shown = await run(client, "chain", partial={"from": "b"})
    answer = await client.post(f"/executions/{shown['id']}/replay", json={})
    again = await until(client, answer.raise_for_status().json()["id"], status("succeeded"))
    assert again["partial"]
    assert again["nodes"]["a"]["reused"] == shown["nodes"]["a"]["reused"]
    assert statuses(again) == statuses(shown)
    (await client.post(f"/executions/{shown['id']}/retry", json={"from": "b"})).raise_for_status()
    retried = await until(client, shown["id"], lambda one: one["generation"] == 2 and one["status"] == "succeeded")
    assert statuses(retried) == statuses(shown)
    assert [retried["nodes"][name]["attempt"] for name in "abc"] == [0, 2, 2]


async def test_the_same_key_is_the_same_run_whatever_data_there_is_by_then(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    await whole(client, "chain")
    body = {"partial": {"only": "c"}}
    first, second = [
        await client.post("/workflows/chain/executions", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    await whole(client, "chain")
    third = await client.post("/workflows/chain/executions", json=body, headers={"Idempotency-Key": "k"})
    assert first.json()["id"] == second.json()["id"] == third.json()["id"]
    other = {"partial": {"from": "c"}}
    answer = await client.post("/workflows/chain/executions", json=other, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (409, "execution.key_reused")


async def test_partial_runs_are_marked_and_others_are_not(client: httpx.AsyncClient) -> None:
    await save(client, "chain", **CHAIN)
    plain = await whole(client, "chain")
    part = (await run(client, "chain", partial={"only": "c"}))["id"]
    rows = {row["id"]: row["partial"] for row in (await client.get("/executions")).json()["items"]}
    assert rows == {plain: False, part: True}


@pytest.mark.parametrize("mode", ["until", "only", "from"])
async def test_a_container_runs_as_a_whole(client: httpx.AsyncClient, mode: str) -> None:
    loop = {
        "type": "flow.for_each",
        "config": {"items": "{{ input }}"},
        "body": {"nodes": {"inner": setting("{{ item * nodes.factor }}")}, "edges": []},
    }
    nodes = {"list": setting([1, 2]), "factor": setting(3), "each": loop}
    await save(client, "loop", nodes=nodes, edges=["list -> each", "factor -> each"])
    await whole(client, "loop")
    shown = await run(client, "loop", partial={mode: "each"})
    assert {name for name, node in shown["nodes"].items() if node["reused"]} == {"list", "factor"}
    assert shown["nodes"]["each"]["outputs"]["out"]["value"] == [3, 6]


async def test_what_was_given_is_not_undone(client: httpx.AsyncClient) -> None:
    nodes = {
        "book": setting("room 12", policy={"undo": "give_back"}),
        "give_back": setting("given back"),
        "show": {"type": "testing.explode", "config": {"text": "sold out"}},
    }
    await save(client, "trip", nodes=nodes, edges=["book -> show"], policy={"on_failure": "compensate"})
    first = await run(client, "trip", partial={"until": "show"})
    assert (first["status"], statuses(first)["give_back"]) == ("failed", "succeeded")
    again = await run(client, "trip", partial={"only": "show"})
    assert (again["status"], statuses(again)["book"], statuses(again)["give_back"]) == (
        "failed",
        "succeeded",
        "skipped",
    )


async def test_all_of_it_started_like_an_earlier_one(client: httpx.AsyncClient) -> None:
    schedule = {"type": "schedule", "config": {"cron": "0 6 1 1 *", "timezone": "UTC"}, "inputs": {"n": 3}}
    parts = {**CHAIN, "nodes": {**CHAIN["nodes"], "side": setting("{{ trigger.scheduled_at }}")}}
    await save(client, "chain", **parts, triggers={"daily": schedule})
    answer = await client.post("/triggers/chain/daily/test")
    like = await until(client, answer.raise_for_status().json()["id"], lambda one: one["status"] == "succeeded")
    shown = await run(client, "chain", data=like["id"])
    assert statuses(shown) == dict.fromkeys(CHAIN["nodes"], "succeeded")
    assert shown["inputs"] == like["inputs"] == {"n": 3}
    assert shown["nodes"]["side"]["outputs"] == like["nodes"]["side"]["outputs"]
    # It was started by hand all the same, and nothing of the other one was taken.
    assert shown["trigger"]["type"] == "manual"
    assert not shown["partial"]
    assert (await run(client, "chain", data=like["id"], inputs={"n": 4}))["inputs"] == {"n": 4}
    assert await refused(client, "chain", data="nobody") == (404, "execution.not_found")

"""Why something has not started: a lock that another execution holds, a phase that comes later."""

from __future__ import annotations

from typing import Any

import httpx

from api_calls import publish, start, status, until

SEAT: dict[str, Any] = {
    "type": "flow.lock",
    "config": {"name": "seat-12"},
    "body": {"nodes": {"wait": {"type": "flow.wait", "config": {"duration": "2h"}}}},
}
LATER: dict[str, Any] = {
    "policy": {"on_failure": ["compensate", "tell"], "finally": ["report"]},
    "nodes": {
        "book": {"type": "data.set", "config": {"value": 1}, "policy": {"undo": "give_back"}},
        "wait": {"type": "flow.wait", "config": {"duration": "2h"}},
        "after": {"type": "data.set", "config": {"value": 1}},
        "give_back": {"type": "data.set", "config": {"value": 0}},
        "tell": {"type": "data.set", "config": {"value": 0}},
        "told": {"type": "data.set", "config": {"value": 0}},
        "report": {"type": "data.set", "config": {"value": 0}},
    },
}


async def test_who_waits_for_a_lock_is_told_which_and_who_holds_it(client: httpx.AsyncClient) -> None:
    await publish(client, "seat", nodes={"lock": SEAT})
    holder = await start(client, "seat")
    shown = await until(client, holder, lambda seen: bool(seen["nodes"]["lock"]["children"]))
    part = shown["nodes"]["lock"]["children"][0]["execution"]
    await until(client, part, lambda seen: seen["nodes"]["wait[0]"]["status"] == "waiting")

    blocked = await start(client, "seat")
    shown = await until(client, blocked, lambda seen: bool(seen["nodes"]["lock"]["children"]))
    why = {"rule": "concurrency", "message": "It waits for the lock seat-12", "until": None, "holders": [holder]}
    assert shown["nodes"]["lock"]["waiting"] == why
    assert shown["waiting"] == why | {"message": "lock: It waits for the lock seat-12"}
    held = (await client.get(f"/executions/{holder}")).json()["nodes"]["lock"]["waiting"]
    assert (held["rule"], held["message"]) == ("children", "It waits for the nodes of its body")

    for one in (holder, blocked):
        (await client.post(f"/executions/{one}/cancel", json={})).raise_for_status()
        await until(client, one, status("cancelled"))


async def test_a_lock_with_places_says_that_all_are_taken_also_by_a_part_of_a_loop(client: httpx.AsyncClient) -> None:
    lock = SEAT | {"config": {"name": "seats", "limit": 2}}
    loop = {"type": "flow.for_each", "config": {"items": [1]}, "body": {"nodes": {"lock": lock}}}
    await publish(client, "seats", nodes={"lock": lock})
    await publish(client, "loops", nodes={"each": loop})
    holders = [await start(client, "loops"), await start(client, "seats")]
    # Who comes first is served first: the other waits until they hold it.
    for one, node in zip(holders, ("each", "lock"), strict=True):
        shown = await until(client, one, lambda seen, node=node: bool(seen["nodes"][node]["children"]))
        child = shown["nodes"][node]["children"][0]["execution"]
        if node == "each":
            inner = await until(client, child, lambda seen: bool(seen["nodes"]["lock[0]"]["children"]))
            child = inner["nodes"]["lock[0]"]["children"][0]["execution"]
        await until(client, child, lambda seen: seen["nodes"]["wait[0]"]["status"] == "waiting")
    blocked = await start(client, "seats")
    shown = await until(client, blocked, lambda seen: bool(seen["nodes"]["lock"]["children"]))
    why = shown["nodes"]["lock"]["waiting"]
    assert why["message"] == "It waits for the lock seats: all 2 places are taken"
    assert sorted(why["holders"]) == sorted(holders)
    for one in (*holders, blocked):
        (await client.post(f"/executions/{one}/cancel", json={})).raise_for_status()
        await until(client, one, status("cancelled"))


async def test_nodes_of_later_phases_say_when_they_run(client: httpx.AsyncClient) -> None:
    document = {
        "concertmaster": 1,
        "name": "later",
        "edges": ["book -> wait", "wait -> after", "tell -> told"],
        **LATER,
    }
    (await client.post("/workflows", json=document)).raise_for_status()
    id_ = await start(client, "later")
    shown = await until(client, id_, status("waiting"))
    why = {name: run["waiting"] and run["waiting"]["message"] for name, run in shown["nodes"].items()}
    assert why["give_back"] == "It undoes book if the execution fails"
    assert why["tell"] == "It runs only after a failure"
    assert why["told"] == "It runs only after a failure, when tell ended"
    assert why["report"] == "It runs at the end"
    assert why["after"] == "It starts when wait ended"
    assert shown["nodes"]["tell"]["waiting"]["rule"] == "phase"
    (await client.post(f"/executions/{id_}/cancel", json={})).raise_for_status()
    await until(client, id_, status("cancelled"))

"""Steering executions through the API: pause, resume, retry, replay, many at once, and why something waits."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_calls import publish, start, status, until
from factories import document

SLOW = {"n": {"type": "testing.pause", "config": {"seconds": 60}}}
LONG = {"w": {"type": "flow.wait", "config": {"duration": "2h"}}}


async def test_a_pause_holds_what_has_not_started_and_says_by_whom(client: httpx.AsyncClient) -> None:
    (
        await client.post(
            "/workflows",
            json=document(
                "held",
                inputs={},
                outputs={},
                nodes={"a": {"type": "testing.pause", "config": {"seconds": 0.3}}, "b": {"type": "data.set"}},
                edges=["a -> b"],
            ),
        )
    ).raise_for_status()
    id_ = await start(client, "held")
    (await until(client, id_, lambda seen: seen["nodes"]["a"]["status"] == "running"))
    assert (await client.post(f"/executions/{id_}/pause", json={"reason": "lunch"})).status_code == 202
    shown = await until(
        client, id_, lambda seen: seen["status"] == "paused" and seen["nodes"]["a"]["status"] == "succeeded"
    )
    assert shown["nodes"]["b"]["status"] == "pending"
    assert shown["waiting"]["rule"] == shown["nodes"]["b"]["waiting"]["rule"] == "paused"
    assert "lunch" in shown["waiting"]["message"]
    assert (await client.post(f"/executions/{id_}/resume")).status_code == 202
    assert (await until(client, id_, status("succeeded")))["waiting"] is None


async def test_a_wait_says_until_when_and_can_be_cancelled(client: httpx.AsyncClient) -> None:
    (await publish(client, "later", nodes=LONG))
    id_ = await start(client, "later")
    shown = await until(client, id_, status("waiting"))
    assert shown["waiting"]["rule"] == shown["nodes"]["w"]["waiting"]["rule"] == "timer"
    assert shown["nodes"]["w"]["due_at"] == shown["waiting"]["until"]
    refused = await client.post(f"/executions/{id_}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "execution.not_paused")
    refused = await client.post(f"/executions/{id_}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "execution.not_ended")
    (await client.post(f"/executions/{id_}/cancel")).raise_for_status()
    (await until(client, id_, status("cancelled")))
    refused = await client.post(f"/executions/{id_}/pause")
    assert (refused.status_code, refused.json()["code"]) == (409, "execution.ended")


async def test_a_full_workflow_queues_names_the_holders_and_goes_on(client: httpx.AsyncClient) -> None:
    (await publish(client, "single", nodes=SLOW, policy={"concurrency": {"limit": 1}}))
    first, second = (await start(client, "single")), (await start(client, "single", priority=7))
    shown = await until(client, second, status("queued"))
    assert shown["priority"] == 7
    assert (shown["waiting"]["rule"], shown["waiting"]["holders"]) == ("concurrency", [first])
    (await client.post(f"/executions/{first}/cancel")).raise_for_status()
    (await until(client, second, status("running")))
    (await client.post(f"/executions/{second}/cancel")).raise_for_status()
    (await until(client, second, status("cancelled")))


@pytest.mark.parametrize("when_full", ["skip", "cancel_oldest"])
async def test_a_full_workflow_can_skip_or_cancel(client: httpx.AsyncClient, when_full: str) -> None:
    name = when_full.replace("_", "-")
    (await publish(client, name, nodes=SLOW, policy={"concurrency": {"limit": 1, "when_full": when_full}}))
    first, second = (await start(client, name)), (await start(client, name))
    gone, stays = (second, first) if when_full == "skip" else (first, second)
    ended = await until(client, gone, status("cancelled"))
    assert ended["reason"]
    assert when_full != "skip" or "the limit, and its policy says skip" in ended["reason"]
    (await until(client, stays, status("running")))
    (await client.post(f"/executions/{stays}/cancel")).raise_for_status()
    (await until(client, stays, status("cancelled")))


async def test_a_retry_goes_on_where_it_failed_with_other_inputs(client: httpx.AsyncClient) -> None:
    nodes = {
        "a": {"type": "data.set", "config": {"value": 3}},
        "b": {"type": "data.set", "config": {"value": "{{ nodes.a / inputs.by }}"}},
    }
    inputs = {"by": {"type": "integer"}}
    body = document("divide", inputs=inputs, nodes=nodes, edges=["a -> b"], outputs={"b": "{{ nodes.b }}"})
    (await client.post("/workflows", json=body)).raise_for_status()
    id_ = await start(client, "divide", inputs={"by": 0})
    (await until(client, id_, status("failed")))
    refused = await client.post(f"/executions/{id_}/retry", json={"inputs": {"by": "x"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "execution.inputs_invalid")
    refused = await client.post(f"/executions/{id_}/retry", json={"from": "nobody"})
    assert (refused.status_code, refused.json()["code"]) == (404, "node.not_found")
    (await client.post(f"/executions/{id_}/retry", json={"inputs": {"by": 2}})).raise_for_status()
    shown = await until(client, id_, status("succeeded"))
    assert (shown["outputs"], shown["inputs"], shown["generation"]) == ({"b": 1.5}, {"by": 2}, 2)
    refused = await client.post(f"/executions/{id_}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "execution.nothing_to_retry")
    (await client.post(f"/executions/{id_}/retry", json={"from": "b", "inputs": {"by": 3}})).raise_for_status()
    assert (await until(client, id_, lambda seen: seen["generation"] == 3 and seen["status"] == "succeeded"))[
        "outputs"
    ] == {"b": 1.0}


async def test_a_replay_is_another_execution_with_the_same_inputs(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=document("again"))).raise_for_status()
    id_ = await start(client, "again", inputs={"n": 20})
    answer = await client.post(f"/executions/{id_}/replay", headers={"Idempotency-Key": "once"})
    assert answer.status_code == 202
    other = answer.json()["id"]
    assert other != id_
    assert (await client.post(f"/executions/{id_}/replay", headers={"Idempotency-Key": "once"})).json()["id"] == other
    shown = await until(client, other, status("succeeded"))
    assert (shown["outputs"], shown["trigger"]) == ({"double": 42}, {"type": "manual", "replay_of": id_})
    again = (await client.post(f"/executions/{other}/replay", headers={"Idempotency-Key": "once"})).json()
    assert again["code"] == "execution.key_reused"


async def test_a_replay_is_told_the_same_by_its_trigger(client: httpx.AsyncClient) -> None:
    nodes = {"year": {"type": "data.set", "config": {"value": "{{ trigger.scheduled_at.year }}"}}}
    triggers = {"yearly": {"type": "schedule", "config": {"cron": "0 6 1 1 *", "timezone": "Europe/Berlin"}}}
    parts = {"nodes": nodes, "triggers": triggers, "outputs": {"year": "{{ nodes.year }}"}}
    (await client.post("/workflows", json=document("yearly", inputs={}, edges=[], **parts))).raise_for_status()
    id_ = (await client.post("/triggers/yearly/yearly/test")).json()["id"]
    first = await until(client, id_, status("succeeded"))
    taken = await client.post(f"/executions/{id_}/replay", headers={"Idempotency-Key": "trigger:yearly:1"})
    assert (taken.status_code, taken.json()["code"]) == (422, "execution.key_invalid")
    other = (await client.post(f"/executions/{id_}/replay")).json()["id"]
    shown = await until(client, other, status("succeeded"))
    assert (shown["outputs"], shown["trigger"]) == (first["outputs"], {**first["trigger"], "replay_of": id_})
    third = (await client.post(f"/executions/{other}/replay")).json()["id"]
    assert (await until(client, third, status("succeeded")))["trigger"] == {**first["trigger"], "replay_of": other}


async def test_many_are_asked_by_a_filter(client: httpx.AsyncClient) -> None:
    (await publish(client, "many", nodes=LONG))
    ids = [(await start(client, "many")) for _ in range(5)]
    for id_ in ids:
        (await until(client, id_, status("waiting")))
    bulk = {"action": "cancel", "workflow": "many"}
    assert (await client.post("/executions/bulk", json={**bulk, "dry_run": True})).json()["matched"] == 5
    assert (await client.post("/executions/bulk", json=bulk)).json() == {"matched": 5, "done": 5, "refused": []}
    for id_ in ids:
        (await until(client, id_, status("cancelled")))
    assert (await client.post("/executions/bulk", json=bulk)).json()["matched"] == 0
    refused = await client.post("/executions/bulk", json={"action": "cancel"})
    assert (refused.status_code, refused.json()["code"]) == (422, "bulk.no_filter")


async def test_of_many_quick_starts_the_newest_wins(client: httpx.AsyncClient) -> None:
    concurrency = {"limit": 1, "when_full": "cancel_oldest"}
    slow = {"n": {"type": "testing.pause", "config": {"seconds": 0.3}}}
    (await publish(client, "newest", nodes=slow, policy={"concurrency": concurrency}))
    ids = [(await start(client, "newest")) for _ in range(5)]
    for id_, wanted in zip(ids, ["cancelled"] * 4 + ["succeeded"], strict=True):
        (await until(client, id_, status(wanted)))


async def test_an_execution_of_a_deleted_workflow_can_still_be_steered(client: httpx.AsyncClient) -> None:
    (
        await client.post(
            "/workflows",
            json=document(
                "gone",
                inputs={},
                outputs={},
                nodes={"w": {"type": "testing.pause", "config": {"seconds": 0.2}}, "b": {"type": "data.set"}},
                edges=["w -> b"],
            ),
        )
    ).raise_for_status()
    id_ = await start(client, "gone")
    (await client.post(f"/executions/{id_}/pause")).raise_for_status()
    (await until(client, id_, status("paused")))
    (await client.delete("/workflows/gone")).raise_for_status()
    (await client.post(f"/executions/{id_}/resume")).raise_for_status()
    (await until(client, id_, status("succeeded")))


def divide(name: str) -> dict[str, Any]:
    """`a -> b`; b divides by an input, so 0 makes it fail."""
    nodes = {
        "a": {"type": "testing.burst", "config": {"count": 3}},
        "b": {"type": "data.set", "config": {"value": "{{ nodes.a / inputs.by }}"}},
    }
    return document(
        name, inputs={"by": {"type": "integer"}}, nodes=nodes, edges=["a -> b"], outputs={"b": "{{ nodes.b }}"}
    )


async def kinds(client: httpx.AsyncClient, id_: str) -> list[tuple[str, str | None]]:
    events = (await client.get(f"/executions/{id_}/events")).json()["items"]
    return [(event["kind"], event.get("node")) for event in events]


@pytest.mark.parametrize("action", ["cancel", "pause", "resume", "retry", "replay"])
async def test_each_request_refuses_what_it_does_not_know(client: httpx.AsyncClient, action: str) -> None:
    unknown = await client.post(f"/executions/nobody/{action}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "execution.not_found")
    wrong: list[Any] = [{"reasons": "x"}, {"reason": 3}, []]
    for body in wrong:
        bad = await client.post(f"/executions/nobody/{action}", json=body)
        assert (bad.status_code, bad.json()["code"]) == (422, "request.invalid")
    long = await client.post(f"/executions/nobody/{action}", json={"reason": "x" * 501, "priority": 2**31})
    assert long.status_code == 422


async def test_a_node_that_runs_ends_although_its_execution_is_paused(client: httpx.AsyncClient) -> None:
    nodes = {"a": {"type": "testing.pause", "config": {"seconds": 0.5}}, "b": {"type": "data.set"}}
    body = document("ends", inputs={}, outputs={}, nodes=nodes, edges=["a -> b"])
    (await client.post("/workflows", json=body)).raise_for_status()
    id_ = await start(client, "ends")
    (await until(client, id_, lambda seen: seen["nodes"]["a"]["status"] == "running"))
    (await client.post(f"/executions/{id_}/pause")).raise_for_status()
    shown = await until(client, id_, status("paused"))
    # Paused at once, while it still runs; nobody has to wait for the node.
    assert shown["nodes"]["a"]["waiting"]["rule"] == "attempt"
    (await until(client, id_, lambda seen: seen["nodes"]["a"]["status"] == "succeeded"))
    assert ("node.started", "b") not in await kinds(client, id_)
    # Asked twice is answered once.
    assert (await client.post(f"/executions/{id_}/pause")).status_code == 202
    (await client.post(f"/executions/{id_}/cancel", json={"reason": "no lunch"})).raise_for_status()
    shown = await until(client, id_, status("cancelled"))
    assert (shown["nodes"]["a"]["status"], shown["nodes"]["b"]["status"]) == ("succeeded", "cancelled")
    assert (shown["waiting"], shown["nodes"]["b"]["waiting"]) == (None, None)
    assert [kind for kind, _ in await kinds(client, id_)].count("execution.paused") == 1


async def test_a_paused_wait_goes_on_waiting_for_the_same_moment(client: httpx.AsyncClient) -> None:
    (await publish(client, "same-moment", nodes=LONG))
    id_ = await start(client, "same-moment")
    due = (await until(client, id_, status("waiting")))["waiting"]["until"]
    (await client.post(f"/executions/{id_}/pause")).raise_for_status()
    assert (await until(client, id_, status("paused")))["waiting"]["until"] is None
    (await client.post(f"/executions/{id_}/resume")).raise_for_status()
    assert (await until(client, id_, status("waiting")))["waiting"]["until"] == due


async def test_what_waits_for_a_place_can_be_paused_and_lets_others_pass(client: httpx.AsyncClient) -> None:
    (await publish(client, "passing", nodes=LONG, policy={"concurrency": {"limit": 1}}))
    first = await start(client, "passing")
    (await until(client, first, status("waiting")))
    second, third = (await start(client, "passing")), (await start(client, "passing"))
    (await until(client, second, status("queued")))
    (await client.post(f"/executions/{second}/pause")).raise_for_status()
    (await until(client, second, status("paused")))
    (await client.post(f"/executions/{first}/cancel")).raise_for_status()
    (await until(client, third, status("waiting")))
    (await client.post(f"/executions/{second}/resume")).raise_for_status()
    shown = await until(client, second, status("queued"))
    assert (shown["waiting"]["rule"], shown["waiting"]["holders"]) == ("concurrency", [third])
    for id_ in (second, third):
        (await client.post(f"/executions/{id_}/cancel")).raise_for_status()
        (await until(client, id_, status("cancelled")))


async def test_a_retry_keeps_what_succeeded_and_tells_followers_to_begin_again(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=divide("kept"))).raise_for_status()
    id_ = await start(client, "kept", inputs={"by": 0})
    before = await until(client, id_, status("failed"))
    assert (before["generation"], before["nodes"]["a"]["logs"]) == (1, 3)
    again = await client.post(f"/executions/{id_}/retry", json={"reason": "once more"})
    assert again.status_code == 202
    after = await until(client, id_, lambda seen: seen["generation"] == 2 and seen["status"] == "failed")
    # Its results are those of the first time: it did not run again.
    assert after["nodes"]["a"] == before["nodes"]["a"]
    assert after["nodes"]["b"]["attempt"] > before["nodes"]["b"]["attempt"]
    told = [kind for kind, _ in await kinds(client, id_)]
    assert told.count("execution.failed") == 2
    assert told.index("execution.retried") > told.index("execution.failed")
    # From a node on even that runs again.
    (await client.post(f"/executions/{id_}/retry", json={"from": "a", "inputs": {"by": 3}})).raise_for_status()
    last = await until(client, id_, status("succeeded"))
    assert (last["outputs"], last["generation"], last["nodes"]["a"]["logs"]) == ({"b": 1.0}, 3, 6)


async def test_a_cancelled_execution_can_be_retried(client: httpx.AsyncClient) -> None:
    nodes = {"a": {"type": "data.set"}, "w": {"type": "flow.wait", "config": {"duration": "2h"}}}
    body = document("cancelled", inputs={}, outputs={}, nodes=nodes, edges=["a -> w"])
    (await client.post("/workflows", json=body)).raise_for_status()
    id_ = await start(client, "cancelled")
    (await until(client, id_, status("waiting")))
    (await client.post(f"/executions/{id_}/cancel")).raise_for_status()
    (await until(client, id_, status("cancelled")))
    (await client.post(f"/executions/{id_}/retry")).raise_for_status()
    shown = await until(client, id_, status("waiting"))
    assert (shown["generation"], shown["nodes"]["a"]["status"], shown["ended_at"]) == (2, "succeeded", None)


async def test_a_replay_takes_the_inputs_of_the_last_retry_and_a_priority(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=divide("edited"))).raise_for_status()
    id_ = await start(client, "edited", inputs={"by": 0})
    (await until(client, id_, status("failed")))
    (await client.post(f"/executions/{id_}/retry", json={"inputs": {"by": 3}})).raise_for_status()
    (await until(client, id_, status("succeeded")))
    key = {"Idempotency-Key": "replay"}
    answer = await client.post(f"/executions/{id_}/replay", json={"priority": 4}, headers=key)
    other = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/api/v1/executions/{other['id']}")
    assert (other["inputs"], other["priority"], other["generation"]) == ({"by": 3}, 4, 1)
    (await until(client, other["id"], status("succeeded")))
    different = await client.post("/workflows/edited/executions", json={"inputs": {"by": 1}}, headers=key)
    assert (different.status_code, different.json()["code"]) == (409, "execution.key_reused")


async def test_ids_and_statuses_choose_for_many_and_who_succeeded_is_left_out(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=divide("bulk"))).raise_for_status()
    (await publish(client, "bulk-later", nodes=LONG))
    bad = [(await start(client, "bulk", inputs={"by": 0})) for _ in range(2)]
    good, waits = (await start(client, "bulk", inputs={"by": 1})), (await start(client, "bulk-later"))
    for id_, wanted in ((bad[0], "failed"), (bad[1], "failed"), (good, "succeeded"), (waits, "waiting")):
        (await until(client, id_, status(wanted)))

    async def ask(action: str, **body: Any) -> tuple[int, int]:
        answer = (await client.post("/executions/bulk", json={"action": action, **body})).raise_for_status().json()
        assert answer["refused"] == []
        return answer["matched"], answer["done"]

    everything = [*bad, good, waits]
    assert await ask("retry", ids=everything, dry_run=True) == (2, 0)
    assert await ask("pause", ids=everything, reason="lunch") == (1, 1)
    assert "lunch" in (await until(client, waits, status("paused")))["waiting"]["message"]
    assert await ask("pause", ids=everything, status=["failed"]) == (0, 0)
    assert await ask("resume", workflow="bulk-later") == (1, 1)
    assert await ask("retry", workflow="bulk", status=["failed", "succeeded"], ids=[bad[0]]) == (1, 1)
    (await until(client, bad[0], lambda seen: seen["generation"] == 2 and seen["status"] == "failed"))
    assert (await client.get(f"/executions/{bad[1]}")).json()["generation"] == 1
    for dry_run in (True, False):
        succeeded = {"action": "retry", "workflow": "bulk", "status": ["succeeded"], "dry_run": dry_run}
        answer = (await client.post("/executions/bulk", json=succeeded)).json()
        assert (answer["matched"], answer["done"]) == (0, 0)
        assert [refused["code"] for refused in answer["refused"]] == ["execution.nothing_to_retry"]
    answer = (await client.post("/executions/bulk", json={"action": "pause", "ids": [waits, "nobody"]})).json()
    assert (answer["matched"], answer["done"]) == (1, 1)
    assert [(refused["id"], refused["code"]) for refused in answer["refused"]] == [("nobody", "execution.not_found")]
    (await client.post(f"/executions/{waits}/cancel")).raise_for_status()
    (await until(client, waits, status("cancelled")))


@pytest.mark.parametrize(
    "body",
    [
        {"action": "delete", "workflow": "x"},
        {"workflow": "x"},
        {"action": "cancel", "status": ["lost"]},
        {"action": "cancel", "workflow": "x", "surprise": 1},
    ],
)
async def test_a_wrong_bulk_request_asks_nobody(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    refused = await client.post("/executions/bulk", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")
    unknown = await client.post("/executions/bulk", json={"action": "cancel", "ids": ["nobody"]})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "execution.not_found")


async def test_lists_show_the_priority(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=document("first-class"))).raise_for_status()
    id_ = await start(client, "first-class", priority=-3)
    (await until(client, id_, status("succeeded")))
    listed = (await client.get("/executions", params={"workflow": "first-class"})).json()["items"]
    assert [item["priority"] for item in listed] == [-3]
    for wrong in (2**31, True, "1", 1.0):
        refused = await client.post("/workflows/first-class/executions", json={"priority": wrong})
        assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")

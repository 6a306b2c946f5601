"""Routes of executions: start, idempotency, events, logs, outputs, cancel; bad input and missing things."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from factories import document, pausing, table_workflow


async def _publish(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post("/workflows", json=body)
    assert answer.status_code == 201, answer.text


async def _run(client: httpx.AsyncClient, name: str, **inputs: Any) -> dict[str, Any]:
    answer = await client.post(f"/workflows/{name}/executions?wait=30", json={"inputs": inputs})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_start_answers_202_and_with_wait_the_ended_execution(client: httpx.AsyncClient) -> None:
    await _publish(client, document())
    started = await client.post("/workflows/hello/executions", json={"inputs": {"n": 5}})
    assert started.status_code == 202
    assert started.headers["location"] == f"/api/v1/executions/{started.json()['id']}"

    ended = await _run(client, "hello", n=5)
    assert (ended["status"], ended["outputs"], ended["inputs"]) == ("succeeded", {"double": 12}, {"n": 5})
    assert ended["nodes"]["first"]["outputs"]["out"]["value"] == {"x": 6}
    assert ended["nodes"]["double"]["started_at"] <= ended["nodes"]["double"]["ended_at"]
    assert (await client.get(f"/executions/{ended['id']}")).json() == ended


async def test_wait_that_is_too_short_answers_202(client: httpx.AsyncClient) -> None:
    await _publish(client, pausing())
    answer = await client.post("/workflows/pausing/executions?wait=0.05", json={})
    assert answer.status_code == 202
    assert answer.json()["status"] in ("queued", "running")


async def test_a_url_that_is_none_fails_its_node_with_a_reason(client: httpx.AsyncClient) -> None:
    nodes = {"ask": {"type": "http.request", "config": {"url": "http://["}}}
    await _publish(client, document(nodes=nodes, edges=[], outputs={}))
    assert (await _run(client, "hello"))["error"]["code"] == "http.invalid_url"


async def test_defaults_are_filled_in(client: httpx.AsyncClient) -> None:
    await _publish(client, document())
    assert (await _run(client, "hello"))["inputs"] == {"n": 3}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"inputs": {"n": "seven"}}, "/inputs/n"),
        ({"inputs": {"n": -1}}, "/inputs/n"),
        ({"inputs": {"m": 1}}, "/inputs/m"),
        ({"inputs": []}, "/inputs"),
        ({"input": {}}, "/input"),
        ({"version": 0}, "/version"),
    ],
)
async def test_bad_inputs_are_refused_by_pointer(client: httpx.AsyncClient, body: Any, pointer: str) -> None:
    await _publish(client, document())
    answer = await client.post("/workflows/hello/executions", json=body)
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]
    assert (await client.get("/executions")).json()["items"] == []


async def test_a_body_that_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    await _publish(client, document())
    answer = await client.post(
        "/workflows/hello/executions", content=b"{no", headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


async def test_the_published_version_runs_unless_another_is_named(client: httpx.AsyncClient) -> None:
    await _publish(client, document())
    await client.put("/workflows/hello?publish=false", json=document(outputs={"version": "two"}))
    assert (await _run(client, "hello"))["outputs"] == {"double": 8}
    answer = await client.post("/workflows/hello/executions?wait=30", json={"version": 2})
    assert (answer.json()["version"], answer.json()["outputs"]) == (2, {"version": "two"})


async def test_what_is_not_published_or_has_errors_does_not_run(client: httpx.AsyncClient) -> None:
    await client.post("/workflows?publish=false", json=document(edges=["first -> nowhere"]))
    unpublished = await client.post("/workflows/hello/executions", json={})
    assert (unpublished.status_code, unpublished.json()["code"]) == (422, "workflow.not_published")
    broken = await client.post("/workflows/hello/executions", json={"version": 1})
    assert (broken.status_code, broken.json()["errors"][0]["pointer"]) == (422, "/edges/0")
    assert (await client.post("/workflows/none/executions", json={})).status_code == 404
    assert (await client.post("/workflows/hello/executions", json={"version": 7})).status_code == 404


async def test_one_idempotency_key_starts_one_execution(client: httpx.AsyncClient) -> None:
    await _publish(client, document())

    async def start(n: int) -> httpx.Response:
        return await client.post(
            "/workflows/hello/executions", json={"inputs": {"n": n}}, headers={"idempotency-key": "monday"}
        )

    answers = await asyncio.gather(*(start(1) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await start(2)
    assert (other.status_code, other.json()["code"]) == (409, "execution.key_reused")
    assert len((await client.get("/executions")).json()["items"]) == 1


async def test_the_list_filters_and_pages(client: httpx.AsyncClient) -> None:
    await _publish(client, document())
    await _publish(client, document("other"))
    ids = [(await _run(client, "hello"))["id"] for _ in range(3)]
    await _run(client, "other")

    page = (await client.get("/executions?workflow=hello&limit=2")).json()
    assert [item["id"] for item in page["items"]] == [ids[2], ids[1]]
    rest = (await client.get("/executions", params={"workflow": "hello", "before": page["next"]})).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([ids[0]], None)
    assert (await client.get("/executions?status=failed")).json()["items"] == []
    assert len((await client.get("/executions?status=failed&status=succeeded")).json()["items"]) == 4
    assert (await client.get("/executions?status=done")).status_code == 422

    workflows = (await client.get("/workflows")).json()["items"]
    assert {item["name"]: item["last_execution"]["status"] for item in workflows} == {
        "hello": "succeeded",
        "other": "succeeded",
    }


async def test_events_are_numbered_without_gaps_and_resume(client: httpx.AsyncClient) -> None:
    await _publish(client, document())
    ended = await _run(client, "hello")
    events = (await client.get(f"/executions/{ended['id']}/events")).json()
    assert [event["seq"] for event in events["items"]] == list(range(1, ended["seq"] + 1))
    assert events["items"][0]["kind"] == "execution.created"
    assert events["items"][-1]["kind"] == "execution.succeeded"
    assert events["next"] == ended["seq"]

    tail = (await client.get(f"/executions/{ended['id']}/events?after=2&limit=1")).json()
    assert ([event["seq"] for event in tail["items"]], tail["next"]) == ([3], 3)
    # Nothing more will come: a long poll does not wait for it.
    done = (await client.get(f"/executions/{ended['id']}/events?after={ended['seq']}&wait=30")).json()
    assert done == {"items": [], "next": ended["seq"]}


async def test_a_long_poll_answers_when_something_happens(client: httpx.AsyncClient) -> None:
    await _publish(client, pausing())
    started = (await client.post("/workflows/pausing/executions", json={})).json()
    at = f"/executions/{started['id']}"
    seen: list[str] = []
    after = 0
    while "node.started" not in seen:
        page = (await client.get(f"{at}/events?after={after}&wait=10")).json()
        seen += [event["kind"] for event in page["items"]]
        after = page["next"]
    poll = asyncio.create_task(client.get(f"{at}/events?after={after}&wait=30"))
    assert (await client.post(f"{at}/cancel")).status_code == 202
    assert (await poll).json()["items"][0]["seq"] == after + 1


async def test_cancel_stops_a_running_execution_and_only_that(client: httpx.AsyncClient) -> None:
    await _publish(client, pausing())
    started = (await client.post("/workflows/pausing/executions", json={})).json()
    at = f"/executions/{started['id']}"
    assert (await client.post(f"{at}/cancel")).status_code == 202
    after = 0
    kinds: list[str] = []
    while "execution.cancelled" not in kinds:
        page = (await client.get(f"{at}/events?after={after}&wait=10")).json()
        kinds += [event["kind"] for event in page["items"]]
        after = page["next"]
    shown = (await client.get(at)).json()
    assert (shown["status"], shown["nodes"]["wait"]["status"]) == ("cancelled", "cancelled")
    again = await client.post(f"{at}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "execution.ended")


async def test_a_node_that_raises_fails_the_execution_and_names_itself(client: httpx.AsyncClient) -> None:
    nodes = {"bang": {"type": "testing.explode", "config": {"text": "no such table"}}}
    await _publish(client, document("bang", inputs={}, nodes=nodes, edges=[], outputs={}))
    ended = await _run(client, "bang")
    assert ended["status"] == "failed"
    assert ended["error"]["node"] == "bang"
    assert "no such table" in ended["error"]["message"]
    assert ended["nodes"]["bang"]["status"] == "failed"
    output = await client.get(f"/executions/{ended['id']}/nodes/bang/output?outlet=error")
    assert "no such table" in output.json()["value"]["message"]


async def test_logs_are_counted_filtered_and_paged(client: httpx.AsyncClient) -> None:
    nodes = {"talk": {"type": "testing.burst", "config": {"count": 25}}}
    await _publish(client, document("talk", inputs={}, nodes=nodes, edges=[], outputs={}))
    ended = await _run(client, "talk")
    assert ended["nodes"]["talk"]["logs"] == 25
    at = f"/executions/{ended['id']}/logs"
    page = (await client.get(f"{at}?after=20&node=talk&level=info")).json()
    assert [line["text"] for line in page["items"]] == [f"line {number}" for number in range(20, 25)]
    assert page["next"] == 25
    assert (await client.get(f"{at}?level=error")).json() == {"items": [], "next": 0, "before": None}


async def test_a_table_is_previewed_by_page_and_sorted(client: httpx.AsyncClient) -> None:
    await _publish(client, table_workflow())
    ended = await _run(client, "cities")
    assert ended["outputs"] == {"rows": 3}
    assert ended["nodes"]["large"]["outputs"]["out"]["rows"] == 3
    at = f"/executions/{ended['id']}/nodes/large/output"
    page = (await client.get(f"{at}?limit=2&sort=-people")).json()
    assert page["schema"] == [{"name": "city", "type": "string"}, {"name": "people", "type": "int64"}]
    assert [row["city"] for row in page["items"]] == ["E", "C"]
    assert (page["total"], page["next"]) == (3, 2)
    assert [row["city"] for row in (await client.get(f"{at}?offset=2&sort=-people")).json()["items"]] == ["B"]
    wrong = await client.get(f"{at}?sort=size")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "table.unknown_column")


async def test_statistics_of_a_table_and_of_one_column(client: httpx.AsyncClient) -> None:
    await _publish(client, table_workflow())
    ended = await _run(client, "cities")
    at = f"/executions/{ended['id']}/nodes/large/output/statistics"
    told = (await client.get(at)).json()
    assert (told["rows"], told["bytes"] > 0) == (3, True)
    city = {"name": "city", "type": "string", "nulls": 0, "distinct": 3, "min": "B", "max": "E"}
    assert told["columns"][0] == city
    assert (await client.get(f"{at}?column=city")).json()["columns"] == [city]
    assert [one["name"] for one in (await client.get(f"{at}?column=people&column=city")).json()["columns"]] == [
        "people",
        "city",
    ]
    wrong = await client.get(f"{at}?column=size")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "table.unknown_column")


async def test_a_value_tells_what_it_was_made_of_and_where_else_it_is(client: httpx.AsyncClient) -> None:
    await _publish(client, table_workflow())
    first, second = await _run(client, "cities"), await _run(client, "cities")
    told = (await client.get(f"/executions/{second['id']}/lineage?node=large")).json()
    assert (told["execution"], told["workflow"], told["version"]) == (second["id"], "cities", 1)
    *_, large = told["items"]
    assert (large["node"], large["outlet"], large["kind"], large["rows"]) == ("large", "out", "table", 3)
    (came,) = large["inputs"]
    (made,) = [one for one in told["items"] if one["node"] == came["node"]]
    assert (came["port"], came["rows"], came["bytes"]) == ("in", made["rows"], made["bytes"])
    assert [(one["execution"], one["node"], one["outlet"]) for one in large["also"]] == [(first["id"], "large", "out")]
    whole = (await client.get(f"/executions/{first['id']}/lineage")).json()
    assert {one["node"] for one in whole["items"]} == set(first["nodes"])
    missing = await client.get(f"/executions/{first['id']}/lineage?node=none")
    assert (missing.status_code, missing.json()["code"]) == (404, "node.not_found")


async def test_a_large_json_output_is_shown_whole_but_not_summarised(client: httpx.AsyncClient) -> None:
    text = "x" * 50_000
    nodes = {"big": {"type": "data.set", "config": {"value": [text, text]}}}
    large = document("big", inputs={}, nodes=nodes, edges=[], outputs={})
    # The document itself would be above this server's body limit as JSON, so the value is made by an expression.
    large["nodes"]["big"]["config"]["value"] = "{{ [inputs.t, inputs.t] }}"
    large["inputs"] = {"t": {"type": "string"}}
    await _publish(client, large)
    ended = await _run(client, "big", t=text)
    told = ended["nodes"]["big"]["outputs"]["out"]
    assert (told["kind"], "value" in told, told["bytes"] > 100_000) == ("json", False, True)
    page = await client.get(f"/executions/{ended['id']}/nodes/big/output")
    assert page.json() == {"kind": "json", "value": [text, text]}


@pytest.mark.parametrize(
    "path",
    [
        "/executions/none",
        "/executions/none/events",
        "/executions/none/logs",
        "/executions/none/nodes/first/output",
        "/executions/{id}/nodes/none/output",
        "/executions/{id}/nodes/first/output?outlet=none",
    ],
)
async def test_what_is_missing_answers_404(client: httpx.AsyncClient, path: str) -> None:
    await _publish(client, document())
    ended = await _run(client, "hello")
    assert (await client.get(path.format(id=ended["id"]))).status_code == 404


async def test_cancelling_what_is_missing_answers_404(client: httpx.AsyncClient) -> None:
    assert (await client.post("/executions/none/cancel")).status_code == 404

"""Backfills: every time of a range that has passed has one execution, so many at a time, over restarts too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.storage.data_folder import hold_data_folder
from factories import document

DAILY = {
    "type": "schedule",
    "config": {"cron": "0 6 * * *", "timezone": "Europe/Rome"},
    "inputs": {"n": "{{ trigger.scheduled_at.day }}"},
}
MARCH = {"from": "2026-03-01T00:00:00+01:00", "to": "2026-04-01T00:00:00+02:00"}
ALONE: dict[str, Any] = {"inputs": {"n": {"type": "integer"}}, "edges": [], "outputs": {}}
PAUSE = {"wait": {"type": "testing.pause", "config": {"seconds": 60}}}


async def publish(client: httpx.AsyncClient, **parts: Any) -> None:
    body = document(
        triggers={"daily": DAILY, "hook": {"type": "webhook", "config": {"path": "x"}, "inputs": {"n": 1}}}, **parts
    )
    (await client.post("/workflows", json=body)).raise_for_status()


async def order(client: httpx.AsyncClient, **parts: Any) -> httpx.Response:
    return await client.post("/backfills", json={"workflow": "hello", "trigger": "daily", **MARCH, **parts})


async def until(client: httpx.AsyncClient, id_: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while not wanted(shown := (await client.get(f"/backfills/{id_}")).json()):
            await asyncio.sleep(0.02)
    return shown


async def test_each_time_of_the_range_has_one_execution(client: httpx.AsyncClient) -> None:
    await publish(client)
    answer = await order(client, concurrency=4)
    assert answer.status_code == 202
    ordered = answer.json()
    assert (ordered["status"], ordered["total"], ordered["started"]) == ("running", 31, 0)
    done = await until(client, ordered["id"], lambda shown: shown["status"] == "finished")
    assert (done["started"], done["succeeded"], done["failed"], done["active"]) == (31, 31, 0, [])
    found = (await client.get("/executions", params={"workflow": "hello", "limit": 100})).json()["items"]
    assert {one["trigger"]["backfill"] for one in found} == {ordered["id"]}
    assert sorted(one["trigger"]["scheduled_at"]["iso"] for one in found) == [
        f"2026-03-{day:02}T06:00:00{'+01:00' if day < 29 else '+02:00'}" for day in range(1, 32)
    ]
    shown = (await client.get(f"/executions/{found[0]['id']}")).json()
    assert shown["inputs"] == {"n": shown["trigger"]["scheduled_at"]["day"]}
    assert (await client.get("/backfills")).json()["items"] == [done]


async def test_a_dry_run_only_counts(client: httpx.AsyncClient) -> None:
    await publish(client)
    answer = await order(client, dry_run=True)
    assert answer.status_code == 200
    assert answer.json() == {
        "dry_run": True,
        "total": 31,
        "first": "2026-03-01T05:00:00Z",
        "last": "2026-03-31T04:00:00Z",
        "from": "2026-02-28T23:00:00Z",
        "to": "2026-03-31T22:00:00Z",
        "timezone": "Europe/Rome",
        "clipped": False,
    }
    assert (await client.get("/backfills")).json()["items"] == []


async def test_no_more_at_a_time_than_asked_for_and_pause_resume_cancel(client: httpx.AsyncClient) -> None:
    await publish(client, inputs={"n": {"type": "integer"}}, nodes=PAUSE, edges=[], outputs={})
    id_ = (await order(client, concurrency=3)).json()["id"]
    full = await until(client, id_, lambda shown: len(shown["active"]) == 3)
    assert (full["started"], full["cursor_at"]) == (3, "2026-03-03T05:00:00Z")
    assert (await client.post(f"/backfills/{id_}/pause")).json()["status"] == "paused"
    await client.post(f"/executions/{full['active'][0]}/cancel")
    paused = await until(client, id_, lambda shown: len(shown["active"]) == 2)
    assert (paused["status"], paused["started"], paused["failed"]) == ("paused", 3, 1)
    assert (await client.post(f"/backfills/{id_}/resume")).json()["status"] == "running"
    await until(client, id_, lambda shown: shown["started"] == 4)
    assert (await client.post(f"/backfills/{id_}/cancel")).json()["status"] == "cancelled"
    for kind in ("pause", "resume", "cancel"):
        answer = await client.post(f"/backfills/{id_}/{kind}")
        assert (answer.status_code, answer.json()["code"]) == (409, "backfill.status")
    found = (await client.get("/executions", params={"workflow": "hello"})).json()["items"]
    assert len(found) == 4


async def test_refused_times_are_counted(client: httpx.AsyncClient) -> None:
    await publish(client, inputs={"n": {"type": "integer", "maximum": 10}})
    id_ = (await order(client, concurrency=7)).json()["id"]
    done = await until(client, id_, lambda shown: shown["status"] == "finished")
    assert (done["succeeded"], done["refused"]) == (10, 21)
    assert "execution.inputs_invalid" in done["error"]


async def test_what_one_has_started_is_listed_page_by_page_and_retried(client: httpx.AsyncClient) -> None:
    await publish(client, nodes={"a": {"type": "data.set", "config": {"value": "{{ 1 / (inputs.n % 3) }}"}}}, **ALONE)
    ids = [(await order(client, concurrency=8)).json()["id"] for _ in range(2)]
    for id_ in ids:
        done = await until(client, id_, lambda shown: shown["status"] == "finished")
        assert (done["succeeded"], done["failed"]) == (21, 10)
        seen: list[dict[str, Any]] = []
        before = None
        while not seen or before is not None:
            params = {"backfill": id_, "status": "failed", "limit": 4, **({"before": before} if before else {})}
            page = (await client.get("/executions", params=params)).raise_for_status().json()
            seen += page["items"]
            before = page["next"]
        assert {one["trigger"]["backfill"] for one in seen} == {id_}
        assert sorted(one["trigger"]["scheduled_at"]["day"] for one in seen) == list(range(3, 31, 3))
        found = (await client.get("/executions", params={"backfill": id_, "workflow": "hello", "limit": 100})).json()
        assert len(found["items"]) == 31
        assert (await client.get("/executions", params={"backfill": id_, "workflow": "other"})).json()["items"] == []
    assert (await client.get("/executions", params={"backfill": "none"})).json()["items"] == []
    # The same of exactly these.
    again = {"action": "retry", "backfill": ids[0]}
    assert (await client.post("/executions/bulk", json={**again, "dry_run": True})).json()["matched"] == 10
    named = {**again, "ids": [seen[0]["id"]], "status": ["failed"]}
    assert (await client.post("/executions/bulk", json=named)).json()["matched"] == 0
    assert (await client.post("/executions/bulk", json=again)).json()["done"] == 10


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ({"trigger": "none"}, 404, "trigger.not_found"),
        ({"trigger": "hook"}, 422, "trigger.no_times"),
        ({"from": MARCH["to"], "to": MARCH["from"]}, 422, "backfill.range"),
        ({"from": "2999-01-01T00:00:00Z", "to": "2999-01-02T00:00:00Z"}, 422, "backfill.range"),
        ({"to": "0001-01-01T00:00:00+01:00"}, 422, "backfill.range"),
        ({"from": "9999-12-31T23:59:59-12:00"}, 422, "backfill.range"),
        ({"from": "1969-12-31T23:59:59Z"}, 422, "backfill.range"),
        ({"from": "0001-01-01T00:00:00Z"}, 422, "backfill.range"),
        ({"from": "0001-01-01T00:00:00+01:00"}, 422, "backfill.range"),
        ({"concurrency": 0}, 422, "request.invalid"),
        ({"from": "0001-01-01T00:00:00"}, 422, "backfill.range"),
        ({"from": "yesterday"}, 422, "request.invalid"),
    ],
)
async def test_what_cannot_be_ordered(client: httpx.AsyncClient, parts: Any, status: int, code: str) -> None:
    await publish(client)
    for dry_run in (False, True):
        answer = await order(client, **parts, dry_run=dry_run)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_times_without_an_offset_are_in_the_zone_of_the_schedule(client: httpx.AsyncClient) -> None:
    await publish(client)
    naive = {"from": "2026-03-01T00:00:00", "to": "2026-04-01"}
    counted = (await order(client, **naive, dry_run=True)).json()
    ordered = (await order(client, **naive)).json()
    for shown in (counted, ordered):
        assert (shown["from"], shown["to"]) == ("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z")
        assert (shown["timezone"], shown["clipped"], shown["total"]) == ("Europe/Rome", False, 31)


async def test_a_range_that_ends_in_the_future_ends_now(client: httpx.AsyncClient) -> None:
    await publish(client)
    from_at = datetime.now(UTC) - timedelta(days=3)
    span = {"from": from_at.isoformat(), "to": "2999-01-01T00:00:00Z"}
    counted = (await order(client, **span, dry_run=True)).json()
    ordered = (await order(client, **span)).json()
    for shown in (counted, ordered):
        assert shown["clipped"]
        assert abs(datetime.now(UTC) - datetime.fromisoformat(shown["to"])) < timedelta(minutes=1)
        assert shown["total"] == 3


async def test_too_many_times(client: httpx.AsyncClient) -> None:
    body = document(triggers={"daily": {"type": "schedule", "config": {"interval": "1s"}}})
    (await client.post("/workflows", json=body)).raise_for_status()
    assert (await order(client)).json()["code"] == "backfill.too_many"


@pytest.mark.parametrize("path", ["", "/pause", "/resume", "/cancel"])
async def test_there_is_no_such_backfill(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.request("POST" if path else "GET", f"/backfills/none{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "backfill.not_found")


async def test_it_goes_on_after_restarts(workspace: Path) -> None:
    settings = Settings(workspace=workspace, secret_key="a key for tests only")
    source = orjson.dumps(document(triggers={"daily": DAILY}))
    march = {"from_at": datetime(2026, 1, 1, tzinfo=UTC), "until_at": datetime(2026, 7, 1, tzinfo=UTC)}
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            await runtime.workflows.save(LOCAL_ADMIN, source, format="json")
            ordered = await runtime.triggering.backfills.create(LOCAL_ADMIN, "hello", "daily", **march, concurrency=5)
        for started in (10, 40, 90):
            async with build(settings) as runtime, asyncio.timeout(30):
                while (await runtime.triggering.backfills.get(LOCAL_ADMIN, ordered.id)).started < started:
                    await asyncio.sleep(0.01)
        async with build(settings) as runtime, asyncio.timeout(30):
            while (done := await runtime.triggering.backfills.get(LOCAL_ADMIN, ordered.id)).status != "finished":
                await asyncio.sleep(0.02)
            found = (await runtime.executions.list(LOCAL_ADMIN, limit=1000)).items
    days = march["until_at"] - march["from_at"]
    assert done.started == done.succeeded == len(found) == days // timedelta(days=1)
    assert len({row.trigger["scheduled_at"]["iso"] for row in found}) == len(found)

"""Looking back on many executions through the API: filters, histogram, durations, slow and failing ones, the queue."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from api_calls import publish, start, status, until
from factories import document

FAILS = {
    "a": {"type": "data.set", "config": {"value": 1}},
    "b": {"type": "data.set", "config": {"value": "{{ nodes.a / inputs.by }}"}},
}
LONG = {"w": {"type": "flow.wait", "config": {"duration": "2h"}}}


def divide(name: str, **parts: Any) -> dict[str, Any]:
    inputs = {"by": {"type": "integer"}}
    return document(name, inputs=inputs, nodes=FAILS, edges=["a -> b"], outputs={"b": "{{ nodes.b }}"}, **parts)


async def ended(client: httpx.AsyncClient, name: str, by: int) -> str:
    id_ = await start(client, name, inputs={"by": by})
    await until(client, id_, status("succeeded" if by else "failed"))
    return id_


async def listed(client: httpx.AsyncClient, **chosen: Any) -> list[str]:
    answer = (await client.get("/executions", params=chosen)).raise_for_status().json()
    assert (answer["next"], answer["scanned_until"]) == (None, None)
    return [one["id"] for one in answer["items"]]


async def test_lists_by_time_trigger_error_duration_and_version(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=divide("calc"))).raise_for_status()
    good, bad = await ended(client, "calc", 1), await ended(client, "calc", 0)
    (await client.post("/workflows", json=divide("calc", description="other"))).raise_for_status()
    newer = await ended(client, "calc", 2)
    assert await listed(client, error="ZERO") == [bad]
    assert await listed(client, error="nothing like it") == []
    assert await listed(client, version=2) == [newer]
    assert await listed(client, trigger="manual", status=["succeeded", "failed"]) == [newer, bad, good]
    assert await listed(client, trigger="webhook") == []
    assert await listed(client, min_seconds=0, max_seconds=60) == [newer, bad, good]
    assert await listed(client, min_seconds=60) == []
    made = (await client.get(f"/executions/{bad}")).json()["created_at"]
    # Times are exact to a millisecond.
    assert (await listed(client, since=made))[0] == newer
    assert bad in await listed(client, since=made)
    assert (
        good not in await listed(client, since=made)
        or (await client.get(f"/executions/{good}")).json()["created_at"][:23] == made[:23]
    )
    assert bad not in await listed(client, until=made)
    assert await listed(client, since="0001-01-01T00:00:00Z", until="9999-12-31T23:59:59Z") == [newer, bad, good]


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "/query/until"),
        ({"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "/query/until"),
        ({"min_seconds": 2, "max_seconds": 1}, "/query/max_seconds"),
        ({"since": "yesterday"}, "/query/since"),
        ({"since": "2026-03-01T00:00:00"}, "/query/since"),
        ({"min_seconds": -1}, "/query/min_seconds"),
        ({"min_seconds": "nan"}, "/query/min_seconds"),
        ({"max_seconds": "inf"}, "/query/max_seconds"),
        ({"version": 2**31}, "/query/version"),
        ({"error": ""}, "/query/error"),
        ({"error": "x" * 201}, "/query/error"),
    ],
)
async def test_absurd_ranges_are_refused_where_they_stand(
    client: httpx.AsyncClient, params: dict[str, Any], pointer: str
) -> None:
    refused = await client.get("/executions", params=params)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]


async def test_texts_that_no_database_holds_find_nothing(client: httpx.AsyncClient) -> None:
    for text in ("\0", "%", "_", "'", '"', "\\", "ä\ud7ff"):
        for name in ("error", "trigger", "workflow"):
            assert await listed(client, **{name: text}) == []


async def test_the_same_filters_in_bulk_and_a_bulk_replay(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=divide("calc"))).raise_for_status()
    good, bad = await ended(client, "calc", 1), await ended(client, "calc", 0)

    async def ask(action: str, **body: Any) -> dict[str, Any]:
        return (await client.post("/executions/bulk", json={"action": action, **body})).raise_for_status().json()

    assert (await ask("replay", error="zero", dry_run=True))["matched"] == 1
    assert (await ask("replay", error="zero", ids=[good], dry_run=True))["matched"] == 0
    assert (await ask("replay", workflow="calc", since="2000-01-01T00:00:00Z", min_seconds=1e6))["matched"] == 0
    assert await ask("replay", status=["failed"], trigger="manual") == {"matched": 1, "done": 1, "refused": []}
    (newest, *rest) = await listed(client, workflow="calc")
    assert rest == [bad, good]
    shown = await until(client, newest, status("failed"))
    assert shown["trigger"] == {"type": "manual", "replay_of": bad}
    assert (await ask("retry", error="zero", version=1))["matched"] == 2
    refused = await client.post(
        "/executions/bulk",
        json={"action": "cancel", "since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/until"
    refused = await client.post("/executions/bulk", json={"action": "replay", "called": False})
    assert (refused.status_code, refused.json()["code"]) == (422, "bulk.no_filter")


async def test_the_histogram_follows_a_failure_that_is_retried(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=divide("calc"))).raise_for_status()
    (await publish(client, "later", nodes=LONG))
    bad = await ended(client, "calc", 0)
    await ended(client, "calc", 1)
    waits = await start(client, "later")
    await until(client, waits, status("waiting"))

    async def sums(**params: Any) -> dict[str, int]:
        answer = (await client.get("/executions/histogram", params=params)).raise_for_status().json()
        assert answer["complete"]
        assert 0 < len(answer["items"]) <= params.get("buckets", 60)
        found: dict[str, int] = {}
        for one, after in zip(answer["items"], [*answer["items"][1:], None], strict=True):
            if after is not None:
                begin, end = datetime.fromisoformat(one["at"]), datetime.fromisoformat(after["at"])
                assert end - begin == timedelta(seconds=one["seconds_wide"])
            for name, number in one["counts"].items():
                found[name] = found.get(name, 0) + number
        return found

    assert await sums() == {"failed": 1, "succeeded": 1, "waiting": 1}
    assert await sums(workflow="calc") == {"failed": 1, "succeeded": 1}
    assert await sums(workflow="none") == {}
    (await client.post(f"/executions/{bad}/retry", json={"inputs": {"by": 1}})).raise_for_status()
    await until(client, bad, status("succeeded"))
    assert await sums(workflow="calc", buckets=1) == {"succeeded": 2}
    for since in ("1969-01-01T00:00:00Z", "2020-01-01T00:00:00Z"):
        assert await sums(since=since, buckets=7) == {"succeeded": 2, "waiting": 1}
    far = {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    assert await sums(**far, buckets=1) == {"succeeded": 2, "waiting": 1}
    now = datetime.now(UTC)
    assert await sums(since=(now - timedelta(hours=1)).isoformat()) == {"succeeded": 2, "waiting": 1}
    queue = (await client.get("/queue")).raise_for_status().json()
    assert (queue["waiting"], queue["running"], queue["queued"], queue["oldest_queued"]) == (1, 0, 0, None)
    assert queue["here"]["executions"] >= 0


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "/query/until"),
        ({"since": "9999-01-01T00:00:00Z"}, "/query/until"),
        ({"until": "1960-01-01T00:00:00Z"}, "/query/until"),
        ({"buckets": 0}, "/query/buckets"),
        ({"buckets": 501}, "/query/buckets"),
    ],
)
async def test_a_histogram_of_nothing_is_refused(
    client: httpx.AsyncClient, params: dict[str, Any], pointer: str
) -> None:
    refused = await client.get("/executions/histogram", params=params)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_durations_typical_slow_and_failing(client: httpx.AsyncClient) -> None:
    (await client.post("/workflows", json=divide("calc"))).raise_for_status()
    first = await start(client, "calc", inputs={"by": 1})
    await until(client, first, status("succeeded"))
    bad, good = await ended(client, "calc", 0), await ended(client, "calc", 1)
    found = (await client.get("/workflows/calc/durations", params={"last": 2})).raise_for_status().json()
    assert [(one["execution"], one["status"]) for one in found["run"]["last"]] == [(good, "succeeded"), (bad, "failed")]
    assert found["run"]["p50"] == found["run"]["p95"] == found["run"]["last"][0]["seconds"] > 0
    assert sorted(found["nodes"]) == ["a", "b"]
    assert [(one["execution"], one["status"]) for one in found["nodes"]["b"]["last"]] == [
        (good, "succeeded"),
        (bad, "failed"),
    ]
    shown = (await client.get(f"/executions/{good}")).json()
    assert shown["typical_seconds"] is None or shown["typical_seconds"] > 0
    for node in ("a", "b"):
        begun, end = (datetime.fromisoformat(shown["nodes"][node][key]) for key in ("started_at", "ended_at"))
        assert found["nodes"][node]["last"][0]["seconds"] == pytest.approx((end - begun).total_seconds())
    again = (await client.get("/workflows/calc/durations", params={"last": 2})).json()
    assert again == found, "the second time from memory"
    # What was retried has other times.
    (await client.post(f"/executions/{bad}/retry", json={"inputs": {"by": 1}})).raise_for_status()
    await until(client, bad, status("succeeded"))
    again = (await client.get("/workflows/calc/durations")).json()
    assert {one["status"] for one in again["nodes"]["b"]["last"]} == {"succeeded"}
    assert (await client.get("/workflows/none/durations")).status_code == 404
    # Another workflow: of the first one it is remembered for a while that it had no run yet.
    (await client.post("/workflows", json=divide("other"))).raise_for_status()
    id_ = await start(client, "other", inputs={"by": 1})
    while (await client.get("/executions", params={"workflow": "other"})).json()["items"][0]["status"] != "succeeded":
        await asyncio.sleep(0.01)
    shown = (await client.get(f"/executions/{id_}")).json()
    begun, end = (datetime.fromisoformat(shown[key]) for key in ("started_at", "ended_at"))
    assert shown["typical_seconds"] == pytest.approx((end - begun).total_seconds())
    worst = await ended(client, "calc", 0)
    answer = (await client.get("/executions/failing")).raise_for_status().json()
    assert [(one["workflow"], one["failed"], one["total"]) for one in answer["items"]] == [("calc", 1, 4)]
    assert answer["items"][0]["last"]["id"] == worst
    slow = (await client.get("/executions/slowest", params={"limit": 2})).raise_for_status().json()
    assert slow["scanned_until"] is None
    assert len(slow["items"]) == 2
    assert slow["items"][0]["seconds"] >= slow["items"][1]["seconds"] >= 0
    assert (await client.get("/executions/slowest", params={"since": "9999-01-01T00:00:00Z"})).json()["items"] == []
    assert (await client.get("/executions/failing", params={"since": "9999-01-01T00:00:00Z"})).json()["items"] == []


async def test_the_next_times_of_all_schedules(client: httpx.AsyncClient) -> None:
    nodes = {"n": {"type": "data.set", "config": {"value": 1}}}
    each = {"schedule": {"type": "schedule", "config": {"interval": "2h"}}}
    daily = {"schedule": {"type": "schedule", "config": {"cron": "30 5 * * *"}}}
    await publish(client, "often", nodes=nodes, triggers=each)
    await publish(client, "daily", nodes=nodes, triggers=daily)
    items = (await client.get("/triggers/upcoming", params={"limit": 30})).raise_for_status().json()["items"]
    assert len(items) == 30
    times = [datetime.fromisoformat(one["at"]) for one in items]
    assert times == sorted(times)
    assert {one["workflow"] for one in items} == {"often", "daily"}
    often = [at for at, one in zip(times, items, strict=True) if one["workflow"] == "often"]
    assert {later - at for at, later in pairwise(often)} == {timedelta(hours=2)}
    end = often[1] + timedelta(hours=1)
    near = (await client.get("/triggers/upcoming", params={"until": end.isoformat()})).json()["items"]
    assert [one["workflow"] for one in near].count("often") == 2
    (await client.post("/triggers/often/schedule/disable")).raise_for_status()
    rest = (await client.get("/triggers/upcoming")).json()["items"]
    assert {one["workflow"] for one in rest} == {"daily"}

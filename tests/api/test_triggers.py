"""Triggers over the API: listed, switched, tried out; schedules start executions, and say what became of each time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.interfaces import TriggerRow
from concertmaster.storage.data_folder import hold_data_folder
from concertmaster.storage.database import Database
from concertmaster.storage.triggers import SqlTriggerStore
from factories import document

SECOND = {"type": "schedule", "config": {"interval": "1s"}, "inputs": {"n": "{{ trigger.scheduled_at.year }}"}}
YEARLY = {"type": "schedule", "config": {"cron": "0 6 1 1 *", "timezone": "Europe/Rome"}}


async def publish(client: httpx.AsyncClient, name: str = "hello", **triggers: Any) -> httpx.Response:
    return await client.post("/workflows", json=document(name, triggers=triggers))


async def trigger(client: httpx.AsyncClient, name: str, workflow: str = "hello") -> dict[str, Any]:
    return (await client.get(f"/triggers/{workflow}/{name}")).raise_for_status().json()


async def until(
    client: httpx.AsyncClient, name: str, wanted: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """Wait until the fires, oldest first, are as wanted."""
    async with asyncio.timeout(20):
        while not wanted(fires := (await trigger(client, name))["last_fires"][::-1]):
            await asyncio.sleep(0.02)
    return fires


async def test_a_schedule_starts_one_execution_for_each_time(client: httpx.AsyncClient) -> None:
    assert (await publish(client, each_second=SECOND)).status_code == 201
    fires = await until(client, "each_second", lambda fires: len(fires) >= 3)
    times = [datetime.fromisoformat(fire["scheduled_at"]) for fire in fires]
    assert [b - a for a, b in itertools.pairwise(times)] == [timedelta(seconds=1)] * (len(times) - 1)
    shown = (await client.get(f"/executions/{fires[0]['execution']}")).json()
    assert (shown["trigger"]["type"], shown["trigger"]["name"]) == ("schedule", "each_second")
    at = shown["trigger"]["scheduled_at"]
    assert datetime.fromisoformat(at["iso"]) == times[0]
    assert (at["zone"], at["second"], at["year"]) == ("UTC", times[0].second, times[0].year)
    assert shown["inputs"] == {"n": times[0].year}
    late = datetime.fromisoformat(shown["created_at"]) - times[0]
    assert timedelta(0) <= late < timedelta(seconds=5)
    listed = (await client.get("/executions", params={"workflow": "hello"})).json()["items"]
    assert len({one["trigger"]["scheduled_at"]["iso"] for one in listed}) == len(listed)


async def test_the_list_has_the_next_times(client: httpx.AsyncClient) -> None:
    await publish(client, yearly=YEARLY, hook={"type": "webhook", "config": {"path": "a"}}, hand={"type": "manual"})
    items = (await client.get("/triggers")).json()["items"]
    assert [(item["workflow"], item["name"], item["type"]) for item in items] == [
        ("hello", "hook", "webhook"),
        ("hello", "yearly", "schedule"),
    ]
    assert items[0]["next_at"] == []
    assert len(items[1]["next_at"]) == 5
    assert all(at[4:] == "-01-01T05:00:00Z" for at in items[1]["next_at"])
    assert items[1]["config"] == YEARLY["config"]


async def test_a_disabled_trigger_starts_nothing(client: httpx.AsyncClient) -> None:
    await publish(client, each_second=SECOND)
    await until(client, "each_second", lambda fires: len(fires) >= 1)
    off = (await client.post("/triggers/hello/each_second/disable")).json()
    assert (off["enabled"], off["next_at"]) == (False, [])
    count = len((await trigger(client, "each_second"))["last_fires"])
    await publish(client, each_second=SECOND, yearly=YEARLY)
    assert not (await trigger(client, "each_second"))["enabled"]
    on = (await client.post("/triggers/hello/each_second/enable")).json()
    assert on["enabled"]
    assert datetime.fromisoformat(on["next_at"][0]) > datetime.now(UTC) - timedelta(seconds=1)
    fires = await until(client, "each_second", lambda fires: len(fires) > count + 1)
    assert {fire["outcome"] for fire in fires} == {"started"}


async def test_a_test_starts_at_once(client: httpx.AsyncClient) -> None:
    await publish(client, yearly={**YEARLY, "inputs": {"n": "{{ trigger.scheduled_at.month }}"}})
    answer = await client.post("/triggers/hello/yearly/test")
    assert answer.status_code == 202
    started = answer.json()
    assert (started["trigger"]["type"], started["trigger"]["test"]) == ("schedule", True)
    assert started["trigger"]["scheduled_at"]["zone"] == "Europe/Rome"
    assert started["inputs"] == {"n": started["trigger"]["scheduled_at"]["month"]}
    assert answer.headers["location"].endswith(started["id"])


async def test_a_refused_start_is_told_and_the_next_time_comes(client: httpx.AsyncClient) -> None:
    await publish(client, wrong={**SECOND, "inputs": {"n": "{{ trigger.scheduled_at.iso }}"}})
    fires = await until(client, "wrong", lambda fires: len(fires) >= 2)
    assert {fire["outcome"] for fire in fires} == {"failed"}
    assert "execution.inputs_invalid" in fires[0]["reason"]
    assert (await client.post("/triggers/hello/wrong/test")).status_code == 422


async def test_keys_of_triggers_are_out_of_reach(client: httpx.AsyncClient) -> None:
    await publish(client)
    answer = await client.post(
        "/workflows/hello/executions", json={}, headers={"Idempotency-Key": "trigger:each_second:2026"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "execution.key_invalid")


@pytest.mark.parametrize("path", ["", "/enable", "/disable", "/test"])
async def test_there_is_no_such_trigger(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.request("POST" if path else "GET", f"/triggers/hello/none{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "trigger.not_found")


async def test_a_path_taken_by_another_workflow_is_refused(client: httpx.AsyncClient) -> None:
    hook = {"type": "webhook", "config": {"path": "orders"}}
    await publish(client, "first", hook=hook)
    answer = await publish(client, "second", hook=hook)
    assert (answer.status_code, answer.json()["code"]) == (409, "trigger.address_taken")
    assert "first" in answer.json()["detail"]
    found: dict[str, list[dict[str, Any]]] = {}
    for name in ("first", "second"):
        checked = await client.post("/workflows/validate", json=document(name, triggers={"hook": hook}))
        found[name] = checked.json()["items"]
    assert found["first"] == []
    (taken,) = found["second"]
    assert (taken["severity"], taken["code"]) == ("warning", "trigger.path_taken")
    assert taken["pointer"] == "/triggers/hook/config/path"


@pytest.mark.parametrize(
    ("missed", "outcomes"),
    [("last", ["skipped", "started"]), ("all", ["started"] * 3), ("skip", ["skipped"])],
)
async def test_times_missed_while_nothing_ran(workspace: Path, missed: str, outcomes: list[str]) -> None:
    settings = Settings(workspace=workspace, secret_key="a key for tests only")
    daily = {"type": "schedule", "config": {"interval": "1d", "missed": missed}}
    source = document(triggers={"daily": daily})
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            await _save(runtime, source)
        # As if nothing had run for three days and a bit.
        await _set_back(settings, timedelta(days=3))
        async with build(settings) as runtime:
            async with asyncio.timeout(20):
                while len(fires := (await runtime.triggering.triggers.show(LOCAL_ADMIN, "hello", "daily")).fires) < len(
                    outcomes
                ):
                    await asyncio.sleep(0.02)
            assert [fire.outcome for fire in fires[::-1]] == outcomes
            ids = {fire.execution for fire in fires if fire.execution}
            assert len(ids) == outcomes.count("started")
            assert sum(fire.count for fire in fires) == 3
            row = await runtime.triggering.triggers.show(LOCAL_ADMIN, "hello", "daily")
            assert row.row.next_at is not None
            assert row.row.next_at > datetime.now(UTC)


async def _save(runtime: Runtime, source: dict[str, Any]) -> None:
    import orjson

    await runtime.workflows.save(LOCAL_ADMIN, orjson.dumps(source), format="json")


async def _set_back(settings: Settings, by: timedelta) -> None:
    database = Database(settings.resolved_database_url)
    await database.open()
    micros = int(by.total_seconds() * 1e6)
    await database.write(
        lambda connection: connection.exec_driver_sql(f"UPDATE triggers SET next_at = next_at - {micros}")
    )
    await database.close()


async def test_a_schedule_that_is_being_written_shows_its_times_or_what_is_wrong(client: httpx.AsyncClient) -> None:
    shown = await client.post("/triggers/preview", json={"config": YEARLY["config"], "count": 3})
    times = [datetime.fromisoformat(at) for at in shown.json()["next_at"]]
    assert [(at.month, at.day, at.hour) for at in times] == [(1, 1, 5)] * 3
    wrong = await client.post("/triggers/preview", json={"config": {"cron": "0 25 * * *"}})
    assert (wrong.status_code, [one["pointer"] for one in wrong.json()["errors"]]) == (422, ["/config/cron"])


async def test_the_list_can_be_of_one_workflow(client: httpx.AsyncClient) -> None:
    for name in ("first", "second"):
        (await publish(client, name, yearly=YEARLY)).raise_for_status()
    listed = (await client.get("/triggers", params={"workflow": "second"})).json()["items"]
    assert [(one["workflow"], one["name"]) for one in listed] == [("second", "yearly")]


async def test_one_that_cannot_be_read_does_not_hide_the_others(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await publish(client, sound=YEARLY, strange=YEARLY)
    strange = '{"cron": "0 6 1 1 *", "timezone": "Mars/Base"}'
    await _configure(runtime, "strange", strange)
    items = (await client.get("/triggers")).raise_for_status().json()["items"]
    assert [(item["name"], len(item["next_at"])) for item in items] == [("sound", 5), ("strange", 0)]
    assert (await trigger(client, "strange"))["config"]["timezone"] == "Mars/Base"
    assert (await client.post("/triggers/hello/strange/disable")).json()["enabled"] is False
    for path in ("test", "enable"):
        answer = await client.post(f"/triggers/hello/strange/{path}")
        assert (answer.status_code, answer.json()["code"]) == (422, "trigger.unreadable")


async def test_what_is_published_meanwhile_is_what_is_enabled(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(client, one=YEARLY)
    await client.post("/triggers/hello/one/disable")
    enable = SqlTriggerStore.enable

    async def after_publishing(store: SqlTriggerStore, *args: Any, **options: Any) -> TriggerRow:
        changed = {"type": "schedule", "config": {"cron": "0 6 1 7 *", "timezone": "UTC"}}
        (await publish(client, one=changed)).raise_for_status()
        return await enable(store, *args, **options)

    monkeypatch.setattr(SqlTriggerStore, "enable", after_publishing)
    enabled = (await client.post("/triggers/hello/one/enable")).raise_for_status().json()
    assert [at[4:] for at in enabled["next_at"]] == ["-07-01T06:00:00Z"] * 5


async def _configure(runtime: Runtime, name: str, config: str) -> None:
    database = Database(runtime.settings.resolved_database_url)
    await database.open()
    await database.write(
        lambda connection: (
            connection.exec_driver_sql("UPDATE triggers SET config = ? WHERE name = ?", (config, name)).rowcount
        )
    )
    await database.close()

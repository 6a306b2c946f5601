"""Schedules under `kill -9` and on two servers: every time has exactly one execution; a crowd of them is on time."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from factories import document
from postgres_server import PostgresServer
from server_process import ServerProcess, server_process

KILLS = int(os.environ.get("CHAOS_KILLS", "6"))
SEED = int(os.environ.get("CHAOS_SEED", "20130101"))
# 1,000 and 1 s on a machine that has nothing else to do.
CROWD = int(os.environ.get("CHAOS_CROWD", "200"))
LATE_SECONDS = float(os.environ.get("CHAOS_LATE_SECONDS", "10"))
SCHEDULES = 20
PUBLISHING_SECONDS = 15 + CROWD // 15

pytestmark = [pytest.mark.server, pytest.mark.timeout(240 + 15 * KILLS)]


def schedules(name: str, count: int, **config: Any) -> dict[str, Any]:
    """A workflow with as many schedules."""
    one = {"type": "schedule", "config": config, "inputs": {"n": "{{ trigger.scheduled_at.second }}"}}
    return document(name, triggers={f"t{number}": one for number in range(count)})


def executions(client: httpx.Client) -> Iterator[dict[str, Any]]:
    """All of them."""
    page = client.get("/api/v1/executions", params={"limit": 1000}).raise_for_status().json()
    yield from page["items"]
    while page["next"] is not None:
        page = client.get("/api/v1/executions", params={"limit": 1000, "before": page["next"]}).json()
        yield from page["items"]


def settings_of(workspace: Path, postgres: PostgresServer) -> dict[str, str]:
    return {
        "CONCERTMASTER_DATABASE_URL": postgres.url(),
        "CONCERTMASTER_SECRET_KEY": "a key that both servers know",
        "CONCERTMASTER_ARTIFACTS_DIR": str(workspace / "artifacts"),
    }


def wait(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def judge(client: httpx.Client, since: datetime) -> None:
    """Each trigger had each of its times from its first to its last exactly once."""
    times: dict[str, list[datetime]] = {}
    for execution in executions(client):
        trigger = execution["trigger"]
        times.setdefault(trigger["name"], []).append(datetime.fromisoformat(trigger["scheduled_at"]["iso"]))
    assert len(times) == SCHEDULES
    for name, found in times.items():
        assert [at for at, count in Counter(found).items() if count > 1] == [], f"{name} had a time twice"
        first, last = min(found), max(found)
        assert first <= since
        all_times = {first + timedelta(seconds=n) for n in range((last - first) // timedelta(seconds=1) + 1)}
        lost = sorted(all_times - set(found))
        assert lost == [], f"{name} lost {len(lost)} times; it says: {_told(client, name)}"


def _told(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    """What a trigger says of the times for which it started nothing."""
    fires = client.get(f"/api/v1/triggers/seconds/{name}").raise_for_status().json()["last_fires"]
    return [fire for fire in fires if fire["outcome"] != "started"]


def settled(client: httpx.Client, since: datetime) -> Callable[[], bool]:
    """Whether all schedules have come to a time after `since`."""

    def check() -> bool:
        shown = client.get("/api/v1/triggers", params={"limit": 1000}).json()["items"]
        return all(item["next_at"] and datetime.fromisoformat(item["next_at"][0]) > since for item in shown)

    return check


def test_kills_on_sqlite(workspace: Path) -> None:
    dice = random.Random(SEED)
    with server_process(workspace) as server, server.client() as client:
        began = datetime.now(UTC) + timedelta(seconds=2)
        client.post("/api/v1/workflows", json=schedules("seconds", SCHEDULES, interval="1s")).raise_for_status()
        wait(lambda: sum(1 for _ in executions(client)) > SCHEDULES, seconds=20)
        server.kill()
    for _ in range(KILLS):
        with server_process(workspace) as server, server.client() as client:
            # The moment of a start, right on a second.
            time.sleep(1 - time.time() % 1 + dice.uniform(0, 0.1))
            server.kill()
    with server_process(workspace) as server, server.client() as client:
        wait(settled(client, datetime.now(UTC)), seconds=30)
        for number in range(SCHEDULES):
            client.post(f"/api/v1/triggers/seconds/t{number}/disable").raise_for_status()
        judge(client, began)


def test_kills_on_postgresql_with_two_servers(workspace: Path, postgres: PostgresServer) -> None:
    dice, settings = random.Random(SEED), settings_of(workspace, postgres)
    folders = [workspace / "a", workspace / "b"]
    for folder in folders:
        folder.mkdir()
    with server_process(folders[0], env=settings) as stays, stays.client() as client:
        began = datetime.now(UTC) + timedelta(seconds=2)
        client.post("/api/v1/workflows", json=schedules("seconds", SCHEDULES, interval="1s")).raise_for_status()
        for _ in range(KILLS):
            with server_process(folders[1], env=settings) as other:
                time.sleep(1 - time.time() % 1 + dice.uniform(0, 0.1))
                other.kill()
        # What the dead one had claimed goes on once its lease has run out.
        wait(settled(client, datetime.now(UTC)), seconds=40)
        for number in range(SCHEDULES):
            client.post(f"/api/v1/triggers/seconds/t{number}/disable").raise_for_status()
        judge(client, began)


def test_a_crowd_in_one_second_on_two_servers(workspace: Path, postgres: PostgresServer) -> None:
    settings = settings_of(workspace, postgres)
    folders = [workspace / "a", workspace / "b"]
    for folder in folders:
        folder.mkdir()
    with server_process(folders[0], env=settings) as first, server_process(folders[1], env=settings) as second:
        started, lateness = _crowd(first, second)
    lateness.sort()
    median, late = lateness[len(lateness) // 2], lateness[int(len(lateness) * 0.95)]
    print(f"lateness of {started}: median {median:.3f} s, p95 {late:.3f} s, most {lateness[-1]:.3f} s")
    assert started == CROWD
    assert late < LATE_SECONDS


def _crowd(first: ServerProcess, second: ServerProcess) -> tuple[int, list[float]]:
    with first.client() as client, second.client() as other:
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=PUBLISHING_SECONDS)
        cron = f"{at.second} {at.minute} {at.hour} {at.day} {at.month} *"
        for number in range(CROWD):
            client.post("/api/v1/workflows", json=schedules(f"w{number}", 1, cron=cron)).raise_for_status()
        assert datetime.now(UTC) < at - timedelta(seconds=2), "publishing took too long"
        # Whoever asks all the time is what they wait for.
        wait(lambda: datetime.now(UTC) > at + timedelta(seconds=3), seconds=PUBLISHING_SECONDS + 10)
        wait(lambda: sum(1 for _ in executions(other)) >= CROWD, seconds=30)
        found = list(executions(other))
    created = [datetime.fromisoformat(one["created_at"]) for one in found]
    return len({one["workflow"] for one in found}), [(one - at).total_seconds() for one in created]

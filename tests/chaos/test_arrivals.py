"""Webhooks, files and backfills under `kill -9` and on two servers: what came once starts exactly one execution."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaos.test_schedules import executions, settings_of, wait
from factories import document
from postgres_server import PostgresServer
from server_process import ServerProcess, server_process

KILLS = int(os.environ.get("CHAOS_KILLS", "6"))
SEED = int(os.environ.get("CHAOS_SEED", "20130101"))
REQUESTS, FILES, HOURS = 10, 3, 12
FROM = datetime(2026, 1, 1, tzinfo=UTC)
OFTEN = {"CONCERTMASTER_WATCH_INTERVAL": "0.05s"}

pytestmark = [pytest.mark.server, pytest.mark.timeout(240 + 15 * KILLS)]


def publish(client: httpx.Client, workspace: Path) -> None:
    (workspace / "incoming").mkdir()
    triggers: dict[str, dict[str, Any]] = {
        "hook": {
            "type": "webhook",
            "config": {"path": "orders", "auth": "none"},
            "inputs": {"n": "{{ trigger.body }}"},
        },
        "file": {"type": "file", "config": {"path": "incoming/*.txt", "settle": "0s"}, "inputs": {"n": 1}},
        "hourly": {
            "type": "schedule",
            "config": {"interval": "1h"},
            "inputs": {"n": "{{ trigger.scheduled_at.hour }}"},
        },
    }
    client.post("/api/v1/workflows", json=document("arrivals", triggers=triggers)).raise_for_status()


class World:
    """What comes from outside, again until it is known to have arrived."""

    def __init__(self, workspace: Path) -> None:
        self.backfills: list[str] = []
        self.requests: dict[str, str] = {}
        self.files: list[str] = []
        self._dice = random.Random(SEED)
        self._incoming = workspace / "incoming"
        self._numbers = itertools.count()
        self._unanswered: list[int] = []
        self._answers = threading.Semaphore(0)

    def come_and_kill(self, server: ServerProcess) -> None:
        """Some of everything, and the end of the server in the middle of it."""
        self._order(server)
        coming = threading.Thread(target=self._come, args=[server])
        self._answers = threading.Semaphore(0)
        coming.start()
        for _ in range(self._dice.randrange(REQUESTS)):
            assert self._answers.acquire(timeout=30), "no request is answered"
        time.sleep(self._dice.uniform(0, 0.02))
        server.kill()
        coming.join()

    def send(self, client: httpx.Client) -> None:
        """The requests that were not answered yet, each with its key."""
        while self._unanswered:
            key = f"key-{self._unanswered[0]}"
            answer = client.post("/hooks/orders", json=self._unanswered[0], headers={"Idempotency-Key": key})
            assert answer.status_code == 202, answer.text
            self.requests[key] = answer.json()["execution"]
            self._unanswered.pop(0)
            self._answers.release()

    def _order(self, server: ServerProcess) -> None:
        begin = FROM + len(self.backfills) * timedelta(hours=HOURS)
        until = begin + timedelta(hours=HOURS)
        past = {"from": begin.isoformat(), "to": until.isoformat(), "concurrency": 3}
        with server.client() as client:
            answer = client.post("/api/v1/backfills", json={"workflow": "arrivals", "trigger": "hourly", **past})
            self.backfills.append(answer.raise_for_status().json()["id"])

    def _come(self, server: ServerProcess) -> None:
        for _ in range(FILES):
            name = f"{len(self.files)}.txt"
            # Nobody sees it half written.
            written = self._incoming.parent / name
            written.write_text(name)
            written.rename(self._incoming / name)
            self.files.append(f"incoming/{name}")
        self._unanswered += itertools.islice(self._numbers, REQUESTS)
        with server.client() as client, contextlib.suppress(httpx.TransportError):
            self.send(client)


def all_done(client: httpx.Client, world: World) -> Callable[[], bool]:
    def check() -> bool:
        shown = [client.get(f"/api/v1/backfills/{id_}").json()["status"] for id_ in world.backfills]
        files = [one for one in executions(client) if one["trigger"]["name"] == "file"]
        return set(shown) == {"finished"} and len(files) >= len(world.files)

    return check


def judge(client: httpx.Client, world: World) -> None:
    """Each request, each file and each hour has one execution, and each of these its end."""
    world.send(client)
    wait(all_done(client, world), seconds=90)
    found: list[dict[str, Any]] = list(executions(client))
    wait(lambda: all(one["status"] == "succeeded" for one in executions(client)), seconds=60)
    by_trigger: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        by_trigger.setdefault(one["trigger"]["name"], []).append(one)
    assert sorted(one["id"] for one in by_trigger["hook"]) == sorted(set(world.requests.values()))
    assert len(world.requests) == len(by_trigger["hook"])
    assert Counter(one["trigger"]["path"] for one in by_trigger["file"]) == dict.fromkeys(world.files, 1)
    hours = Counter(
        one["trigger"]["scheduled_at"]["iso"] for one in by_trigger["hourly"] if "backfill" in one["trigger"]
    )
    assert set(hours.values()) == {1}
    assert len(hours) == len(world.backfills) * HOURS
    print(f"{len(world.requests)} requests, {len(world.files)} files, {len(hours)} hours")


def test_kills_on_sqlite(workspace: Path) -> None:
    world = World(workspace)
    with server_process(workspace, env=OFTEN) as server, server.client() as client:
        publish(client, workspace)
    for _ in range(KILLS):
        with server_process(workspace, env=OFTEN) as server:
            world.come_and_kill(server)
    with server_process(workspace, env=OFTEN) as server, server.client() as client:
        judge(client, world)


def test_kills_on_postgresql_with_two_servers(workspace: Path, postgres: PostgresServer) -> None:
    world, settings = World(workspace), {**settings_of(workspace, postgres), **OFTEN}
    with contextlib.ExitStack() as stack:
        servers = (
            stack.enter_context(server_process(workspace, "--data-dir", f"data-{number}", env=settings))
            for number in itertools.count()
        )
        elder = next(servers)
        with elder.client() as client:
            publish(client, workspace)
        for _ in range(KILLS):
            # It is the elder who watches the files, and the younger who has to notice that he is gone.
            younger = next(servers)
            world.come_and_kill(elder)
            elder = younger
        with elder.client() as client:
            judge(client, world)

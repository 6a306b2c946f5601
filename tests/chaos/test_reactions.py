"""Event and workflow triggers under `kill -9` and on two servers: what happens once starts exactly one execution."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
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
EVENTS = 20

pytestmark = [pytest.mark.server, pytest.mark.timeout(240 + 15 * KILLS)]


def publish(client: httpx.Client) -> None:
    order = {"type": "event", "config": {"name": "order"}, "inputs": {"n": "{{ trigger.data.n }}"}}
    after = {"type": "workflow", "config": {"workflow": "ship"}, "inputs": {"n": "{{ trigger.outputs.double }}"}}
    client.post("/api/v1/workflows", json=document("ship", triggers={"order": order})).raise_for_status()
    client.post("/api/v1/workflows", json=document("bill", triggers={"after": after})).raise_for_status()


def send(server: ServerProcess, numbers: Iterator[int], dice: random.Random) -> None:
    """Send a few, and kill it while it works them off."""
    with server.client() as client:
        for _ in range(EVENTS):
            number = next(numbers)
            event = {"data": {"n": number}, "keep": "0s"}
            client.post(
                "/api/v1/events/order", json=event, headers={"Idempotency-Key": f"e{number}"}
            ).raise_for_status()
    time.sleep(dice.uniform(0, 0.2))
    server.kill()


def all_done(client: httpx.Client, sent: int) -> Callable[[], bool]:
    def check() -> bool:
        found = list(executions(client))
        return len(found) >= 2 * sent and all(one["status"] == "succeeded" for one in found)

    return check


def judge(client: httpx.Client, sent: int) -> None:
    """Each event has one execution, and each of these one that follows it."""
    found: list[dict[str, Any]] = list(executions(client))
    ships = [one for one in found if one["workflow"] == "ship"]
    counted = Counter(one["trigger"]["id"] for one in ships)
    assert len(counted) == sent
    assert set(counted.values()) == {1}
    followed = Counter(one["trigger"]["execution"] for one in found if one["workflow"] == "bill")
    assert followed == dict.fromkeys((one["id"] for one in ships), 1)


def test_kills_on_sqlite(workspace: Path) -> None:
    dice, numbers = random.Random(SEED), iter(range(1_000_000))
    for round_ in range(KILLS):
        with server_process(workspace) as server:
            if round_ == 0:
                with server.client() as client:
                    publish(client)
            send(server, numbers, dice)
    sent = KILLS * EVENTS
    with server_process(workspace) as server, server.client() as client:
        wait(all_done(client, sent), seconds=60)
        judge(client, sent)


def test_kills_on_postgresql_with_two_servers(workspace: Path, postgres: PostgresServer) -> None:
    dice, numbers, settings = random.Random(SEED), iter(range(1_000_000)), settings_of(workspace, postgres)
    folders = [workspace / "a", workspace / "b"]
    for folder in folders:
        folder.mkdir()
    with server_process(folders[0], env=settings) as stays, stays.client() as client:
        publish(client)
        for _ in range(KILLS):
            with server_process(folders[1], env=settings) as other:
                send(other, numbers, dice)
        # What the dead one had claimed goes on once its lease has run out.
        sent = KILLS * EVENTS
        wait(all_done(client, sent), seconds=90)
        judge(client, sent)

"""`kill -9` at random moments under load: nothing that was accepted is lost, doubled or stuck.

`CHAOS_KILLS=200 CHAOS_SEED=7 pytest tests/chaos` is the long run; without them it is short, and the seed is fixed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from factories import document
from server_process import COMMAND, environment, server_process

KILLS = int(os.environ.get("CHAOS_KILLS", "8"))
SEED = int(os.environ.get("CHAOS_SEED", "20130101"))
FINAL = {"succeeded", "failed", "cancelled", "interrupted"}

pytestmark = [pytest.mark.server, pytest.mark.timeout(60 + 10 * KILLS)]

NODES = '''
import asyncio
import time

from concertmaster import Context, node


@node(id="chaos.count", effect="write")
def count(seconds: float, context: Context) -> str:
    """Leave one line for each call, under the key that all attempts share."""
    time.sleep(seconds)
    with context.path("count.txt").open("a") as file:
        file.write(f"{context.idempotency_key}\\\\n")
    return context.idempotency_key


@node(id="chaos.pause", effect="none")
async def pause(seconds: float, context: Context) -> float:
    """Wait, log, and tell how far it is."""
    context.logger.info("waiting %s", seconds)
    context.progress(1, 2)
    await asyncio.sleep(seconds)
    return seconds
'''.replace("\\\\", "\\")


def busy_workflow() -> dict[str, Any]:
    """Branches, a table, a file, two writes of which one goes on after the other; about 0.3 s."""
    nodes: dict[str, dict[str, Any]] = {
        "set": {"type": "data.set", "config": {"value": "{{ inputs.n }}"}},
        "read": {"type": "file.read", "config": {"path": "cities.csv"}},
        "large": {"type": "table.filter", "config": {"condition": "people > 1000"}},
        "save": {"type": "file.write", "config": {"path": "out/{{ execution.id }}.parquet"}},
        "pause": {"type": "chaos.pause", "config": {"seconds": 0.1}},
        "first": {"type": "chaos.count", "config": {"seconds": 0.05}},
        "second": {"type": "chaos.count", "config": {"seconds": 0.05}},
        "end": {"type": "data.set", "config": {"value": "{{ nodes.set + nodes.large.rows }}"}},
    }
    edges = [
        *("set -> pause", "pause -> first", "first -> second", "second -> end"),
        *("set -> read", "read -> large", "large -> save", "save -> end"),
    ]
    inputs = {"n": {"type": "integer"}}
    return document("busy", inputs=inputs, nodes=nodes, edges=edges, outputs={"sum": "{{ nodes.end }}"})


class Customer:
    """Starts executions one after the other, repeats a request with the same key until it is answered, and remembers
    what was accepted."""

    def __init__(self) -> None:
        self.accepted: dict[str, str] = {}
        self.wrong: list[str] = []
        self.url: str | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def finish(self) -> None:
        """Get an answer to the last request too, then stop."""
        self._over.set()
        self._thread.join(30)

    def _work(self) -> None:
        while not self._over.is_set() and not self.wrong:
            key = str(len(self.accepted))
            while key not in self.accepted and not self.wrong:
                self._start(key)
                # So many that some are always running, so few that a slow machine gets through.
                self._over.wait(0.05)

    def _start(self, key: str) -> None:
        if self.url is None:
            return
        try:
            answer = httpx.post(
                f"{self.url}/api/v1/workflows/busy/executions",
                json={"inputs": {"n": int(key)}},
                headers={"Idempotency-Key": key},
                trust_env=False,
                timeout=5,
            )
        except httpx.HTTPError:
            return
        if answer.status_code != 202:
            self.wrong.append(f"{answer.status_code} {answer.text[:300]}")
            return
        self.accepted[key] = answer.json()["id"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "chaos.py").write_text(NODES)
    (tmp_path / "cities.csv").write_text("city,people\nA,500\nB,1500\nC,2500\n")
    return tmp_path


def test_kill_9_loses_doubles_and_blocks_nothing(workspace: Path) -> None:
    dice = random.Random(SEED)
    customer = Customer()
    with server_process(workspace) as server, server.client() as client:
        client.post("/api/v1/workflows", json=busy_workflow()).raise_for_status()
    customer.start()
    for number in range(KILLS):
        if number % 4 == 3:
            _die_while_starting(workspace, dice.uniform(0.2, 2))
            continue
        with server_process(workspace) as server:
            customer.url = server.url
            time.sleep(dice.uniform(0.02, 0.8))
            server.kill()
    with server_process(workspace) as server, server.client() as client:
        customer.url = server.url
        customer.finish()
        _check(client, customer, workspace)
        assert server.stop() == 0
    assert sqlite3.connect(workspace / ".concertmaster" / "concertmaster.db").execute(
        "PRAGMA integrity_check"
    ).fetchall() == [("ok",)]


def _die_while_starting(workspace: Path, seconds: float) -> None:
    process = subprocess.Popen(
        [*COMMAND, "up", "--port", "0"],
        cwd=workspace,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def _check(client: httpx.Client, customer: Customer, workspace: Path) -> None:
    assert customer.wrong == []
    ids = list(customer.accepted.values())
    assert len(set(ids)) == len(ids) > KILLS
    assert sorted(row["id"] for row in _everything(client)) == sorted(ids), "one execution for each key, and no other"
    for key, id_ in customer.accepted.items():
        execution = _ended(client, id_)
        assert (execution["status"], execution["outputs"]) == ("succeeded", {"sum": int(key) + 2}), execution
        _check_events(client, id_, set(busy_workflow()["nodes"]))
        assert (workspace / "out" / f"{id_}.parquet").stat().st_size > 0
    # A write is made at least once, under one key; more often only where a kill came between it and its event.
    made = Counter((workspace / "count.txt").read_text().splitlines())
    assert made.keys() == {f"{id_}/{node}/1" for id_ in ids for node in ("first", "second")}
    assert max(made.values()) <= KILLS + 1
    assert [path.name for path in (workspace / "out").iterdir() if path.suffix != ".parquet"] == []
    assert list((workspace / ".concertmaster" / "artifacts" / "tmp").iterdir()) == []


def _check_events(client: httpx.Client, id_: str, nodes: set[str]) -> None:
    events = client.get(f"/api/v1/executions/{id_}/events?limit=1000").json()["items"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    kinds = Counter((event["kind"], event.get("node")) for event in events)
    assert all(kinds["node.succeeded", node] == 1 for node in nodes), json.dumps(events)
    assert kinds["execution.created", None] == kinds["execution.succeeded", None] == 1
    assert events[-1]["kind"] == "execution.succeeded"


def _everything(client: httpx.Client) -> Iterator[dict[str, Any]]:
    before: str | None = ""
    while before is not None:
        query = {"limit": 100, **({"before": before} if before else {})}
        page = client.get("/api/v1/executions", params=query).raise_for_status().json()
        yield from page["items"]
        before = page["next"]


def _ended(client: httpx.Client, id_: str) -> dict[str, Any]:
    after, deadline, execution = 0, time.monotonic() + 30, dict[str, Any]()
    while time.monotonic() < deadline:
        execution = client.get(f"/api/v1/executions/{id_}").raise_for_status().json()
        if execution["status"] in FINAL:
            return execution
        after = client.get(f"/api/v1/executions/{id_}/events", params={"after": after, "wait": 5}).json()["next"]
    raise AssertionError(f"stuck: {execution}")

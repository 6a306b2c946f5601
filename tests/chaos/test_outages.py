"""What is worse than a kill: a server that only slept, a database that goes away, a log with a torn end.

`CHAOS_OUTAGE=60` keeps PostgreSQL away for a minute; without it the outage is short.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import psycopg
import pytest

from chaos.sink import Sink
from chaos.verdict import ended, everything, judge
from chaos.workload import Customer, isolated, mixed, unsafe
from factories import document
from postgres_server import PostgresServer
from server_process import ServerProcess, server_process

OUTAGE = float(os.environ.get("CHAOS_OUTAGE", "4"))
LEASE_SECONDS = 8.0
WRITERS = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'concertmaster writer %'"
# Whether it has written something that is not committed, and waits for the rest of a pipeline: for the server it is at
# work, so that no time-out of the server ends it.
STATE = (
    "SELECT state = 'active' AND backend_xid IS NOT NULL FROM pg_stat_activity "
    "WHERE application_name = %s AND wait_event = 'ClientRead'"
)

pytestmark = [pytest.mark.server, pytest.mark.timeout(240 + 2 * int(OUTAGE))]


def settings_of(workspace: Path, url: str) -> dict[str, str]:
    return {
        "CONCERTMASTER_EGRESS_ALLOW": "127.0.0.1",
        "CONCERTMASTER_BREAKER_FAILURES": "1000000",
        "CONCERTMASTER_DATABASE_URL": url,
        "CONCERTMASTER_SECRET_KEY": "a key that both servers know",
        "CONCERTMASTER_ARTIFACTS_DIR": str(workspace / "artifacts"),
    }


def test_a_server_that_slept_through_its_lease_writes_nothing_more(
    workspace: Path, sink: Sink, postgres: PostgresServer
) -> None:
    settings = settings_of(workspace, postgres.url())
    body = {"execution": "{{ execution.id }}", "n": 1, "node": "late"}
    post = {"method": "POST", "url": f"{sink.url}/count", "body": body}
    nodes = {
        "wait": {"type": "flow.wait", "config": {"duration": "2s"}},
        "late": {"type": "http.request", "config": post},
    }
    zombie_document = document("zombie", inputs={}, outputs={}, nodes=nodes, edges=["wait -> late"])
    with (
        server_process(workspace, "--data-dir", "a", env=settings) as sleeper,
        sleeper.client() as asked,
    ):
        # A request that is under way when it falls asleep is answered once it is awake.
        asked.timeout = 90
        asked.post("/api/v1/workflows", json=zombie_document).raise_for_status()
        writer = postgres.execute(WRITERS)[0][0]
        with (
            server_process(workspace, "--data-dir", "b", env=settings) as other,
            other.client() as client,
            ThreadPoolExecutor(1) as beside,
        ):
            for _ in range(20):
                asked.post("/api/v1/workflows/zombie/executions", json={}).raise_for_status()
            enough = Event()
            started = beside.submit(keep_starting, asked, enough)
            stop_in_a_transaction(sleeper, postgres, writer)
            enough.set()
            slept_at = time.monotonic()
            try:
                ids = [row["id"] for row in everything(client)]
                assert len(ids) >= 20
                for id_ in ids:
                    assert ended(client, id_)["status"] == "succeeded"
                taken_over_after = time.monotonic() - slept_at
            finally:
                sleeper.process.send_signal(signal.SIGCONT)
            assert taken_over_after < LEASE_SECONDS + 10
            # It is well again, under another name, and drives what it is given.
            deadline = time.monotonic() + 30
            while (answer := asked.post("/api/v1/workflows/zombie/executions", json={})).status_code == 503:
                assert time.monotonic() < deadline, answer.text
            again = answer.json()
            known = {row["id"] for row in everything(client)}
            assert {*started.result(), *ids, again["id"]} <= known
            for id_ in known:
                assert ended(client, id_)["status"] == "succeeded"
                events = client.get(f"/api/v1/executions/{id_}/events?limit=1000").json()["items"]
                assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
                assert [event["node"] for event in events if event["kind"] == "node.succeeded"] == ["wait", "late"]
    assert all(len(keys) == 1 for keys in sink.keys.values())
    assert len(sink.effects) == len(known)


def keep_starting(client: httpx.Client, enough: Event) -> list[str]:
    """Start one execution after the other; returns those that were accepted."""
    accepted: list[str] = []
    while not enough.is_set():
        answer = client.post("/api/v1/workflows/zombie/executions", json={})
        if answer.is_success:
            accepted.append(answer.json()["id"])
    return accepted


def stop_in_a_transaction(sleeper: ServerProcess, postgres: PostgresServer, writer: str) -> None:
    """Stop it where it hurts: it holds locks, and others need what it has locked."""
    deadline = time.monotonic() + 30
    with psycopg.connect(postgres.url(), autocommit=True) as watching:
        while time.monotonic() < deadline:
            sleeper.process.send_signal(signal.SIGSTOP)
            if watching.execute(STATE, (writer,)).fetchall() == [(True,)]:
                return
            sleeper.process.send_signal(signal.SIGCONT)
            time.sleep(random.uniform(0, 0.01))
    raise AssertionError("it was never stopped in a transaction")


def test_a_database_that_goes_away_under_load_loses_nothing(
    workspace: Path, sink: Sink, postgres: PostgresServer
) -> None:
    settings = settings_of(workspace, postgres.url())
    customer = Customer(7)
    with server_process(workspace, env=settings) as server, server.client() as client:
        for published in (mixed(sink.url), unsafe(sink.url), isolated(sink.url)):
            client.post("/api/v1/workflows", json=published).raise_for_status()
        customer.serve(server)
        customer.start()
        time.sleep(1)
        postgres.stop("immediate")
        time.sleep(OUTAGE)
        assert client.get("/readyz").status_code == 503
        postgres.start()
        time.sleep(1)
        customer.finish()
        _until_ready(client)
        print(judge(client, customer, sink, workspace, kills=1).as_text())


def test_a_torn_end_of_the_log_is_left_out(workspace: Path, sink: Sink) -> None:
    """What a power cut leaves of a commit that nobody was told about."""
    settings = {"CONCERTMASTER_EGRESS_ALLOW": "127.0.0.1"}
    with server_process(workspace, env=settings) as server, server.client() as client:
        client.post("/api/v1/workflows", json=mixed(sink.url)).raise_for_status()
        ids = [
            client.post("/api/v1/workflows/mixed/executions", json={"inputs": {"n": n}}).json()["id"] for n in range(5)
        ]
        server.kill()
    log = workspace / ".concertmaster" / "concertmaster.db-wal"
    frames = log.read_bytes()
    with log.open("ab") as torn:
        torn.write(frames[32 : 32 + 3000])
    with server_process(workspace, env=settings) as server, server.client() as client:
        assert [ended(client, id_)["outputs"]["sum"] for id_ in ids] == [5, 6, 7, 8, 9]
        assert server.stop() == 0
    database = sqlite3.connect(workspace / ".concertmaster" / "concertmaster.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def _until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 40
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, "the server did not recover"
        time.sleep(0.1)

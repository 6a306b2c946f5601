"""`kill -9` at random moments under load: nothing that was accepted is lost, doubled or stuck.

`make chaos` (`CHAOS_KILLS=200 CHAOS_SEED=7`) is the long run and prints its report; without them it is short, and the
seed is fixed. On PostgreSQL two servers share the work, and now one, now the other, now both are killed.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from chaos.sink import Sink
from chaos.steered import part, steered
from chaos.verdict import judge
from chaos.workload import ALL_KINDS, Customer, isolated, mixed, unsafe
from postgres_server import PostgresServer
from server_process import ServerProcess, environment, server_process
from warm_start import start_warm

KILLS = int(os.environ.get("CHAOS_KILLS", "8"))
SEED = int(os.environ.get("CHAOS_SEED", "20130101"))
ORDERS_OF_A_LIFE = 40
START_ALONE = 5  # every fifth kill comes while a server starts

pytestmark = [pytest.mark.server, pytest.mark.timeout(180 + 15 * KILLS)]


@pytest.fixture
def settings() -> dict[str, str]:
    """The sink is on loopback, and its failures are part of the plan."""
    allowed = {"CONCERTMASTER_EGRESS_ALLOW": "127.0.0.1", "CONCERTMASTER_BREAKER_FAILURES": "1000000"}
    # Its tables are small, and are to be computed as one all the same.
    return {**allowed, "CONCERTMASTER_FUSE_ABOVE": "0"}


def publish(server: ServerProcess, sink: Sink) -> None:
    with server.client() as client:
        for document in (mixed(sink.url), unsafe(sink.url), isolated(sink.url), part(sink.url), steered(sink.url)):
            client.post("/api/v1/workflows", json=document).raise_for_status()


def test_kills_on_sqlite(workspace: Path, sink: Sink, settings: dict[str, str]) -> None:
    dice, customer = random.Random(SEED), Customer(SEED, kinds=ALL_KINDS)
    with server_process(workspace, env=settings) as server:
        publish(server, sink)
    customer.start()
    for number in range(KILLS):
        if number % START_ALONE == START_ALONE - 1:
            _die_while_starting(workspace, dice.uniform(0, 1.5), settings)
            continue
        with server_process(workspace, env=settings) as server:
            customer.serve(server)
            customer.wait_for(dice.randrange(ORDERS_OF_A_LIFE), seconds=10)
            time.sleep(dice.uniform(0, 0.3))
            server.kill()
    with server_process(workspace, env=settings) as server, server.client() as client:
        customer.serve(server)
        customer.finish()
        print(judge(client, customer, sink, workspace, kills=KILLS).as_text())
        assert server.stop() == 0
    assert not any((workspace / ".concertmaster" / "scratch").glob("*")), "nothing of killed servers is left"
    database = sqlite3.connect(workspace / ".concertmaster" / "concertmaster.db")
    with contextlib.closing(database):
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert list((workspace / ".concertmaster" / "artifacts" / "tmp").iterdir()) == []


def test_kills_on_postgresql_with_two_servers(
    workspace: Path, sink: Sink, settings: dict[str, str], postgres: PostgresServer
) -> None:
    settings |= {
        "CONCERTMASTER_DATABASE_URL": postgres.url(),
        "CONCERTMASTER_SECRET_KEY": "a key that both servers know",
        "CONCERTMASTER_ARTIFACTS_DIR": str(workspace / "artifacts"),
    }
    dice, customer = random.Random(SEED), Customer(SEED, kinds=ALL_KINDS)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(_slot(workspace, name, settings)) for name in ("a", "b")]
        publish(servers[0].start(), sink)
        servers[1].start()
        customer.serve(*(server.running for server in servers if server.running))
        customer.start()
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.1, 1.5))
            victims = dice.choice([servers[:1], servers[1:], servers[:1], servers[1:], servers])
            for victim in victims:
                victim.kill()
            customer.serve(*(server.running for server in servers if server.running))
            for victim in victims:
                victim.start()
            customer.serve(*(server.running for server in servers if server.running))
        assert servers[0].running is not None
        with servers[0].running.client() as client:
            customer.finish()
            print(judge(client, customer, sink, workspace, kills=KILLS).as_text())


class _Slot:
    """A place for a server, with its own data folder; started and killed again and again."""

    def __init__(self, workspace: Path, name: str, settings: dict[str, str]) -> None:
        self._options = ("--data-dir", name)
        self._workspace = workspace
        self._settings = settings
        self._stack = contextlib.ExitStack()
        self.running: ServerProcess | None = None

    def start(self) -> ServerProcess:
        found = server_process(self._workspace, *self._options, env=self._settings)
        self.running = self._stack.enter_context(found)
        return self.running

    def kill(self) -> None:
        assert self.running is not None
        running, self.running = self.running, None
        running.kill()
        self.close()

    def close(self) -> None:
        self._stack.close()


@contextlib.contextmanager
def _slot(workspace: Path, name: str, settings: dict[str, str]) -> Generator[_Slot]:
    slot = _Slot(workspace, name, settings)
    try:
        yield slot
    finally:
        slot.close()


def _die_while_starting(workspace: Path, seconds: float, settings: dict[str, str]) -> None:
    with Path(os.devnull).open("r+") as nothing:
        files = (nothing.fileno(), nothing.fileno(), nothing.fileno())
        words = ("up", "--port", "0")
        process = start_warm(words, files, cwd=workspace, env={**environment(), **settings})
    time.sleep(seconds)
    process.kill()
    process.wait(10)

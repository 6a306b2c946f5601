"""A database of a former release goes on: nothing in it is lost, and what was running wants an owner."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from concertmaster.domain.events import ExecutionCreated, NodeStarted
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.storage.database import dialect_of
from concertmaster.storage.migrate import current, head, upgrade
from postgres_server import PostgresServer
from storage_backends import BACKENDS, Storage

SCRIPTS = Path(__file__).parents[2] / "src/concertmaster/storage/migrations"
FORMER = "20261123_1200"
AT = 1_772_366_400_000_000
COLUMNS = (
    "id, workflow, version, status, epoch, owner, lease_until, head_seq, trigger, "
    "created_at, started_at, ended_at, error"
)
FAILURE = '{"code":"node.failed","message":"no such file","node":"a"}'
EXECUTIONS: list[tuple[Any, ...]] = [
    ("e1", "w", 1, "running", 3, "host:1:aa", None, 2, '{"type":"manual"}', AT, AT + 1, None, None),
    ("e2", "w", 1, "queued", 0, None, None, 1, '{"type":"manual"}', AT + 2, None, None, None),
    ("e3", "w", 1, "failed", 1, "host:1:aa", None, 2, '{"type":"manual"}', AT, AT + 1, AT + 9, FAILURE),
    ("e4", "ü 'quoted'", 2, "succeeded", 1, None, None, 2, '{"type":"manual"}', AT, AT + 1, AT + 9, None),
]


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'concertmaster.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.make_database()
    yield url
    server.drop_database(url)


def migrate(url: str, to: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    engine = dialect_of(url).writing()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, to)
    engine.dispose()


def fill(url: str) -> None:
    engine = dialect_of(url).writing()
    names = COLUMNS.split(", ")
    with engine.begin() as connection:
        values = ", ".join(f":{name}" for name in names)
        statement = text(f"INSERT INTO executions ({COLUMNS}) VALUES ({values})")
        for row in EXECUTIONS:
            connection.execute(statement, dict(zip(names, row, strict=True)))
            for seq in range(1, row[7] + 1):
                kind, node, data = ("node.started", "a", '{"attempt":1}')
                if seq == 1:
                    kind, node = "execution.created", None
                    data = '{"workflow":"w","version":1,"inputs":{},"trigger":{"type":"manual"}}'
                connection.execute(
                    text("INSERT INTO events VALUES (:id, :seq, :at, :kind, :node, :data)"),
                    {"id": row[0], "seq": seq, "at": AT, "kind": kind, "node": node, "data": data},
                )
    engine.dispose()


async def test_what_was_running_is_due_and_what_has_ended_stays_so(url: str) -> None:
    migrate(url, FORMER)
    fill(url)
    assert current(url) == FORMER
    upgrade(url)
    assert current(url) == head()
    async with Storage.opened(url) as storage:
        rows = {row.id: row for row in (await storage.executions.list()).items}
        assert sorted(rows) == ["e1", "e2", "e3", "e4"]
        assert [rows[id_].status for id_ in sorted(rows)] == ["running", "queued", "failed", "succeeded"]
        assert [rows[id_].owner for id_ in sorted(rows)] == ["host:1:aa", None, None, None]
        assert [rows[id_].epoch for id_ in sorted(rows)] == [3, 0, 1, 1]
        assert rows["e2"].wake_at == rows["e2"].created_at
        assert rows["e3"].error is not None
        assert rows["e3"].error.message == "no such file"
        assert rows["e4"].workflow == "ü 'quoted'"
        assert all(row.admitted and row.priority == 0 and row.slot_key is None for row in rows.values())
        created, started = await storage.journal.read("e1")
        assert isinstance(created.body, ExecutionCreated)
        assert started.body == NodeStarted("a", 1)
        claims = await storage.journal.claim_due("new", now=datetime.now(UTC), limit=10)
        assert {(claim.row.id, claim.row.epoch) for claim in claims} == {("e1", 4), ("e2", 1)}


async def test_there_is_a_way_back(url: str) -> None:
    migrate(url, FORMER)
    fill(url)
    before = rows_of(url)
    upgrade(url)
    migrate(url, FORMER, down=True)
    assert current(url) == FORMER
    after = rows_of(url)
    # Only owners of what has ended are forgotten.
    assert [row[:5] + row[6:] for row in after] == [row[:5] + row[6:] for row in before]
    upgrade(url)
    async with Storage.opened(url) as storage:
        assert await storage.journal.unfinished() == 2


@pytest.mark.parametrize("trigger", ["daily", "d" * 120])
async def test_what_a_backfill_has_started_is_found_by_it(url: str, trigger: str) -> None:
    migrate(url, "20261130_0330")
    name = trigger if len(trigger) <= 100 else sha256(trigger.encode()).hexdigest()
    execution = (
        "INSERT INTO executions (id, workflow, version, status, epoch, head_seq, trigger, created_at) "
        "VALUES (:id, 'w', 1, 'failed', 0, 1, :trigger, 1)"
    )
    backfill = (
        "INSERT INTO backfills (id, workflow, trigger, version, config, from_at, until_at, status, concurrency, total, "
        "created_at, created_by, active, started, succeeded, failed, refused) "
        "VALUES (:id, 'w', :trigger, 1, '{}', 1, 2, 'finished', 1, 1, 1, 'me', '[]', 1, 0, 1, 0)"
    )
    engine = dialect_of(url).writing()
    with engine.begin() as connection:
        for id_ in ("b1", "b2"):
            connection.execute(text(backfill), {"id": id_, "trigger": trigger})
            connection.execute(text(execution), {"id": f"of-{id_}", "trigger": f'{{"backfill":"{id_}"}}'})
            key = {"key": f"trigger:{name}:backfill:{id_}:2026-01-01T00:00:00Z", "id": f"of-{id_}"}
            connection.execute(text("INSERT INTO idempotency_keys VALUES ('w', :key, 'f', :id, 1)"), key)
        connection.execute(text(execution), {"id": "other", "trigger": "{}"})
    engine.dispose()
    upgrade(url)
    async with Storage.opened(url) as storage:
        for id_ in ("b1", "b2"):
            assert [row.id for row in (await storage.executions.list(ExecutionFilter(backfill=id_))).items] == [
                f"of-{id_}"
            ]
        assert len((await storage.executions.list()).items) == 3


def rows_of(url: str) -> list[tuple[Any, ...]]:
    engine = dialect_of(url).writing()
    try:
        with engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(f"SELECT {COLUMNS} FROM executions ORDER BY id"))]
    finally:
        engine.dispose()


def test_the_copied_table_has_no_rowid(tmp_path: Path) -> None:
    file = tmp_path / "concertmaster.db"
    url = f"sqlite:///{file}"
    for down in (False, True):
        if down:
            migrate(url, FORMER, down=True)
        else:
            upgrade(url)
        with pytest.raises(sqlite3.OperationalError, match="rowid"):
            sqlite3.connect(file).execute("SELECT rowid FROM executions")


@pytest.mark.parametrize("former", [None, FORMER])
@pytest.mark.server
def test_two_processes_upgrade_at_once(postgres: PostgresServer, former: str | None) -> None:
    for _ in range(3):
        url = postgres.make_database()
        if former is not None:
            migrate(url, former)
            fill(url)
        together = Barrier(4)

        def run(url: str = url, together: Barrier = together) -> None:
            together.wait()
            upgrade(url)

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(run) for _ in range(4)]:
                done.result()
        assert current(url) == head()
        postgres.drop_database(url)

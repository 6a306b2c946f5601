"""PostgreSQL in trouble: it restarts, says nothing, or dies within a commit. Nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cutting_proxy import CuttingProxy

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict, OperationalError
from concertmaster.domain.events import ExecutionSucceeded, ExecutionWaiting, NodeProgress
from concertmaster.domain.interfaces import Append, Change, LogLine, Release
from concertmaster.storage.migrate import upgrade
from postgres_server import PostgresServer, running_postgres
from storage_backends import AT, Storage, append_of, fresh_database, new_execution, until

pytestmark = pytest.mark.server


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop; it syncs its log, so that a crash proves something."""
    with running_postgres(fsync=True) as server:
        yield server


@pytest.fixture
async def storage(own_server: PostgresServer) -> AsyncIterator[Storage]:
    async with Storage.opened(own_server.make_database(upgrade)) as opened:
        yield opened


async def test_a_crash_of_the_server_in_the_middle_of_appends(own_server: PostgresServer, storage: Storage) -> None:
    rows = [await storage.start() for _ in range(8)]
    acknowledged: dict[str, int] = {}
    stop = asyncio.Event()

    async def drive(execution_id: str) -> int:
        seq = 1
        while not stop.is_set():
            line = LogLine(seq, "a", 1, AT, "info", "x")
            bodies = [NodeProgress("a", 1, n) for n in (seq + 1, seq + 2)]
            await storage.journal.append(append_of(execution_id, seq + 1, *bodies, logs=[line]))
            seq += 2
            acknowledged[execution_id] = seq
        return seq

    driving = [asyncio.create_task(drive(row.id)) for row in rows]
    for _ in range(4):
        enough = sum(acknowledged.values()) + 200
        await until(lambda enough=enough: sum(acknowledged.values()) > enough)
        gaps = len(storage.gaps)
        await asyncio.to_thread(own_server.stop, "immediate")
        await until(lambda: storage.journal.health() is not None)
        await asyncio.to_thread(own_server.start)
        # Whatever was announced meanwhile may be lost: everybody is told to look.
        await until(lambda gaps=gaps: len(storage.gaps) > gaps)
    enough = sum(acknowledged.values()) + 200
    await until(lambda: sum(acknowledged.values()) > enough)
    stop.set()
    heads = await asyncio.gather(*driving)
    assert storage.journal.health() is None
    for row, head in zip(rows, heads, strict=True):
        events = await storage.journal.read(row.id)
        assert [event.seq for event in events] == list(range(1, head + 1))
        assert [event.body.done for event in events[1:]] == list(range(2, head + 1))  # type: ignore[union-attr]
        assert storage.published_seqs(row.id) == list(range(1, head + 1))
        assert len(await storage.executions.logs(row.id, limit=100_000)) == (head - 1) // 2
        assert (await storage.executions.get(row.id)).head_seq == head


async def test_a_server_that_is_gone(own_server: PostgresServer, storage: Storage) -> None:
    row = await storage.start()
    await asyncio.to_thread(own_server.stop)
    future = storage.journal.append(append_of(row.id, 2))
    began = time.monotonic()
    with pytest.raises(OperationalError) as caught:
        await storage.start()
    assert caught.value.code == "database.unavailable"
    assert time.monotonic() - began < 8
    with pytest.raises(OperationalError, match="Nothing was stored"):
        await storage.start()
    with pytest.raises(OperationalError, match="cannot be read") as caught:
        await storage.executions.get(row.id)
    assert caught.value.code == "database.unavailable"
    assert not future.done()
    await asyncio.to_thread(own_server.start)
    await asyncio.wait_for(future, 20)
    assert (await storage.executions.get(row.id)).head_seq == 2
    assert storage.journal.health() is None
    await storage.start()


async def test_reads_do_not_notice_a_restart(own_server: PostgresServer, storage: Storage) -> None:
    row = await storage.start()
    await asyncio.gather(*(storage.executions.get(row.id) for _ in range(20)))
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start)
    found = await asyncio.gather(*(storage.executions.get(row.id) for _ in range(20)))
    assert {one.id for one in found} == {row.id}


async def test_a_server_that_says_nothing(own_server: PostgresServer, storage: Storage) -> None:
    lost: list[float] = []

    async def on_lost() -> None:
        lost.append(time.monotonic())

    lease = storage.database.lease(on_lost=on_lost, seconds=2.0)
    await lease.register("here")
    row = await storage.start()
    await asyncio.to_thread(own_server.freeze)
    began = time.monotonic()
    try:
        future = storage.journal.append(append_of(row.id, 2))
        with pytest.raises(OperationalError, match=r"does not answer|cannot be written"):
            await asyncio.wait_for(storage.start(), 25)
        with pytest.raises(OperationalError, match="Nothing was stored"):
            await storage.start()
        assert storage.journal.health() is not None
        # Others may own everything by now, though nobody could say so.
        assert lost
        assert 1.5 < lost[0] - began < 6
        assert storage.journal.row(row.id) is None
        with pytest.raises(OperationalError, match=r"does not answer|cannot be read"):
            await storage.executions.get(row.id)
    finally:
        await asyncio.to_thread(own_server.thaw)
    await asyncio.wait_for(future, 30)
    assert (await storage.executions.get(row.id)).head_seq == 2
    await lease.register("here again")
    await storage.start(owner="here again")
    await lease.release()


# --- commits whose outcome is unknown ---


@pytest.fixture
async def proxy(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[CuttingProxy, Storage]]:
    with fresh_database("postgresql", tmp_path, request) as url:
        server: PostgresServer = request.getfixturevalue("postgres")
        made = CuttingProxy(server.port)
        await made.open()
        async with Storage.opened(url.replace(f":{server.port}/", f":{made.port}/")) as storage:
            yield made, storage
        await made.close()


def cut(proxy: CuttingProxy) -> None:
    proxy.cut_next_commit = True


async def test_a_start_that_was_committed_is_not_done_again(proxy: tuple[CuttingProxy, Storage]) -> None:
    door, storage = proxy
    cut(door)
    row, fresh = await storage.journal.create(new_execution(idempotency_key="k"), actor=LOCAL_ADMIN, owner="here")
    assert door.cuts == 1
    assert fresh
    assert await storage.executions.get(row.id) == row
    assert storage.published_seqs(row.id) == [1]
    assert [line.action for line in (await storage.audit.list()).items] == ["execution.start"]


async def test_a_request_that_was_committed_is_not_made_twice(proxy: tuple[CuttingProxy, Storage]) -> None:
    door, storage = proxy
    row = await storage.start()
    change = Change("failed", ended_at=AT)
    await storage.journal.append(append_of(row.id, 2, NodeProgress("a", 1, 1), change=change))
    cut(door)
    posted = await storage.journal.post(row.id, "retry", {"reason": "x"}, actor=LOCAL_ADMIN)
    assert door.cuts == 1
    assert posted.status == "queued"
    assert len(await storage.journal.inbox(row.id)) == 1
    assert storage.woken == [row.id]
    with pytest.raises(Conflict):
        await storage.journal.post(row.id, "retry", {"reason": "x"}, actor=LOCAL_ADMIN)


async def test_claims_that_were_committed_are_known(proxy: tuple[CuttingProxy, Storage]) -> None:
    door, storage = proxy
    ids = {(await storage.start(owner=None)).id for _ in range(3)}
    cut(door)
    claims = await storage.journal.claim_due("here", now=AT, limit=10)
    assert door.cuts == 1
    assert {claim.row.id for claim in claims} == ids
    assert {claim.row.epoch for claim in claims} == {1}
    await asyncio.gather(*(storage.journal.append(append_of(id_, 2)) for id_ in ids))


async def test_appends_that_were_committed_are_not_done_again(proxy: tuple[CuttingProxy, Storage]) -> None:
    door, storage = proxy
    rows = [await storage.start() for _ in range(3)]
    cut(door)
    line = LogLine(1, "a", 1, AT, "info", "alone")
    futures = [
        storage.journal.append(append_of(rows[0].id, 2, ExecutionWaiting(), release=Release())),
        storage.journal.append(Append(rows[1].id, 1, (), logs=[line])),
        storage.journal.append(
            append_of(rows[2].id, 2, ExecutionSucceeded({}), change=Change("succeeded", ended_at=AT))
        ),
    ]
    assert await asyncio.gather(*futures) == [True, False, False]
    assert door.cuts == 1
    assert await storage.executions.logs(rows[1].id) == [line]
    assert [len(await storage.journal.read(row.id)) for row in rows] == [2, 1, 2]
    assert [storage.published_seqs(row.id) for row in rows] == [[1, 2], [1], [1, 2]]


async def test_places_that_were_given_are_known(proxy: tuple[CuttingProxy, Storage]) -> None:
    door, storage = proxy

    class Owner:
        name = "here"

    async def nothing() -> None: ...

    lease = storage.database.lease(on_lost=nothing)
    await lease.register("here")
    slots = storage.database.slots(Owner(), print)
    cut(door)
    assert await slots.take("r", limit=1, holder="a")
    assert door.cuts == 1
    assert list(await slots.holders("r")) == ["a"]
    await lease.release()


async def test_a_commit_that_never_arrived_is_done_again(proxy: tuple[CuttingProxy, Storage]) -> None:
    _, storage = proxy
    row = await storage.start()
    writer: Any = storage.database.writer
    # The server ends the connection while the writer is idle; the next commit finds out.
    pids = await storage.database.write(
        lambda connection: connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    )
    await storage.database.read(
        lambda connection: connection.exec_driver_sql("SELECT pg_terminate_backend(%s::int)", (pids,)).scalar()
    )
    await storage.journal.append(append_of(row.id, 2))
    assert len(await storage.journal.read(row.id)) == 2
    assert writer.health() is None

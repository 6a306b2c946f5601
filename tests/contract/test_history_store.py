"""Filters that no index has, counts that the writer keeps, and what ended executions tell."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from uuid_utils import uuid7

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import UserError
from concertmaster.domain.events import (
    ExecutionCreated,
    ExecutionStarted,
    NodeFailed,
    NodeStarted,
    NodeSucceeded,
    NodeWaiting,
)
from concertmaster.domain.execution import ExecutionRow, ExecutionStatus, Failure
from concertmaster.domain.execution_filter import EVERY, ExecutionFilter, first_id
from concertmaster.domain.interfaces import COARSE, FINE, Change, Child, NewExecution
from concertmaster.domain.values import JsonValue
from concertmaster.storage import execution_pages
from concertmaster.storage.tables import executions
from storage_backends import AT, Storage, append_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ERROR = Failure("node.failed", 'No such FILE: "data\\ö.csv", 100%', node="a")


async def made(
    storage: Storage,
    n: int = 0,
    *,
    workflow: str = "w",
    trigger: str = "manual",
    version: int = 1,
    status: ExecutionStatus = "succeeded",
    seconds: float = 1.0,
    error: Failure | None = None,
) -> str:
    """An execution of n minutes after `AT`, with an id of that time."""
    at = AT + timedelta(minutes=n)
    id_ = first_id(at)[:-12] + f"{n:012x}"
    body = ExecutionCreated(workflow, version, {}, {"type": trigger})
    await storage.journal.create(NewExecution(id_, at, body), actor=LOCAL_ADMIN, owner="here")
    ended = at + timedelta(seconds=seconds)
    change = Change(status, started_at=at, ended_at=ended, error=error) if status != "queued" else Change()
    await storage.journal.append(append_of(id_, 2, ExecutionStarted(), change=change))
    return id_


async def ids(storage: Storage, chosen: ExecutionFilter, *, limit: int = 50) -> list[str]:
    """Of all pages."""
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await storage.executions.list(chosen, before=cursor, limit=limit)
        seen += [row.id for row in page.items]
        cursor = page.next
        if cursor is None:
            return seen


CHOSEN: list[ExecutionFilter] = [
    ExecutionFilter(since=AT + timedelta(minutes=3)),
    ExecutionFilter(until=AT + timedelta(minutes=3)),
    ExecutionFilter(since=AT + timedelta(minutes=2), until=AT + timedelta(minutes=9)),
    ExecutionFilter("w1", since=AT + timedelta(minutes=2), until=AT + timedelta(minutes=9)),
    ExecutionFilter(status=("failed",), since=AT + timedelta(minutes=2)),
    ExecutionFilter(since=EPOCH - timedelta(days=400), until=datetime.max.replace(tzinfo=UTC)),
    ExecutionFilter(trigger="webhook"),
    ExecutionFilter(trigger="none"),
    ExecutionFilter("w1", trigger="webhook"),
    ExecutionFilter(trigger="webhook", called=False),
    ExecutionFilter(error="no such file"),
    ExecutionFilter(error="NODE.FAILED"),
    ExecutionFilter(error='"data\\Ö.csv"'),
    ExecutionFilter(error="100%"),
    ExecutionFilter(error="message"),
    ExecutionFilter(error="such_file"),
    ExecutionFilter(error="no such file", status=("succeeded",)),
    ExecutionFilter(error="no such file", trigger="manual", version=2),
    ExecutionFilter(at_least=timedelta(seconds=5)),
    ExecutionFilter(at_most=timedelta(seconds=5)),
    ExecutionFilter(at_least=timedelta(seconds=3), at_most=timedelta(seconds=5), status=("succeeded", "failed")),
    ExecutionFilter(version=2),
    ExecutionFilter("w0", version=2),
]


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda one: repr(one)[15:].replace("None", ""))
async def test_a_list_has_what_its_filter_lets_through(storage: Storage, chosen: ExecutionFilter) -> None:
    for n in range(12):
        failed = n % 3 == 1
        await made(
            storage,
            n,
            workflow=f"w{n % 2}",
            trigger="webhook" if n % 4 == 0 else "manual",
            version=1 + n % 2,
            status="failed" if failed else "queued" if n == 9 else "succeeded",
            seconds=n,
            error=ERROR if failed else None,
        )
    rows = (await storage.executions.list()).items
    now = AT + timedelta(hours=1)
    wanted = [row.id for row in rows if chosen.lets_through(row, now)]
    assert await ids(storage, chosen, limit=2) == wanted
    assert await ids(storage, chosen) == wanted


async def test_what_is_rare_is_looked_for_in_bounded_steps(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_pages, "LOOKED_AT", 8)
    monkeypatch.setattr(execution_pages, "AT_ONCE", 4)
    monkeypatch.setattr(execution_pages, "BUDGET_SECONDS", 1e6)
    known = [await made(storage, n, seconds=100 if n == 0 else 1) for n in range(20)]
    slow = ExecutionFilter(at_least=timedelta(seconds=50))
    page = await storage.executions.list(slow)
    assert page.items == []
    assert page.next is not None
    assert page.scanned_until == AT + timedelta(minutes=12)
    page = await storage.executions.list(slow, before=page.next)
    assert (page.items, page.scanned_until) == ([], AT + timedelta(minutes=4))
    page = await storage.executions.list(slow, before=page.next)
    assert [row.id for row in page.items] == known[:1]
    assert (page.next, page.scanned_until) == (None, None)
    assert await ids(storage, EVERY) == known[::-1]


@pytest.mark.parametrize("cursor", ["!", "WzFd", "WyJhIiwiYiJd", "bnVsbA"])
async def test_a_tampered_cursor_is_refused_with_filters_too(storage: Storage, cursor: str) -> None:
    with pytest.raises(UserError, match="cursor"):
        await storage.executions.list(ExecutionFilter(error="x"), before=cursor)


async def test_a_page_ends_when_its_time_is_up(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_pages, "AT_ONCE", 4)
    monkeypatch.setattr(execution_pages, "BUDGET_SECONDS", 0.0)
    known = [await made(storage, n, seconds=100 if n == 0 else 1) for n in range(10)]
    slow = ExecutionFilter(at_least=timedelta(seconds=50))
    assert (await storage.executions.list(slow)).scanned_until == AT + timedelta(minutes=6)
    assert await ids(storage, slow) == known[:1]


async def counted(storage: Storage, workflow: str | None, first: datetime, width: timedelta) -> dict[str, int]:
    (found,) = await storage.history.counts(first, width, 1, workflow=workflow)
    return dict(found)


async def expected(storage: Storage, workflow: str | None) -> Counter[str]:
    rows = (await storage.executions.list(limit=1000)).items
    return Counter(row.status for row in rows if workflow in (None, row.workflow))


async def check_counts(storage: Storage) -> None:
    assert await storage.history.complete()
    for workflow in (None, "w", "v", "none"):
        for width in (FINE, COARSE):
            first = AT - (AT - EPOCH) % width
            assert await counted(storage, workflow, first, width) == await expected(storage, workflow)
    open_ones = {status: n for status, n in (await expected(storage, None)).items() if status in ("queued", "running")}
    assert await storage.history.open_counts() == open_ones


async def test_counts_follow_starts_ends_retries_and_calls(storage: Storage) -> None:
    row = await storage.start("w")
    await check_counts(storage)
    await storage.journal.append(append_of(row.id, 2, ExecutionStarted(), change=Change("running")))
    await check_counts(storage)
    told = {"execution": row.id, "node": "call", "attempt": 1, "kind": "call", "key": "k", "visible": row.id}
    children = [
        Child(str(uuid7()), AT, ExecutionCreated("v", 1, {}, {"type": "call"}, told), "here", hidden=hidden)
        for hidden in (True, False)
    ]
    await storage.journal.append(append_of(row.id, 3, companions=children))
    for child in children:
        await storage.journal.append(append_of(child.id, 2, ExecutionStarted(), change=Change("failed", error=ERROR)))
    await check_counts(storage)
    await storage.journal.append(append_of(row.id, 4, change=Change("failed", error=ERROR)))
    await check_counts(storage)
    await storage.journal.post(row.id, "retry", {"reason": "x"}, actor=LOCAL_ADMIN)
    await check_counts(storage)
    claim = await storage.journal.claim(row.id, "here")
    assert claim is not None
    await storage.journal.append(append_of(row.id, 5, epoch=claim.row.epoch, change=Change("succeeded")))
    await check_counts(storage)
    # What is not committed is not counted.
    with pytest.raises(UserError):
        await storage.journal.post(row.id, "cancel", {"reason": "x"}, actor=LOCAL_ADMIN)
    stale = append_of(row.id, 6, epoch=1, change=Change("failed"))
    with pytest.raises(Exception, match="another owner"):
        await storage.journal.append(stale)
    await check_counts(storage)


async def test_what_an_older_release_has_left_is_counted_little_by_little(storage: Storage) -> None:
    known = [await made(storage, workflow="w") for _ in range(1)]
    known += [(await storage.start("v")).id for _ in range(4)]

    def forget(connection: Any) -> None:
        connection.execute(text("DELETE FROM execution_counts"))
        connection.execute(update(executions).values(counted_as=None, trigger_type=None))
        # And changed after it was counted.
        connection.execute(
            update(executions).where(executions.c.id == known[-1]).values(status="paused", counted_as=None)
        )

    await storage.database.write(forget)
    assert not await storage.history.complete()
    assert [await storage.history.count_missing(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert await storage.history.count_missing(limit=2) == 0
    first = AT - (AT - EPOCH) % COARSE
    assert await counted(storage, None, first, COARSE) == await expected(storage, None)
    assert await ids(storage, ExecutionFilter(trigger="manual")) == sorted(known, reverse=True)
    await storage.database.write(
        lambda connection: (
            connection.execute(update(executions).where(executions.c.id == known[1]).values(status="failed")).rowcount
        )
    )
    assert not await storage.history.complete(), "old code changed it"
    assert await storage.history.count_missing(limit=10) == 1
    assert await counted(storage, None, first, COARSE) == await expected(storage, None)


async def test_narrow_counts_are_removed_when_nobody_asks_for_them(storage: Storage) -> None:
    await made(storage, 0)
    assert storage.history.finest(AT) == FINE
    assert storage.history.finest(AT - timedelta(days=8)) == COARSE
    long_ago = AT - timedelta(days=20)
    body = ExecutionCreated("w", 1, {}, {"type": "manual"})
    await storage.journal.create(NewExecution(str(uuid7()), long_ago, body), actor=LOCAL_ADMIN, owner="here")
    assert await storage.history.prune(limit=1) == 1
    assert await storage.history.prune(limit=10) == 1
    assert await storage.history.prune(limit=10) == 0
    first = long_ago - (long_ago - EPOCH) % COARSE
    assert await counted(storage, "w", first, COARSE) == {"queued": 1}
    fine = long_ago - (long_ago - EPOCH) % FINE
    assert await counted(storage, "w", fine, FINE) == {}
    assert await counted(storage, None, AT - (AT - EPOCH) % FINE, FINE) == {"succeeded": 1}


async def test_workflows_by_their_failures(storage: Storage) -> None:
    for n in range(9):
        await made(storage, n, workflow=f"w{n % 3}", status="failed" if n % 3 and n != 4 else "succeeded")
    for since in (AT - (AT - EPOCH) % COARSE, AT - (AT - EPOCH) % FINE):
        found = await storage.history.failing(since, limit=5)
        assert [(one.workflow, one.failed, one.total) for one in found] == [("w2", 3, 3), ("w1", 2, 3)]
        assert len(await storage.history.failing(since, limit=1)) == 1
    assert await storage.history.failing(AT + COARSE - (AT - EPOCH) % COARSE, limit=5) == []


async def test_the_slowest_and_the_last_ones_that_ended(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [await made(storage, n, workflow=f"w{n % 2}", seconds=(n * 7) % 10) for n in range(10)]
    await made(storage, 10, status="queued", workflow="w1")
    found = await storage.history.slowest(AT, limit=3)
    assert ([row.id for row in found.rows], found.scanned_until) == ([known[7], known[4], known[1]], None)
    found = await storage.history.slowest(AT, workflow="w1", limit=2)
    assert [row.id for row in found.rows] == [known[7], known[1]]
    found = await storage.history.slowest(AT + timedelta(minutes=8), limit=3)
    assert [row.id for row in found.rows] == [known[8], known[9]]
    monkeypatch.setattr(execution_pages, "LOOKED_AT", 4)
    monkeypatch.setattr(execution_pages, "AT_ONCE", 2)
    monkeypatch.setattr(execution_pages, "BUDGET_SECONDS", 1e6)
    found = await storage.history.slowest(AT, limit=1)
    assert found.scanned_until == AT + timedelta(minutes=7)
    ended = await storage.history.ended("w1", last=3)
    assert [row.id for row in ended] == [known[9], known[7], known[5]]
    assert await storage.history.ended("w1", last=3, status=("failed",)) == []


async def test_how_long_nodes_took(storage: Storage) -> None:
    row: ExecutionRow = await storage.start("w")
    long = {"out": JsonValue("x" * 5_000)}
    begun = AT - timedelta(seconds=3)
    await storage.journal.append(
        append_of(
            row.id,
            2,
            NodeStarted("slow", 1),
            NodeSucceeded("quick", 1, begun, long),
            NodeSucceeded("kept", 1, begun, long, {"execution": "e", "node": "n"}),
            NodeWaiting("queued", 1, "slot", resource="threads"),
            NodeStarted("queued", 1),
            NodeFailed("slow", 1, AT, ERROR),
            NodeFailed("queued", 2, AT, ERROR),
            NodeStarted("unfinished", 1),
        )
    )
    times = (await storage.history.node_times([row.id, "nobody"]))[row.id]
    micros = {node: one.took // timedelta(microseconds=1) for node, one in times.items()}
    assert micros == {"slow": 5, "quick": 3_000_003, "kept": 3_000_004, "queued": 2}
    assert {node: one.status for node, one in times.items() if one.status != "succeeded"} == {
        "slow": "failed",
        "queued": "failed",
    }
    assert [node for node, one in times.items() if one.reused] == ["kept"]

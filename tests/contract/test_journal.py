"""The journal, over every database: what is acknowledged is there, and nobody but the owner gets anything in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict, OperationalError, StaleOwner, UserError
from concertmaster.domain.events import (
    ExecutionCreated,
    ExecutionFailed,
    ExecutionStarted,
    ExecutionSucceeded,
    NodeProgress,
    NodeStarted,
    NodeSucceeded,
)
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import EVERY_LINE, Append, ArtifactReference, Change, LogFilter, LogLine
from concertmaster.domain.values import JsonValue, TableRef
from concertmaster.storage.database import Database
from concertmaster.storage.journal import SqlJournal
from storage_backends import AT, Storage, append_of, new_execution


async def test_a_start_is_the_row_and_the_first_event(storage: Storage) -> None:
    new = new_execution()
    row, fresh = await storage.journal.create(new, actor=LOCAL_ADMIN)
    assert fresh
    assert (row.status, row.epoch, row.head_seq, row.created_at) == ("queued", 0, 1, AT)
    assert await storage.executions.get(new.id) == row
    (event,) = await storage.journal.read(new.id)
    assert event.body == ExecutionCreated("nightly", 1, {"month": 7}, {"type": "manual"})
    assert (event.seq, event.at) == (1, AT)
    assert storage.published_seqs(new.id) == [1]
    (line,) = (await storage.audit.list()).items
    assert (line.actor, line.action, line.target) == ("local", "execution.start", f"execution:{new.id}")


async def test_a_known_key_gives_the_earlier_execution(storage: Storage) -> None:
    first = await storage.start(idempotency_key="k", fingerprint="a")
    row, fresh = await storage.journal.create(
        new_execution(idempotency_key="k", fingerprint="a"), actor=LOCAL_ADMIN, owner="here"
    )
    assert (row, fresh) == (first, False)
    assert len(storage.published) == 1
    assert len((await storage.audit.list()).items) == 1


async def test_a_key_used_with_another_request_is_refused(storage: Storage) -> None:
    first = await storage.start(idempotency_key="k", fingerprint="a")
    with pytest.raises(Conflict, match=first.id) as caught:
        await storage.start(idempotency_key="k", fingerprint="b")
    assert caught.value.code == "execution.key_reused"
    assert [row.id for row in (await storage.executions.list()).items] == [first.id]


async def test_a_key_is_of_its_workflow(storage: Storage) -> None:
    first = await storage.start("one", idempotency_key="k")
    second = await storage.start("two", idempotency_key="k")
    assert first.id != second.id


async def test_one_key_many_times_at_once_starts_one_execution(storage: Storage) -> None:
    starts = [storage.journal.create(new_execution(idempotency_key="k"), actor=LOCAL_ADMIN) for _ in range(20)]
    answers = await asyncio.gather(*starts)
    assert sum(fresh for _, fresh in answers) == 1
    assert len({row.id for row, _ in answers}) == 1
    assert len((await storage.executions.list()).items) == 1


async def test_an_append_is_stored_and_published_with_the_row_after_it(storage: Storage) -> None:
    row = await storage.start()
    outputs = {"out": TableRef("ab" * 32, 3, 120, ()), "json": JsonValue({"a": [1, None]}, None, 12)}
    started = NodeSucceeded("read", 1, AT, outputs)
    change = Change("running", started_at=AT + timedelta(seconds=1))
    await storage.journal.append(append_of(row.id, 2, ExecutionStarted(), started, change=change))
    events = await storage.journal.read(row.id, 1)
    assert [event.body for event in events] == [ExecutionStarted(), started]
    assert [event.seq for event in events] == [2, 3]
    last = storage.published[-1]
    assert last.row == await storage.executions.get(row.id)
    assert (last.row.status, last.row.head_seq, last.row.started_at) == ("running", 3, AT + timedelta(seconds=1))
    assert list(last.events) == events
    assert last.data[0] == b"{}"
    assert b'"started_at":"2026-03-01T12:00:00.000000Z"' in last.data[1]


async def test_the_last_of_many_appends_is_a_barrier_for_all(storage: Storage) -> None:
    row = await storage.start()
    futures = [storage.journal.append(append_of(row.id, seq, NodeProgress("a", 1, seq))) for seq in range(2, 202)]
    await futures[-1]
    assert [event.seq for event in await storage.journal.read(row.id)] == list(range(1, 202))
    assert all(future.done() and future.exception() is None for future in futures)
    assert storage.published_seqs(row.id) == list(range(1, 202))


async def test_the_end_is_in_the_row(storage: Storage) -> None:
    row = await storage.start()
    error = Failure("node.failed", "no such file", node="read", details={"path": "x"})
    change = Change("failed", ended_at=AT + timedelta(seconds=9), error=error)
    await storage.journal.append(append_of(row.id, 2, ExecutionFailed(error), change=change))
    after = await storage.executions.get(row.id)
    assert (after.status, after.error, after.ended_at) == ("failed", error, AT + timedelta(seconds=9))
    assert storage.published[-1].row == after
    assert await storage.journal.claim(row.id, "there") is None


async def test_a_claim_shuts_the_former_owner_out(storage: Storage) -> None:
    row = await storage.start()
    claim = await storage.journal.claim(row.id, "there")
    assert claim is not None
    assert (claim.row.epoch, claim.row.head_seq, claim.row.status) == (2, 1, "queued")
    with pytest.raises(StaleOwner):
        await storage.journal.append(append_of(row.id, 2, epoch=1))
    await storage.journal.append(append_of(row.id, 2, ExecutionStarted(), epoch=2))
    assert [event.body for event in await storage.journal.read(row.id, 1)] == [ExecutionStarted()]
    assert storage.published[-1].row.epoch == 2


async def test_a_claim_knows_what_was_queued_before_it(storage: Storage) -> None:
    row = await storage.start()
    future = storage.journal.append(append_of(row.id, 2))
    claim = await storage.journal.claim(row.id, "there")
    assert claim is not None
    assert claim.row.head_seq == 2
    await future


async def test_nothing_unknown_can_be_claimed(storage: Storage) -> None:
    assert await storage.journal.claim("nobody", "here") is None


async def test_a_stale_owner_in_a_group_fails_alone(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(5)]
    await storage.journal.claim(rows[2].id, "there")
    futures = [storage.journal.append(append_of(row.id, 2)) for row in rows]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(StaleOwner) == 1
    assert isinstance(outcomes[2], StaleOwner)
    assert [len(await storage.journal.read(row.id)) for row in rows] == [2, 2, 1, 2, 2]
    assert [storage.published_seqs(row.id) for row in rows] == [[1, 2], [1, 2], [1], [1, 2], [1, 2]]


async def test_all_queued_events_of_a_stale_owner_are_refused(storage: Storage) -> None:
    row = await storage.start()
    await storage.journal.claim(row.id, "there")
    futures = [storage.journal.append(append_of(row.id, seq)) for seq in (2, 3, 4)]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StaleOwner] * 3


async def test_a_gap_is_refused(storage: Storage) -> None:
    row = await storage.start()
    with pytest.raises(StaleOwner):
        await storage.journal.append(append_of(row.id, 3))
    with pytest.raises(ValueError, match="consecutive"):
        storage.journal.append(Append(row.id, 1, [*append_of(row.id, 2).events, *append_of(row.id, 4).events]))
    # Whoever was refused does not know the journal any more: it has to claim again.
    with pytest.raises(StaleOwner):
        await storage.journal.append(append_of(row.id, 2))
    await storage.journal.claim(row.id, "here")
    await storage.journal.append(append_of(row.id, 2, epoch=2))
    assert [event.seq for event in await storage.journal.read(row.id)] == [1, 2]
    assert storage.published_seqs(row.id) == [1, 2]


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, 2**70, {"a": "\ud800"}, {"a": {1, 2}}],
    ids=["object", "number as key", "beyond 64 bits", "lone surrogate", "set"],
)
async def test_what_cannot_be_stored_fails_at_once_and_alone(storage: Storage, value: Any) -> None:
    row, other = await storage.start(), await storage.start()
    body = NodeSucceeded("bad", 1, AT, {"out": JsonValue(value)})
    future = storage.journal.append(append_of(other.id, 2))
    with pytest.raises(UserError, match="Node bad") as caught:
        storage.journal.append(append_of(row.id, 2, body))
    assert caught.value.code == "event.not_storable"
    await storage.journal.append(append_of(row.id, 2))
    await future


async def test_what_the_database_refuses_fails_alone(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(3)]
    line = LogLine(1, "read", 1, AT, "info", "hello")
    await storage.journal.append(append_of(rows[1].id, 2, logs=[line]))
    batches = [append_of(rows[0].id, 2), append_of(rows[1].id, 3, logs=[line]), append_of(rows[2].id, 2)]
    outcomes = await asyncio.gather(*map(storage.journal.append, batches), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [bool, OperationalError, bool]
    assert [len(await storage.journal.read(row.id)) for row in rows] == [2, 2, 2]
    assert storage.published_seqs(rows[1].id) == [1, 2]


async def test_companions_come_with_their_events(storage: Storage) -> None:
    row = await storage.start()
    lines = [LogLine(n, node, 1, AT, level, f"line {n}") for n, node, level in [(1, "a", "info"), (2, "b", "error")]]
    made = ArtifactReference("cd" * 32, "a", "out", 99)
    await storage.journal.append(append_of(row.id, 2, logs=lines, artifacts=[made]))
    # The same attempt again, after a crash, makes the same bytes.
    await storage.journal.append(append_of(row.id, 3, artifacts=[made]))
    assert await storage.executions.logs(row.id) == lines
    assert await storage.executions.logs(row.id, after=1) == lines[1:]
    assert await storage.executions.log_counts(row.id) == {"a": 1, "b": 1}
    assert await storage.executions.log_counts(row.id, until=AT) == {"a": 1, "b": 1}
    assert await storage.executions.log_counts(row.id, until=AT - timedelta(microseconds=1)) == {}


async def test_lines_are_found_from_either_end_and_by_what_is_in_them(storage: Storage) -> None:
    row = await storage.start()
    told = [
        ("a", 1, "info", "Straße 100%"),
        ("b", 1, "error", "strasse_2"),
        ("a", 2, "debug", "x"),
        ("a", 2, "odd", "X"),
    ]
    lines = [LogLine(n, node, attempt, AT, level, text) for n, (node, attempt, level, text) in enumerate(told, 1)]
    await storage.journal.append(append_of(row.id, 2, logs=lines))

    async def found(only: LogFilter = EVERY_LINE, **page: int) -> list[int]:
        return [line.n for line in await storage.executions.logs(row.id, only=only, **page)]

    assert await found(before=10, limit=3) == [2, 3, 4]
    assert await found(before=3) == [1, 2]
    assert await found(before=1) == []
    assert await found(LogFilter(node="a"), before=10, limit=2) == [3, 4]
    assert await found(LogFilter(node="a", attempt=1)) == [1]
    assert await found(LogFilter(level="error")) == [2]
    assert await found(LogFilter(min_level="debug")) == [1, 2, 3]
    assert await found(LogFilter(min_level="warning")) == [2]
    assert await found(LogFilter(text="x")) == [3, 4]
    assert await found(LogFilter(text="0%")) == [1]
    assert await found(LogFilter(text="E_2")) == [2]
    assert await found(LogFilter(text="s%e")) == []
    assert await found(LogFilter(text="Straß")) == [1]


async def test_log_lines_may_come_without_events(storage: Storage) -> None:
    row = await storage.start()
    line = LogLine(1, "a", 1, AT, "info", "working")
    await asyncio.gather(
        storage.journal.append(Append(row.id, 1, (), logs=[line])), storage.journal.append(append_of(row.id, 2))
    )
    assert await storage.executions.logs(row.id) == [line]
    assert storage.published[-1].row.head_seq == 2
    await storage.journal.claim(row.id, "there")
    with pytest.raises(StaleOwner):
        await storage.journal.append(Append(row.id, 1, (), logs=[LogLine(2, "a", 1, AT, "info", "late")]))
    assert await storage.executions.logs(row.id) == [line]


async def test_reading_from_the_middle(storage: Storage) -> None:
    row = await storage.start()
    await storage.journal.append(append_of(row.id, 2, *(NodeStarted("a", n) for n in range(1, 10))))
    assert [event.seq for event in await storage.journal.read(row.id, 4, limit=3)] == [5, 6, 7]
    assert await storage.journal.read(row.id, 99) == []
    assert await storage.journal.read("nobody") == []


async def test_unfinished_executions_are_counted(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(4)]
    await storage.journal.append(append_of(rows[1].id, 2, ExecutionSucceeded({}), change=Change("succeeded")))
    await storage.journal.append(append_of(rows[2].id, 2, ExecutionStarted(), change=Change("waiting")))
    assert await storage.journal.unfinished() == 3


async def test_a_failing_publisher_loses_nothing(database_url: str) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no bus")

    database = Database(database_url)
    journal = SqlJournal(database, broken, print)
    await database.open()
    try:
        row, _ = await journal.create(new_execution(), actor=LOCAL_ADMIN, owner="here")
        await journal.append(append_of(row.id, 2))
        assert len(await journal.read(row.id)) == 2
    finally:
        await database.close()


async def test_closing_commits_what_is_queued(database_url: str) -> None:
    storage = Storage(Database(database_url))
    await storage.database.open()
    row = await storage.start()
    futures = [storage.journal.append(append_of(row.id, seq)) for seq in range(2, 50)]
    await storage.database.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(OperationalError, match="not open"):
        storage.journal.append(append_of(row.id, 50))

    again = Storage(Database(database_url))
    await again.database.open()
    try:
        assert len(await again.journal.read(row.id)) == 49
        assert again.journal.health() is None
        # The next life claims what the former one owned, and goes on.
        claim = await again.journal.claim(row.id, "there")
        assert claim is not None
        assert (claim.row.epoch, claim.row.head_seq) == (2, 49)
        await again.journal.append(append_of(row.id, 50, epoch=2))
    finally:
        await again.database.close()

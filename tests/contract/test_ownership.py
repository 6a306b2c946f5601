"""Owners: one an execution, and nobody loses his while he lives."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import StaleOwner
from concertmaster.domain.events import ExecutionStarted, ExecutionSucceeded, ExecutionWaiting, NodeProgress
from concertmaster.domain.interfaces import Append, Change, History, Lease, LogLine, Release, Snapshot
from concertmaster.storage.tables import events
from storage_backends import AT, Storage, append_of, new_execution

LATER = AT + timedelta(days=1)


async def nothing() -> None:
    """For leases that are not lost."""


@pytest.fixture
async def lease(storage: Storage) -> Lease:
    """The process that the tests call "here" lives."""
    made = storage.database.lease(on_lost=nothing)
    await made.register("here")
    return made


async def due(storage: Storage, *, now: datetime = LATER, limit: int = 100, owner: str = "there") -> list[str]:
    return [claim.row.id for claim in await storage.journal.claim_due(owner, now=now, limit=limit)]


async def test_what_a_living_owner_has_cannot_be_taken(storage: Storage, lease: Lease) -> None:
    row = await storage.start()
    assert (row.owner, row.wake_at, row.epoch) == ("here", None, 1)
    assert await storage.journal.claim(row.id, "there") is None
    assert await due(storage) == []
    assert await storage.journal.next_due() is None
    again = await storage.journal.claim(row.id, "here")
    assert again is not None
    assert again.row.epoch == 2
    await lease.release()


async def test_without_an_owner_it_is_due_at_once(storage: Storage, lease: Lease) -> None:
    row = await storage.start(owner=None)
    assert (row.owner, row.wake_at, row.epoch) == (None, AT, 0)
    assert storage.woken == [row.id]
    assert await storage.journal.next_due() == AT
    assert await due(storage, now=AT - timedelta(microseconds=1)) == []
    (claim,) = await storage.journal.claim_due("here", now=AT, limit=10)
    assert claim.row == await storage.executions.get(row.id)
    assert (claim.row.owner, claim.row.epoch, claim.row.wake_at, claim.takeovers) == ("here", 1, None, 1)
    assert storage.journal.row(row.id) == claim.row
    assert await storage.journal.next_due() is None
    await lease.release()


async def test_what_the_dead_leave_is_due(storage: Storage, lease: Lease) -> None:
    rows = [await storage.start(owner="somebody who died") for _ in range(3)]
    other = await storage.start(owner="another who died")
    assert await storage.journal.claim(other.id, "here") is not None
    assert await due(storage, owner="here") == [row.id for row in rows]
    with pytest.raises(StaleOwner):
        await storage.journal.append(append_of(rows[0].id, 2))
    await lease.release()


async def test_a_clean_stop_leaves_everything_due(storage: Storage, lease: Lease) -> None:
    row, ended, sleeping = [await storage.start() for _ in range(3)]
    await storage.journal.append(append_of(ended.id, 2, ExecutionSucceeded({}), change=Change("succeeded")))
    release = Release(AT + timedelta(days=400))
    await storage.journal.append(append_of(sleeping.id, 2, ExecutionWaiting(), release=release))
    storage.woken.clear()
    await lease.release()
    assert storage.woken == [row.id]
    wake_at = (await storage.executions.get(row.id)).wake_at
    assert wake_at is not None
    assert await due(storage, now=wake_at) == [row.id]


async def test_higher_priority_then_older_first(storage: Storage, lease: Lease) -> None:
    low, high, middle, older = [
        (await storage.start(owner=None, priority=priority)).id for priority in (-5, 2**40, 0, 0)
    ]
    assert await due(storage, limit=3, owner="here") == [high, middle, older]
    assert await due(storage, owner="here") == [low]
    await lease.release()


async def test_a_batch_is_no_larger_than_asked_and_nobody_is_left_out(storage: Storage, lease: Lease) -> None:
    ids = {(await storage.start(owner=None, priority=number % 4)).id for number in range(25)}
    seen: list[str] = []
    while batch := await due(storage, limit=7, owner="here"):
        assert len(batch) <= 7
        seen += batch
    await lease.release()
    assert len(seen) == 25
    assert set(seen) == ids


async def test_the_earliest_wake_up_is_known_whatever_the_priorities(storage: Storage) -> None:
    for priority, days in ((5, 3), (0, 1), (-1, 2)):
        row = await storage.start(priority=priority)
        release = Release(AT + timedelta(days=days))
        assert await storage.journal.append(append_of(row.id, 2, ExecutionWaiting(), release=release))
    assert await storage.journal.next_due() == AT + timedelta(days=1)


async def test_takeovers_count_until_something_happens(storage: Storage) -> None:
    row = await storage.start()
    for number in (1, 2, 3):
        claim = await storage.journal.claim(row.id, "there")
        assert claim is not None
        assert (claim.takeovers, claim.row.epoch) == (number, number + 1)
    line = LogLine(1, "a", 1, AT, "info", "working")
    await storage.journal.append(Append(row.id, 4, (), logs=[line]))
    claim = await storage.journal.claim(row.id, "there")
    assert claim is not None
    assert claim.takeovers == 4, "a log line is not progress"
    await storage.journal.append(append_of(row.id, 2, ExecutionStarted(), epoch=5))
    claim = await storage.journal.claim(row.id, "there")
    assert claim is not None
    assert claim.takeovers == 1


async def test_a_drive_that_broke_down_is_given_back(storage: Storage, lease: Lease) -> None:
    row = await storage.start()
    claim = await storage.journal.claim(row.id, "here")
    assert claim is not None
    await storage.journal.disown(row.id, row.epoch, wake_at=AT)
    assert (await storage.executions.get(row.id)).owner == "here", "an old epoch gives nothing back"
    wake_at = AT + timedelta(minutes=1)
    await storage.journal.disown(row.id, claim.row.epoch, wake_at=wake_at)
    after = await storage.executions.get(row.id)
    assert (after.owner, after.wake_at) == (None, wake_at)
    assert storage.journal.row(row.id) is None
    assert await storage.journal.next_due() == wake_at
    await storage.journal.disown("nobody", 1, wake_at=AT)
    await lease.release()


async def test_what_has_ended_is_given_up(storage: Storage) -> None:
    row = await storage.start()
    await storage.journal.append(
        append_of(row.id, 2, ExecutionSucceeded({}), change=Change("succeeded"), snapshot=Snapshot(2, b"state"))
    )
    after = await storage.executions.get(row.id)
    assert (after.owner, after.wake_at, after.status) == (None, None, "succeeded")
    assert storage.published[-1].row == after
    assert storage.journal.row(row.id) is None
    assert (await storage.journal.history(row.id)).snapshot is None
    assert await storage.journal.claim(row.id, "there") is None
    await storage.journal.disown(row.id, row.epoch, wake_at=AT)
    assert await storage.journal.next_due() is None


async def test_a_new_owner_reads_snapshot_tail_requests_and_lines(storage: Storage) -> None:
    row = await storage.start()
    lines = [LogLine(n, "a", 1, AT, "info", "x") for n in (1, 2)]
    await storage.journal.append(append_of(row.id, 2, *(NodeProgress("a", 1, n) for n in (1, 2, 3)), logs=lines))
    whole = await storage.journal.history(row.id)
    assert (whole.snapshot, [event.seq for event in whole.events], whole.log_lines) == (None, [1, 2, 3, 4], 2)
    for seq, data in ((3, b"old"), (4, b"new \x00 \xff")):
        batch = Append(row.id, 1, (), snapshot=Snapshot(seq, data))
        await storage.journal.append(batch)
    await storage.journal.append(append_of(row.id, 5))
    await storage.journal.post(row.id, "pause", {"reason": "look"}, actor=LOCAL_ADMIN)
    history = await storage.journal.history(row.id)
    assert history.snapshot == Snapshot(4, b"new \x00 \xff")
    assert [event.seq for event in history.events] == [5]
    assert [(item.kind, item.data) for item in history.inbox] == [("pause", {"reason": "look"})]
    assert history.log_lines == 2


async def test_histories_that_are_read_together_are_each_its_own(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(70)]
    for number, row in enumerate(rows):
        bodies = [NodeProgress("a", 1, float(n)) for n in range(number % 3)]
        lines = [LogLine(n + 1, "a", 1, AT, "info", "x") for n in range(number % 4)]
        snapshot = Snapshot(1, row.id.encode()) if number % 5 == 0 else None
        await storage.journal.append(append_of(row.id, 2, *bodies, logs=lines, snapshot=snapshot))
        if number % 7 == 0:
            await storage.journal.post(row.id, "pause", {"reason": row.id}, actor=LOCAL_ADMIN)
    together = await asyncio.gather(*(storage.journal.history(row.id) for row in [*rows, *rows[:3]]))
    for number, (row, history) in enumerate(zip([*rows, *rows[:3]], together, strict=True)):
        assert history == await storage.journal.history(row.id)
        assert {event.execution_id for event in history.events} == {row.id}
        assert (history.snapshot is not None) == (number % 70 % 5 == 0)


async def test_a_history_that_cannot_be_read_is_that_one_alone(storage: Storage) -> None:
    well, broken = await storage.start(), await storage.start()
    spoil = update(events).where(events.c.execution_id == broken.id).values(data="{")
    await storage.database.write(lambda connection: connection.execute(spoil).rowcount)
    found = await asyncio.gather(*(storage.journal.history(row.id) for row in (well, broken)), return_exceptions=True)
    assert isinstance(found[0], History)
    assert isinstance(found[1], ValueError)


async def test_two_snapshots_in_one_group(storage: Storage) -> None:
    row = await storage.start()
    batches = [Append(row.id, 1, (), snapshot=Snapshot(1, data)) for data in (b"first", b"second")]
    await asyncio.gather(*map(storage.journal.append, batches))
    assert (await storage.journal.history(row.id)).snapshot == Snapshot(1, b"second")


async def test_claims_of_one_execution_at_once_have_one_winner(storage: Storage, lease: Lease) -> None:
    new = new_execution()
    await storage.journal.create(new, actor=LOCAL_ADMIN)
    claims = await asyncio.gather(*(storage.journal.claim(new.id, f"process {n}") for n in range(5)))
    # None of them lives by a lease, so each one takes it from the one before; their epochs tell them apart.
    assert sorted(claim.row.epoch for claim in claims if claim is not None) == [1, 2, 3, 4, 5]
    await lease.release()

"""Limits of workflows: never more than allowed, nobody waits beside a free place, the line is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.events import ExecutionCancelled, ExecutionSucceeded, ExecutionWaiting, NodeProgress
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import Change, Claim, Release, Slot
from storage_backends import AT, Storage, append_of

LATER = AT + timedelta(days=1)


async def nothing() -> None:
    """For a lease that is not lost."""


@pytest.fixture(autouse=True)
async def alive(storage: Storage) -> AsyncIterator[None]:
    lease = storage.database.lease(on_lost=nothing)
    await lease.register("here")
    yield
    await lease.release()


async def start(storage: Storage, slot: Slot, **more: Any) -> ExecutionRow:
    row = await storage.start(slot=slot, **more)
    assert row == await storage.executions.get(row.id)
    return row


async def end(storage: Storage, row: ExecutionRow) -> None:
    change = Change("succeeded", ended_at=AT)
    batch = append_of(row.id, row.head_seq + 1, ExecutionSucceeded({}), epoch=row.epoch, change=change)
    await storage.journal.append(batch)


async def due(storage: Storage) -> list[Claim]:
    return list(await storage.journal.claim_due("here", now=LATER, limit=100))


async def test_as_many_as_allowed_start_and_the_others_wait(storage: Storage) -> None:
    rows = [await start(storage, Slot("k", 2)) for _ in range(4)]
    other = await start(storage, Slot("another", 2))
    assert [(row.admitted, row.owner) for row in rows] == [(True, "here")] * 2 + [(False, None)] * 2
    assert other.admitted
    assert {row.wake_at for row in rows} == {None}
    assert rows[2].epoch == 0
    assert storage.journal.row(rows[2].id) is None
    assert list(await storage.executions.slot_holders("k")) == [rows[0].id, rows[1].id]
    assert await due(storage) == []
    assert await storage.journal.claim(rows[2].id, "here") is None


async def test_starts_of_one_group_share_the_places(storage: Storage) -> None:
    rows = await asyncio.gather(*(storage.start(slot=Slot("k", 3)) for _ in range(10)))
    assert sum(row.admitted for row in rows) == 3
    assert len(await storage.executions.slot_holders("k")) == 3


async def test_an_end_wakes_the_next_one_by_priority_and_age(storage: Storage) -> None:
    first = await start(storage, Slot("k", 1))
    waiting = [await start(storage, Slot("k", 1), priority=priority) for priority in (0, 7, 7)]
    storage.woken.clear()
    current = first
    for expected in (waiting[1], waiting[2], waiting[0]):
        await end(storage, current)
        assert storage.woken == [expected.id]
        storage.woken.clear()
        (claim,) = await due(storage)
        assert (claim.row.id, claim.row.admitted, claim.row.owner) == (expected.id, True, "here")
        assert claim.row == await storage.executions.get(expected.id)
        current = claim.row
    await end(storage, current)
    assert storage.woken == []


async def test_a_newcomer_does_not_overtake_who_was_woken(storage: Storage) -> None:
    first, second = await start(storage, Slot("k", 1)), await start(storage, Slot("k", 1))
    await end(storage, first)
    third = await start(storage, Slot("k", 1))
    assert not third.admitted
    assert [claim.row.id for claim in await due(storage)] == [second.id]


async def test_skip_ends_at_once(storage: Storage) -> None:
    slot = Slot("k", 1, "skip")
    await start(storage, slot)
    row = await start(storage, slot)
    assert (row.status, row.owner, row.wake_at, row.head_seq) == ("cancelled", None, None, 2)
    assert row.ended_at is not None
    _, last = await storage.journal.read(row.id)
    assert isinstance(last.body, ExecutionCancelled)
    assert "k" in last.body.reason
    assert "1" in last.body.reason
    assert storage.published_seqs(row.id) == [1, 2]
    assert storage.published[-1].row == row
    assert await due(storage) == []


async def test_the_oldest_one_is_asked_to_give_way(storage: Storage) -> None:
    slot = Slot("k", 2, "cancel_oldest")
    first, second = await start(storage, slot), await start(storage, slot)
    storage.woken.clear()
    third = await start(storage, slot)
    assert not third.admitted
    assert storage.woken == [first.id]
    (item,) = await storage.journal.inbox(first.id)
    assert item.kind == "cancel"
    assert "k" in item.data["reason"]
    assert "execution.cancel" in [line.action for line in (await storage.audit.list()).items]
    # Whoever was asked already is not asked again.
    await start(storage, slot)
    assert len(await storage.journal.inbox(first.id)) == 1
    assert len(await storage.journal.inbox(second.id)) == 1
    change = Change("cancelled", ended_at=AT)
    await storage.journal.append(append_of(first.id, 2, ExecutionCancelled("so"), change=change))
    assert [claim.row.id for claim in await due(storage)] == [third.id]


async def test_older_ones_in_the_line_give_way_too(storage: Storage) -> None:
    slot = Slot("k", 1, "cancel_oldest")
    rows = [await start(storage, slot) for _ in range(4)]
    asked = [[item.kind for item in await storage.journal.inbox(row.id)] for row in rows]
    assert asked == [["cancel"], ["cancel"], ["cancel"], []]
    # Those in the line are claimed to be cancelled, without a place.
    claims = await due(storage)
    assert [(claim.row.id, claim.row.admitted) for claim in claims] == [(rows[1].id, False), (rows[2].id, False)]
    for row in [rows[0], *(claim.row for claim in claims)]:
        change = Change("cancelled", ended_at=AT)
        await storage.journal.append(
            append_of(row.id, row.head_seq + 1, ExecutionCancelled("so"), epoch=row.epoch, change=change)
        )
    assert [claim.row.id for claim in await due(storage)] == [rows[3].id]


async def test_the_newest_of_one_group_wins(storage: Storage) -> None:
    slot = Slot("k", 1, "cancel_oldest")
    rows = await asyncio.gather(*(storage.start(slot=slot) for _ in range(5)))
    asked = {row.id for row in rows if await storage.journal.inbox(row.id)}
    assert {row.id for row in rows} - asked == {max(row.id for row in rows)}


async def test_the_oldest_one_is_woken_when_it_sleeps(storage: Storage) -> None:
    slot = Slot("k", 1, "cancel_oldest")
    first = await start(storage, slot)
    assert await storage.journal.append(append_of(first.id, 2, ExecutionWaiting(), release=Release()))
    await start(storage, slot)
    (claim,) = await due(storage)
    assert (claim.row.id, claim.row.admitted) == (first.id, True)


async def test_one_that_sleeps_keeps_its_place(storage: Storage) -> None:
    first = await start(storage, Slot("k", 1))
    assert await storage.journal.append(append_of(first.id, 2, ExecutionWaiting(), release=Release(LATER)))
    assert not (await start(storage, Slot("k", 1))).admitted
    (claim,) = await due(storage)
    assert (claim.row.id, claim.row.admitted) == (first.id, True)


async def test_without_a_place_it_may_answer_requests_only(storage: Storage) -> None:
    await start(storage, Slot("k", 1))
    waiting = await start(storage, Slot("k", 1))
    await storage.journal.post(waiting.id, "pause", {}, actor=LOCAL_ADMIN)
    (claim,) = await due(storage)
    assert (claim.row.id, claim.row.admitted, claim.row.owner) == (waiting.id, False, "here")
    (item,) = await storage.journal.inbox(waiting.id)
    batch = append_of(waiting.id, 2, NodeProgress("a", 1, 1), consumed=[item.id], release=Release())
    assert await storage.journal.append(batch)
    assert await due(storage) == []


async def test_who_comes_back_to_a_free_place_is_woken(storage: Storage) -> None:
    first = await start(storage, Slot("k", 1))
    waiting = await start(storage, Slot("k", 1))
    await storage.journal.post(waiting.id, "pause", {}, actor=LOCAL_ADMIN)
    (claim,) = await due(storage)
    # The place gets free while the one that waits for it is busy answering, and nobody else waits.
    await end(storage, first)
    (item,) = await storage.journal.inbox(waiting.id)
    batch = append_of(waiting.id, 2, NodeProgress("a", 1, 1), consumed=[item.id], release=Release())
    assert await storage.journal.append(batch)
    (claim,) = await due(storage)
    assert (claim.row.id, claim.row.admitted) == (waiting.id, True)


async def test_a_paused_one_is_passed_over(storage: Storage) -> None:
    first = await start(storage, Slot("k", 1))
    paused, third = await start(storage, Slot("k", 1)), await start(storage, Slot("k", 1))
    await storage.journal.post(paused.id, "pause", {}, actor=LOCAL_ADMIN)
    assert len(await due(storage)) == 1
    (item,) = await storage.journal.inbox(paused.id)
    batch = append_of(
        paused.id, 2, NodeProgress("a", 1, 1), change=Change("paused"), consumed=[item.id], release=Release()
    )
    assert await storage.journal.append(batch)
    await end(storage, first)
    assert [claim.row.id for claim in await due(storage)] == [third.id]


async def test_one_that_sleeps_until_a_deadline_is_woken_for_a_place(storage: Storage) -> None:
    first = await start(storage, Slot("k", 1))
    waiting = await start(storage, Slot("k", 1))
    await storage.journal.post(waiting.id, "pause", {}, actor=LOCAL_ADMIN)
    await due(storage)
    (item,) = await storage.journal.inbox(waiting.id)
    release = Release(AT + timedelta(days=700))
    batch = append_of(waiting.id, 2, NodeProgress("a", 1, 1), consumed=[item.id], release=release)
    assert await storage.journal.append(batch)
    await end(storage, first)
    assert [claim.row.id for claim in await due(storage)] == [waiting.id]


async def test_a_lost_wake_up_is_made_good(storage: Storage) -> None:
    first = await start(storage, Slot("k", 1))
    waiting = await start(storage, Slot("k", 1))
    others = [await start(storage, Slot(f"other {n:03}", 1)) for n in range(120)]
    await end(storage, first)
    # As if the process that was told had claimed it, found no place, and died at the wrong moment.
    await storage.database.write(lambda connection: forget_wake_up(connection, waiting.id))
    for _ in range(4):
        if claims := await due(storage):
            break
    assert [claim.row.id for claim in claims] == [waiting.id]
    assert len(others) == 120


def forget_wake_up(connection: Any, execution_id: str) -> None:
    connection.exec_driver_sql(f"UPDATE executions SET wake_at = NULL WHERE id = '{execution_id}'")


async def test_places_of_the_dead_stay_theirs_until_they_end(storage: Storage) -> None:
    row = await start(storage, Slot("k", 1), owner="somebody who died")
    assert not (await start(storage, Slot("k", 1))).admitted
    (claim,) = await due(storage)
    assert (claim.row.id, claim.row.admitted) == (row.id, True)


async def test_many_at_once_never_exceed_the_limit_and_all_get_their_turn(storage: Storage) -> None:
    limit, running, most, ended = 3, 0, 0, 0
    rows = await asyncio.gather(*(storage.start(slot=Slot("k", limit), owner=None) for _ in range(30)))
    assert sum(row.admitted for row in rows) == limit

    async def run(claim: Claim) -> None:
        nonlocal running, most, ended
        running += 1
        most = max(most, running)
        for turn in range(int(claim.row.id[-1], 16) % 4):
            await storage.journal.append(append_of(claim.row.id, 2 + turn, NodeProgress("a", 1, turn)))
        row = await storage.executions.get(claim.row.id)
        running -= 1
        await end(storage, row)
        ended += 1

    async with asyncio.timeout(60):
        while ended < len(rows):
            await asyncio.gather(*map(run, await due(storage)))
    assert most <= limit


@pytest.mark.parametrize("key", ["nul \0", "half \ud800", "emoji 🎻", "".join(map(chr, range(0x4E00, 0x6E00)))])
async def test_any_text_is_a_key(storage: Storage, key: str) -> None:
    first, second = await start(storage, Slot(key, 1)), await start(storage, Slot(key, 1))
    assert (first.admitted, second.admitted) == (True, False)
    await end(storage, first)
    assert [claim.row.id for claim in await due(storage)] == [second.id]

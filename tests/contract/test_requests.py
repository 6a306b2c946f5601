"""Requests: the inbox, what may be asked in which status, and that nobody who wants something is forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.events import ExecutionFailed, ExecutionSucceeded, ExecutionWaiting, NodeProgress
from concertmaster.domain.execution import (
    EXECUTION_STATUSES,
    FINAL_EXECUTION,
    REQUESTS,
    ExecutionStatus,
    Failure,
    RequestKind,
)
from concertmaster.domain.interfaces import Change, Release, Slot
from storage_backends import AT, Storage, append_of

CODES = {"cancel": "ended", "pause": "ended", "resume": "not_paused", "retry": "not_ended"}
FAILURE = Failure("node.failed", "no such file")


async def test_requests_wait_in_the_inbox_until_their_event(storage: Storage) -> None:
    row = await storage.start()
    posted = await storage.journal.post(row.id, "cancel", {"reason": "late"}, actor=LOCAL_ADMIN)
    await storage.journal.post(row.id, "cancel", {"reason": "again"}, actor=LOCAL_ADMIN)
    assert posted.id == row.id
    items = await storage.journal.inbox(row.id)
    assert [(item.kind, item.data) for item in items] == [
        ("cancel", {"reason": "late"}),
        ("cancel", {"reason": "again"}),
    ]
    await storage.journal.append(append_of(row.id, 2, consumed=[items[0].id]))
    assert await storage.journal.inbox(row.id) == items[1:]
    deeds = (await storage.audit.list(target=f"execution:{row.id}")).items
    assert [line.action for line in deeds] == ["execution.cancel", "execution.cancel", "execution.start"]


async def test_nobody_can_ask_an_execution_that_has_ended_or_is_unknown(storage: Storage) -> None:
    row = await storage.start()
    await storage.journal.post(row.id, "cancel", {}, actor=LOCAL_ADMIN)
    await storage.journal.append(append_of(row.id, 2, ExecutionSucceeded({}), change=Change("succeeded")))
    assert await storage.journal.inbox(row.id) == []
    with pytest.raises(Conflict, match="succeeded") as caught:
        await storage.journal.post(row.id, "cancel", {}, actor=LOCAL_ADMIN)
    assert caught.value.code == "execution.ended"
    with pytest.raises(NotFound):
        await storage.journal.post("nobody", "cancel", {}, actor=LOCAL_ADMIN)
    assert len((await storage.audit.list()).items) == 2


async def test_a_request_number_never_comes_back(storage: Storage) -> None:
    row = await storage.start()
    seen: set[int] = set()
    for seq in (2, 3, 4):
        await storage.journal.post(row.id, "cancel", {}, actor=LOCAL_ADMIN)
        (item,) = await storage.journal.inbox(row.id)
        assert item.id not in seen
        seen.add(item.id)
        await storage.journal.append(append_of(row.id, seq, consumed=[item.id]))


async def in_status(storage: Storage, status: ExecutionStatus, **more: object) -> str:
    row = await storage.start(**more)
    if status != "queued":
        change = Change(status, ended_at=AT, error=FAILURE) if status in FINAL_EXECUTION else Change(status)
        await storage.journal.append(append_of(row.id, 2, NodeProgress("a", 1, 1), change=change))
    return row.id


@pytest.mark.parametrize("status", EXECUTION_STATUSES)
@pytest.mark.parametrize("kind", sorted(REQUESTS))
async def test_what_may_be_asked_in_which_status(storage: Storage, kind: RequestKind, status: ExecutionStatus) -> None:
    execution_id = await in_status(storage, status)
    before = await storage.executions.get(execution_id)
    storage.woken.clear()
    if status not in REQUESTS[kind]:
        with pytest.raises(Conflict, match=status) as caught:
            await storage.journal.post(execution_id, kind, {}, actor=LOCAL_ADMIN)
        assert caught.value.code == f"execution.{CODES[kind]}"
        assert await storage.executions.get(execution_id) == before
        assert await storage.journal.inbox(execution_id) == []
        assert storage.woken == []
        return
    row = await storage.journal.post(execution_id, kind, {"reason": "so"}, actor=LOCAL_ADMIN)
    assert row == await storage.executions.get(execution_id)
    assert [item.kind for item in await storage.journal.inbox(execution_id)] == [kind]
    assert storage.woken == [execution_id]
    if status in FINAL_EXECUTION:
        assert (row.status, row.ended_at, row.error, row.owner) == ("queued", None, None, None)
        assert row.wake_at is not None
    else:
        assert row == before, "its owner will see it"


async def test_what_has_ended_and_is_asked_to_go_on_wants_a_new_place(storage: Storage) -> None:
    free = await in_status(storage, "failed")
    limited = await in_status(storage, "failed", slot=Slot("k", 1))
    assert (await storage.journal.post(free, "retry", {}, actor=LOCAL_ADMIN)).admitted
    assert not (await storage.journal.post(limited, "retry", {}, actor=LOCAL_ADMIN)).admitted
    claims = await storage.journal.claim_due("there", now=AT + timedelta(days=1), limit=10)
    assert {claim.row.id for claim in claims} == {free, limited}
    assert all(claim.row.admitted for claim in claims)


async def test_a_request_to_an_execution_that_sleeps_wakes_it(storage: Storage) -> None:
    row = await storage.start()
    release = Release(AT + timedelta(days=9))
    assert await storage.journal.append(append_of(row.id, 2, ExecutionWaiting(), release=release))
    posted = await storage.journal.post(row.id, "cancel", {}, actor=LOCAL_ADMIN)
    assert posted.wake_at is not None
    assert posted.wake_at < AT + timedelta(days=1)
    (claim,) = await storage.journal.claim_due("there", now=posted.wake_at, limit=10)
    assert claim.row.id == row.id


async def test_nobody_lets_go_of_an_execution_with_a_request(storage: Storage) -> None:
    row = await storage.start()
    await storage.journal.post(row.id, "pause", {}, actor=LOCAL_ADMIN)
    (item,) = await storage.journal.inbox(row.id)
    assert not await storage.journal.append(append_of(row.id, 2, ExecutionWaiting(), release=Release()))
    assert (await storage.executions.get(row.id)).owner == "here"
    assert storage.journal.row(row.id) is not None
    # Answered in the same transaction, it is no reason to stay.
    batch = append_of(row.id, 3, ExecutionWaiting(), consumed=[item.id], release=Release())
    assert await storage.journal.append(batch)
    after = await storage.executions.get(row.id)
    assert (after.owner, after.wake_at) == (None, None)
    assert storage.published[-1].row == after
    assert storage.journal.row(row.id) is None


async def test_a_request_and_a_release_at_once_never_leave_a_request_alone(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(20)]

    async def ask(execution_id: str, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await storage.journal.post(execution_id, "cancel", {}, actor=LOCAL_ADMIN)

    async def let_go(execution_id: str) -> bool:
        return await storage.journal.append(append_of(execution_id, 2, ExecutionWaiting(), release=Release()))

    asking = [ask(row.id, number % 5) for number, row in enumerate(rows)]
    released, _ = await asyncio.gather(asyncio.gather(*(let_go(row.id) for row in rows)), asyncio.gather(*asking))
    due = {claim.row.id for claim in await storage.journal.claim_due("x", now=AT + timedelta(days=1), limit=100)}
    for row, gone in zip(rows, released, strict=True):
        assert (row.id in due) == gone or (await storage.executions.get(row.id)).owner == "here"
        assert gone == (row.id in due)


async def test_the_end_is_forgotten_when_it_goes_on(storage: Storage) -> None:
    execution_id = await in_status(storage, "failed")
    await storage.journal.post(execution_id, "retry", {}, actor=LOCAL_ADMIN)
    claim = await storage.journal.claim(execution_id, "there")
    assert claim is not None
    row = claim.row
    await storage.journal.append(
        append_of(row.id, row.head_seq + 1, NodeProgress("a", 2, 1), epoch=row.epoch, change=Change("running"))
    )
    after = await storage.executions.get(execution_id)
    assert (after.status, after.ended_at, after.error) == ("running", None, None)
    assert storage.published[-1].row == after
    # In one group: the end, and what forgets it.
    batches = [
        append_of(
            row.id,
            row.head_seq + 2,
            ExecutionFailed(FAILURE),
            epoch=row.epoch,
            change=Change("interrupted", ended_at=AT, error=FAILURE),
        ),
        append_of(row.id, row.head_seq + 3, NodeProgress("a", 2, 2), epoch=row.epoch, change=Change("running")),
    ]
    await asyncio.gather(*map(storage.journal.append, batches))
    after = await storage.executions.get(execution_id)
    assert (after.status, after.ended_at, after.error) == ("running", None, None)

"""What comes with appends beside events: children, messages, what nodes wait for; named events and approvals."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import uuid_utils
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.events import (
    ExecutionCreated,
    ExecutionInterrupted,
    ExecutionSucceeded,
    ItemStarted,
    NodeProgress,
    NodeWaiting,
)
from concertmaster.domain.execution import ExecutionRow, ExecutionStatus, Failure
from concertmaster.domain.interfaces import (
    AskApproval,
    Change,
    Child,
    Companion,
    Listen,
    Message,
    NamedEvent,
    Release,
    Slot,
    StopAwaiting,
)
from concertmaster.storage.waits import SqlWaitStore
from storage_backends import AT, Storage, append_of

FAILURE = Failure("node.failed", "no such file")


def waits_of(storage: Storage) -> SqlWaitStore:
    return SqlWaitStore(storage.database, storage.journal.awaiting, now=lambda: AT)


def child_of(row: ExecutionRow, **more: Any) -> Child:
    parent = {"execution": row.id, "node": "each", "attempt": 1, "kind": "each", "key": row.id, "visible": row.id}
    body = ExecutionCreated(row.workflow, 1, {}, {"type": "manual"}, {**parent, "depth": 1})
    return Child(str(uuid_utils.uuid7()), AT, body, **{"owner": "here", **more})


async def with_companions(storage: Storage, row: ExecutionRow, seq: int, *companions: Companion) -> None:
    await storage.journal.append(append_of(row.id, seq, NodeProgress("a", 1, seq), companions=companions))


async def send(storage: Storage, name: str = "paid", key: str = "k", **more: Any) -> list[str]:
    event = NamedEvent(name, key, more.pop("data", 1), more.pop("keep_seconds", 60.0), more.pop("again", None))
    return list((await waits_of(storage).send(event, actor=LOCAL_ADMIN)).delivered)


async def inbox(storage: Storage, execution_id: str) -> list[tuple[str, Any]]:
    return [(item.kind, item.data) for item in await storage.journal.inbox(execution_id)]


async def claims(storage: Storage, *, but: ExecutionRow, after: timedelta) -> set[str]:
    """What another owner finds to do; `but` has an owner that is as good as dead."""
    found = await storage.journal.claim_due("there", now=AT + after, limit=10)
    return {claim.row.id for claim in found} - {but.id}


async def end(storage: Storage, row: ExecutionRow, seq: int, status: ExecutionStatus) -> None:
    body = ExecutionInterrupted(FAILURE) if status == "interrupted" else ExecutionSucceeded({})
    change = Change(status, ended_at=AT, error=FAILURE if status in ("failed", "interrupted") else None)
    await storage.journal.append(append_of(row.id, seq, body, change=change))


async def test_a_child_is_there_with_the_event_that_names_it(storage: Storage) -> None:
    row = await storage.start()
    child = child_of(row)
    started = ItemStarted("each", 1, child.id, 0, 5)
    storage.published.clear()
    await storage.journal.append(append_of(row.id, 2, started, companions=[child]))
    found = await storage.executions.get(child.id)
    assert (found.owner, found.status, found.head_seq, found.epoch) == ("here", "queued", 1, 1)
    assert (found.parent, found.hidden) == (row.id, True)
    assert [event.body for event in await storage.journal.read(child.id)] == [child.body]
    assert storage.published_seqs(child.id) == [1]
    assert [line.id for line in (await storage.executions.list()).items] == [row.id], "it is a part of its parent"
    # Whoever made it goes on with it.
    await storage.journal.append(append_of(child.id, 2, NodeProgress("a", 1, 1)))


async def test_a_refused_append_makes_no_child_and_tells_nobody(storage: Storage) -> None:
    row, other = await storage.start(), await storage.start()
    child = child_of(row)
    message = Message(other.id, "cancel", {"reason": "no"})
    with pytest.raises(Exception, match=row.id):
        await storage.journal.append(
            append_of(row.id, 2, ItemStarted("each", 1, child.id, 0, 1), epoch=7, companions=[child, message])
        )
    with pytest.raises(NotFound):
        await storage.executions.get(child.id)
    assert await inbox(storage, other.id) == []


async def test_a_child_without_an_owner_is_due_and_one_with_a_limit_waits_for_its_place(storage: Storage) -> None:
    row = await storage.start()
    free = child_of(row, owner=None)
    limited = [child_of(row, owner=None, slot=Slot("lock/x", 1)) for _ in range(2)]
    bodies = [ItemStarted("each", 1, child.id, 0, 1) for child in (free, *limited)]
    await storage.journal.append(append_of(row.id, 2, *bodies, companions=[free, *limited]))
    claimed = await claims(storage, but=row, after=timedelta(seconds=1))
    assert claimed == {free.id, limited[0].id}
    ended = append_of(limited[0].id, 2, ExecutionSucceeded({}), change=Change("succeeded", ended_at=AT))
    await storage.journal.append(ended)
    claimed = await claims(storage, but=row, after=timedelta(days=1))
    assert claimed - {free.id} == {limited[1].id}


async def test_a_message_reaches_a_sleeper_and_wakes_it(storage: Storage) -> None:
    row, sleeper = await storage.start(), await storage.start()
    await storage.journal.append(append_of(sleeper.id, 2, release=Release(None)))
    await with_companions(storage, row, 2, Message(sleeper.id, "child", {"node": "each", "status": "succeeded"}))
    assert await inbox(storage, sleeper.id) == [("child", {"node": "each", "status": "succeeded"})]
    claimed = await claims(storage, but=row, after=timedelta(days=1))
    assert claimed == {sleeper.id}


@pytest.mark.parametrize("kind", ["child", "event", "approval", "cancel", "resume", "retry", "pause"])
@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled", "interrupted"])
async def test_what_an_ended_execution_is_still_told(storage: Storage, status: ExecutionStatus, kind: Any) -> None:
    row, ended = await storage.start(), await storage.start()
    await end(storage, ended, 2, status)
    await with_companions(storage, row, 2, Message(ended.id, kind, {"node": "a"}))
    interrupted = status == "interrupted"
    goes_on = kind == "retry" or (interrupted and kind in ("cancel", "resume"))
    kept = goes_on or (interrupted and kind in ("child", "event", "approval"))
    assert await inbox(storage, ended.id) == ([(kind, {"node": "a"})] if kept else [])
    found = await storage.executions.get(ended.id)
    assert (found.status, found.ended_at is None) == (("queued", True) if goes_on else (status, False))
    assert (found.wake_at is not None) == goes_on


async def test_one_that_is_let_go_on_waits_for_its_place_again(storage: Storage) -> None:
    row = await storage.start()
    first = await storage.start(slot=Slot("lock/x", 1))
    await end(storage, first, 2, "interrupted")
    second = await storage.start(slot=Slot("lock/x", 1))
    assert second.admitted
    await with_companions(storage, row, 2, Message(first.id, "retry", {}))
    assert not (await storage.executions.get(first.id)).admitted


async def test_an_interruption_keeps_what_came_for_nodes_and_drops_requests(storage: Storage) -> None:
    row, other = await storage.start(), await storage.start()
    await storage.journal.post(row.id, "pause", {"reason": "x"}, actor=LOCAL_ADMIN)
    await with_companions(storage, other, 2, Message(row.id, "child", {"node": "each"}))
    await end(storage, row, 2, "interrupted")
    assert await inbox(storage, row.id) == [("child", {"node": "each"})]


async def test_an_event_goes_to_every_listener_once_and_wakes_it(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(3)]
    for row, key in zip(rows, ("k", "k", "other"), strict=True):
        await with_companions(storage, row, 2, Listen("w", "paid", key, "w"))
        await storage.journal.append(append_of(row.id, 3, release=Release(None)))
    assert sorted(await send(storage, data={"n": 5})) == sorted(row.id for row in rows[:2])
    for row in rows[:2]:
        ((kind, data),) = await inbox(storage, row.id)
        assert (kind, data["node"], data["data"]) == ("event", "w", {"n": 5})
    assert await inbox(storage, rows[2].id) == []
    assert await send(storage) == []
    claimed = await claims(storage, but=rows[2], after=timedelta(days=1))
    assert claimed == {row.id for row in rows[:2]}


async def test_a_kept_event_meets_who_listens_later_once_for_each_wait(storage: Storage) -> None:
    row = await storage.start()
    await send(storage, data="first")
    await send(storage, data="second")
    await send(storage, data="over", keep_seconds=-1.0)
    for seq, once in enumerate(("w", "w", "w", "other"), 2):
        await with_companions(storage, row, seq, Listen(once, "paid", "k", once))
    got = [(data["node"], data["data"]) for _, data in await inbox(storage, row.id)]
    assert got == [("w", "first"), ("w", "second"), ("other", "first")]


async def test_a_wait_that_goes_on_in_another_execution_gets_an_event_once(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(3)]
    await send(storage, data="first")
    for row in rows[:2]:
        await with_companions(storage, row, 2, Listen("w[0]", "paid", "k", "loop/w", shared=True))
    await with_companions(storage, rows[2], 2, Listen("w[0]", "paid", "k", "other/w", shared=True))
    assert [len(await inbox(storage, row.id)) for row in rows] == [1, 0, 1]
    # One that is there and waits has it as well.
    assert await send(storage, data="second") == [rows[1].id]
    await with_companions(storage, rows[0], 3, Listen("w[1]", "paid", "k", "loop/w", shared=True))
    assert [data["data"] for _, data in await inbox(storage, rows[0].id)] == ["first"]
    assert [data["data"] for _, data in await inbox(storage, rows[1].id)] == ["second"]


async def test_an_event_with_a_known_key_is_the_same_event(storage: Storage) -> None:
    row = await storage.start()
    await with_companions(storage, row, 2, Listen("w", "paid", "k", "w"))
    first, second = [
        await waits_of(storage).send(NamedEvent("paid", "k", data, 60.0, "order-1"), actor=LOCAL_ADMIN)
        for data in ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    ]
    assert (first.id, first.is_new, second.is_new) == (second.id, True, False)
    assert list(first.delivered) == list(second.delivered) == [row.id]
    assert len(await inbox(storage, row.id)) == 1


@pytest.mark.parametrize("other", [{"name": "refunded"}, {"key": "l"}, {"data": 2}, {"data": None}])
async def test_another_event_with_a_known_key_is_refused_unless_a_node_sends_it(
    storage: Storage, other: dict[str, Any]
) -> None:
    waits = waits_of(storage)
    event = {"name": "paid", "key": "k", "data": 1, "keep_seconds": 60.0, "idempotency_key": "order-1"}
    first = await waits.send(NamedEvent(**event), actor=LOCAL_ADMIN)
    with pytest.raises(Conflict) as caught:
        await waits.send(NamedEvent(**event | other), actor=LOCAL_ADMIN)
    assert (caught.value.code, caught.value.details) == ("event.key_reused", {"event": first.id})
    # Tried again, a node may compute something else; its event was sent all the same.
    again = await waits.send(NamedEvent(**event | other, sender="x"), actor=LOCAL_ADMIN)
    assert (again.id, again.is_new) == (first.id, False)


async def test_an_event_reaches_many_waits_with_few_statements(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(3)]
    nodes = [f"w{number}" for number in range(200)]
    for row in rows:
        await with_companions(storage, row, 2, *(Listen(node, "paid", "k", node) for node in nodes))
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    listen(Engine, "before_cursor_execute", count)
    try:
        assert sorted(await send(storage, data={"n": 5})) == sorted(row.id for row in rows)
    finally:
        remove(Engine, "before_cursor_execute", count)
    assert len(statements) < 60
    for row in rows:
        got = [(data["node"], data["data"]) for _, data in await inbox(storage, row.id)]
        assert sorted(got) == sorted((node, {"n": 5}) for node in nodes)
    assert await send(storage) == []


async def test_senders_and_listeners_at_one_time_never_miss_each_other(storage: Storage) -> None:
    rows = [await storage.start() for _ in range(20)]
    tasks = [
        *(with_companions(storage, row, 2, Listen("w", "paid", row.id, "w")) for row in rows),
        *(send(storage, key=row.id) for row in rows),
    ]
    await asyncio.gather(*tasks)
    assert [len(await inbox(storage, row.id)) for row in rows] == [1] * 20


async def test_who_waits_no_longer_gets_nothing(storage: Storage) -> None:
    stopped, ended = await storage.start(), await storage.start()
    for row in (stopped, ended):
        await with_companions(storage, row, 2, Listen("w", "paid", "k", "w"))
    await with_companions(storage, stopped, 3, StopAwaiting("w"))
    await end(storage, ended, 3, "succeeded")
    assert await send(storage) == []


def question(row: ExecutionRow, id_: str = "q1", **more: Any) -> AskApproval:
    return AskApproval(id_, row.id, "ask", "Publish?", {"form": {}, "title": "Publish?"}, **more)


async def test_an_approval_is_decided_once_and_told(storage: Storage) -> None:
    row, waits = await storage.start(), waits_of(storage)
    await with_companions(storage, row, 2, question(row, due_at=AT + timedelta(days=1)))
    (asked,) = (await waits.approvals(status="open")).items
    assert (asked.id, asked.status, asked.due_at, asked.workflow) == ("q1", "open", AT + timedelta(days=1), "nightly")
    answers = await asyncio.gather(
        *(waits.decide("q1", status, comment="ok", data={"n": 1}, actor=LOCAL_ADMIN) for status in ("approved",) * 3),
        waits.decide("q1", "expired", comment="", data={}, actor=LOCAL_ADMIN),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 3
    ((kind, data),) = await inbox(storage, row.id)
    assert (kind, data["id"], data["node"]) == ("approval", "q1", "ask")
    assert (await waits.approvals(status="open")).items == []
    with pytest.raises(NotFound):
        await waits.decide("nobody", "approved", comment="", data={}, actor=LOCAL_ADMIN)
    deeds = (await storage.audit.list(target="approval:q1")).items
    assert [line.action for line in deeds] == ["approval.decide"]


async def test_questions_are_withdrawn_with_their_node_or_execution(storage: Storage) -> None:
    rows, waits = [await storage.start() for _ in range(2)], waits_of(storage)
    for number, row in enumerate(rows):
        await with_companions(storage, row, 2, question(row, f"q{number}"))
    await with_companions(storage, rows[0], 3, StopAwaiting("ask"))
    await end(storage, rows[1], 3, "interrupted")
    for number in range(2):
        with pytest.raises(Conflict) as caught:
            await waits.decide(f"q{number}", "approved", comment="", data={}, actor=LOCAL_ADMIN)
        assert caught.value.code == "approval.answered"


async def test_a_question_asked_again_is_open_unless_it_was_answered(storage: Storage) -> None:
    row, waits = await storage.start(), waits_of(storage)
    await with_companions(storage, row, 2, question(row, "q1"), question(row, "q2"))
    await waits.decide("q1", "approved", comment="", data={}, actor=LOCAL_ADMIN)
    await end(storage, row, 3, "interrupted")
    await storage.journal.post(row.id, "resume", {"reason": "x"}, actor=LOCAL_ADMIN)
    claim = await storage.journal.claim(row.id, "here")
    assert claim is not None
    again = [question(row, "q1"), question(row, "q2")]
    body = NodeWaiting("ask", 1, "approval")
    await storage.journal.append(append_of(row.id, 4, body, epoch=claim.row.epoch, companions=again))
    assert [(await waits.approval(id_)).status for id_ in ("q1", "q2")] == ["approved", "open"]


async def test_pages_of_approvals_are_newest_first(storage: Storage) -> None:
    row, waits = await storage.start(), waits_of(storage)
    await with_companions(storage, row, 2, *(question(row, f"q{number}") for number in range(5)))
    first = await waits.approvals(status="open", execution_id=row.id, limit=3)
    second = await waits.approvals(status="open", execution_id=row.id, limit=3, before=first.next)
    assert [one.id for one in (*first.items, *second.items)] == ["q4", "q3", "q2", "q1", "q0"]
    assert second.next is None

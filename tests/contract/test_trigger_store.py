"""Triggers: they follow the published version; claims belong to one living process; history is bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.interfaces import TriggerFire, TriggerProgress, TriggerRow
from concertmaster.domain.workflow import Node, Trigger, Workflow
from concertmaster.storage.fires import FIRES_KEPT, REFUSED_KEPT
from storage_backends import Storage

HOURLY = Trigger("schedule", {"interval": "1h"})
DAILY = Trigger("schedule", {"cron": "0 6 * * *"})
SOON = datetime(2030, 1, 1, tzinfo=UTC)


async def publish(storage: Storage, name: str = "nightly", *, publish: bool = True, **triggers: Trigger) -> None:
    nodes = {"a": Node("data.set@1", {"value": 1})}
    workflow = Workflow(name, nodes=nodes, triggers=triggers)
    await storage.workflows.save(workflow, publish=publish, expected_version=None, actor=LOCAL_ADMIN)


async def rows(storage: Storage) -> dict[str, TriggerRow]:
    return {f"{row.workflow}/{row.name}": row for row in (await storage.triggers.list()).items}


async def claim(storage: Storage, owner: str = "here", *, now: datetime = SOON, limit: int = 10) -> list[str]:
    return [row.name for row in await storage.triggers.claim_due(owner, now=now, limit=limit)]


async def test_triggers_come_and_go_with_the_published_version(storage: Storage) -> None:
    await publish(storage, hourly=HOURLY, by_hand=Trigger("manual"))
    assert list(await rows(storage)) == ["nightly/hourly"]
    first = (await rows(storage))["nightly/hourly"]
    assert (first.version, first.enabled, first.config) == (1, True, {"interval": "1h"})
    assert first.next_at is not None
    await publish(storage, publish=False, daily=DAILY)
    assert list(await rows(storage)) == ["nightly/hourly"]
    await publish(storage, daily=DAILY)
    assert {key: row.version for key, row in (await rows(storage)).items()} == {"nightly/daily": 2}
    await storage.workflows.delete("nightly", actor=LOCAL_ADMIN)
    assert await rows(storage) == {}
    with pytest.raises(NotFound):
        await storage.triggers.get("nightly", "daily")


async def test_what_is_told_the_same_keeps_its_progress(storage: Storage) -> None:
    await publish(storage, hourly=HOURLY, daily=DAILY)
    await storage.triggers.enable("nightly", "daily", enabled=False, at=SOON, actor=LOCAL_ADMIN)
    await storage.live("here")
    assert await claim(storage) == ["hourly"]
    later = SOON + timedelta(hours=3)
    await storage.triggers.advance("here", [TriggerProgress("nightly", "hourly", later, sample={"type": "x"})])
    await publish(storage, hourly=HOURLY, daily=DAILY, more=HOURLY)
    kept = (await rows(storage))["nightly/hourly"]
    assert (kept.next_at, kept.version, kept.sample) == (later, 2, {"type": "x"})
    # It is told something else: what was planned does not hold, but that it is disabled does.
    await publish(storage, hourly=DAILY, daily=HOURLY)
    changed = await rows(storage)
    assert changed["nightly/hourly"].next_at not in (None, later)
    assert (changed["nightly/daily"].enabled, changed["nightly/daily"].next_at) == (False, None)


async def test_what_is_due_is_claimed_once_the_longest_due_first(storage: Storage) -> None:
    await publish(storage, a=HOURLY, b=DAILY, c=Trigger("schedule", {"interval": "1m"}))
    await storage.live("here")
    early = await storage.triggers.next_due("here")
    assert early is not None
    assert await claim(storage, now=early - timedelta(seconds=1)) == []
    assert await claim(storage, now=early) == ["c"]
    assert await claim(storage, limit=2) == ["c", "a"]
    assert await claim(storage) == ["c", "a", "b"]
    assert await claim(storage, "elsewhere") == []
    assert await storage.triggers.next_due("elsewhere") is None
    await storage.triggers.advance("here", [TriggerProgress("nightly", "c", SOON, keep=True)])
    assert await claim(storage, "elsewhere") == []
    await storage.triggers.advance("here", [TriggerProgress("nightly", "c", SOON)])
    assert await storage.triggers.next_due("elsewhere") == SOON
    assert await claim(storage, "elsewhere") == ["c"]


async def test_a_claim_whose_answer_was_lost_comes_again(storage: Storage) -> None:
    await publish(storage, a=HOURLY)
    await storage.live("here")
    (lost,) = await storage.triggers.claim_due("here", now=SOON, limit=5)
    assert not lost.begun
    assert await storage.triggers.next_due("here") == lost.next_at
    (found,) = await storage.triggers.claim_due("here", now=SOON, limit=5)
    assert (found.name, found.begun, found.next_at) == ("a", True, lost.next_at)


async def test_the_claim_of_a_dead_process_is_void(storage: Storage) -> None:
    await publish(storage, a=HOURLY)
    lease = await storage.live("first")
    (fresh,) = await storage.triggers.claim_due("first", now=SOON, limit=5)
    assert not fresh.begun
    await lease.release()
    await storage.live("second")
    (found,) = await storage.triggers.claim_due("second", now=SOON, limit=5)
    assert (found.name, found.begun, found.next_at) == ("a", True, fresh.next_at)
    # The one that was taken for dead says that it is done; its word is only history.
    fire = TriggerFire(SOON, "started", execution="e1", scheduled_at=fresh.next_at)
    await storage.triggers.advance("first", [TriggerProgress("nightly", "a", SOON, [fire])])
    assert (await storage.triggers.get("nightly", "a")).next_at == fresh.next_at
    assert await storage.triggers.fires([found], limit=9) == [[fire]]


async def test_a_trigger_that_was_changed_meanwhile_keeps_its_plan(storage: Storage) -> None:
    await publish(storage, a=HOURLY, b=HOURLY)
    await storage.live("here")
    assert sorted(await claim(storage)) == ["a", "b"]
    await publish(storage, a=DAILY, b=HOURLY)
    await storage.triggers.enable("nightly", "b", enabled=False, at=SOON, actor=LOCAL_ADMIN)
    before = await rows(storage)
    await storage.triggers.advance("here", [TriggerProgress("nightly", name, SOON) for name in ("b", "a", "gone")])
    assert await rows(storage) == before


async def test_the_history_is_bounded(storage: Storage) -> None:
    await publish(storage, a=HOURLY, b=HOURLY)
    fires = [TriggerFire(SOON, "skipped", f"reason {n}", count=n) for n in range(1, FIRES_KEPT + 30)]
    await storage.triggers.advance("here", [TriggerProgress("nightly", "a", None, fires)])
    await storage.triggers.advance("here", [TriggerProgress("nightly", "b", None, fires[:2])])
    listed = (await storage.triggers.list()).items
    found = await storage.triggers.fires(listed, limit=1000)
    assert [len(one) for one in found] == [FIRES_KEPT, 2]
    assert found[0][0] == fires[-1]


async def test_refused_calls_are_one_fire_for_each_minute_and_reason_and_push_out_nothing(storage: Storage) -> None:
    await publish(storage, a=HOURLY, b=HOURLY)
    started = [TriggerFire(SOON, "started", execution=f"e{n}") for n in range(FIRES_KEPT)]
    await storage.triggers.advance("here", [TriggerProgress("nightly", "a", None, started)])

    async def refuse(name: str, *seconds: int, reason: str = "why") -> None:
        fires = [TriggerFire(SOON + timedelta(seconds=at), "refused", reason, count=2) for at in seconds]
        await storage.triggers.note_refused([("nightly", name, fire) for fire in fires])

    await refuse("a", 1, 59, 60)
    await refuse("b", 2)
    await refuse("a", 30)
    await refuse("a", 30, reason="else")
    await refuse("gone", 1)
    listed = (await storage.triggers.list()).items
    of_a, of_b = await storage.triggers.fires(listed, limit=1000)
    shown = [(fire.reason, fire.count, fire.at - SOON) for fire in of_a if fire.outcome == "refused"]
    second = timedelta(seconds=1)
    assert shown == [("else", 2, 30 * second), ("why", 2, 60 * second), ("why", 6, second)]
    assert ([fire.count for fire in of_b], of_a[3:]) == ([2], started[::-1])
    await refuse("a", *range(0, 60 * 200, 60), reason="flood")
    (of_a, _) = await storage.triggers.fires(listed, limit=1000)
    assert [fire for fire in of_a if fire.outcome == "started"] == started[::-1]
    assert len(of_a) == FIRES_KEPT + REFUSED_KEPT
    await storage.triggers.note(listed[0], TriggerFire(SOON, "started", execution="last"))
    (of_a, _) = await storage.triggers.fires(listed, limit=1000)
    assert len(of_a) == FIRES_KEPT + REFUSED_KEPT
    (few, _) = await storage.triggers.fires(listed, limit=3)
    assert [fire.outcome for fire in few] == ["started"] + ["refused"] * 3 + ["started"] * 2


async def test_a_name_that_is_not_there_is_told_with_the_near_miss(storage: Storage) -> None:
    await publish(storage, hourly=HOURLY)
    for place, told in (
        (("nightly", "hourli"), "nightly has no trigger hourli; did you mean 'hourly'?"),
        (("nightli", "hourly"), "no workflow nightli with triggers in its published version; did you mean 'nightly'?"),
        (("zebra", "hourly"), "no workflow zebra with triggers in its published version; `"),
    ):
        with pytest.raises(NotFound) as caught:
            await storage.triggers.get(*place)
        assert (caught.value.code, told in caught.value.message) == ("trigger.not_found", True), caught.value.message


async def test_the_last_fires_of_many_are_one_look(storage: Storage) -> None:
    await publish(storage, **{f"t{number}": HOURLY for number in range(5)})
    told = {
        name: [TriggerFire(SOON, "skipped", f"{name} {n}") for n in range(count)]
        for name, count in (("t1", 1), ("t3", 4))
    }
    for name, fires in told.items():
        await storage.triggers.advance("here", [TriggerProgress("nightly", name, None, fires)])
    listed = (await storage.triggers.list()).items
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "trigger_fires" in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        found = await storage.triggers.fires(listed[::-1], limit=3)
        assert await storage.triggers.fires([], limit=3) == []
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert found == [[], told["t3"][:0:-1], [], told["t1"], []]
    assert len(asked) == 1


async def test_enabling_is_audited_once(storage: Storage) -> None:
    await publish(storage, a=HOURLY)
    for _ in range(2):
        off = await storage.triggers.enable("nightly", "a", enabled=False, at=SOON, actor=LOCAL_ADMIN)
        assert (off.enabled, off.next_at) == (False, None)
    assert await claim(storage) == []
    on = await storage.triggers.enable("nightly", "a", enabled=True, at=SOON, actor=LOCAL_ADMIN)
    assert (on.enabled, on.next_at) == (True, SOON + timedelta(hours=1))
    deeds = [line.action for line in (await storage.audit.list(target="trigger:nightly/a")).items]
    assert deeds == ["trigger.enable", "trigger.disable"]


async def test_two_webhooks_cannot_be_at_one_path(storage: Storage) -> None:
    hook = Trigger("webhook", {"path": "orders"})
    await publish(storage, "first", call=hook)
    await publish(storage, "first", call=hook, more=HOURLY)
    with pytest.raises(Conflict, match="workflow first") as caught:
        await publish(storage, "second", here=hook)
    assert (caught.value.code, caught.value.details["workflow"]) == ("trigger.address_taken", "first")
    assert list(await rows(storage)) == ["first/call", "first/more"]
    await storage.workflows.delete("first", actor=LOCAL_ADMIN)
    await publish(storage, "second", here=hook)
    assert (await rows(storage))["second/here"].address == "orders"


async def test_lists_come_in_pages(storage: Storage) -> None:
    for name in ("b", "a"):
        await publish(storage, name, y=HOURLY, x=HOURLY)
    first = await storage.triggers.list(limit=3)
    rest = await storage.triggers.list(limit=3, before=first.next)
    assert [f"{row.workflow}/{row.name}" for row in (*first.items, *rest.items)] == ["a/x", "a/y", "b/x", "b/y"]
    assert rest.next is None

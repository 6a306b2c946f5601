"""What happened for triggers, and the files they know: claimed by one living process, settled once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.events import Event, ExecutionSucceeded
from concertmaster.domain.interfaces import (
    Append,
    Change,
    FileProgress,
    KnownFile,
    NamedEvent,
    Settled,
    TriggerFire,
    TriggerRow,
)
from concertmaster.domain.workflow import Node, Trigger, Workflow
from storage_backends import Storage

ORDER = Trigger("event", {"name": "order"})
FILES = Trigger("file", {"path": "*.csv"})
LATER = datetime(2030, 1, 1, tzinfo=UTC)
STARTED = TriggerFire(LATER, "started", execution="e1")


async def publish(storage: Storage, name: str = "w", **triggers: Trigger) -> None:
    workflow = Workflow(name, nodes={"a": Node("data.set@1", {"value": 1})}, triggers=triggers)
    await storage.workflows.save(workflow, publish=True, expected_version=None, actor=LOCAL_ADMIN)


async def send(storage: Storage, name: str = "order") -> int:
    event = NamedEvent(name, "k", {"n": 1}, 0)
    return (await storage.waits.send(event, actor=LOCAL_ADMIN)).id


async def sources(storage: Storage, owner: str = "here", *, limit: int = 10) -> list[str]:
    return [one.source for one in await storage.happenings.claim(owner, now=LATER, limit=limit)]


async def fires(storage: Storage, name: str) -> list[TriggerFire]:
    row = await storage.triggers.get("w", name)
    return list((await storage.triggers.fires([row], limit=10))[0])


async def test_an_event_is_written_down_for_those_that_listen(storage: Storage) -> None:
    await publish(storage, a=ORDER, b=ORDER, off=ORDER, other=Trigger("event", {"name": "x"}))
    await storage.triggers.enable("w", "off", enabled=False, at=LATER, actor=LOCAL_ADMIN)
    number = await send(storage)
    found = await storage.happenings.claim("here", now=LATER, limit=10)
    assert [(one.trigger, one.type, one.source) for one in found] == [
        ("a", "event", str(number)),
        ("b", "event", str(number)),
    ]
    assert {key: found[0].told[key] for key in ("event", "key", "data", "id", "depth")} == {
        "event": "order",
        "key": "k",
        "data": {"n": 1},
        "id": number,
        "depth": 1,
    }


async def test_each_is_claimed_by_one_living_process_and_settled_once(storage: Storage) -> None:
    await publish(storage, a=ORDER)
    first, second = str(await send(storage)), str(await send(storage))
    dies = await storage.live("dies")
    assert await sources(storage, "dies", limit=1) == [first]
    assert await sources(storage) == [second]
    await dies.release()
    await storage.live("here")
    claimed = await storage.happenings.claim("here", now=LATER, limit=10)
    assert [one.source for one in claimed] == [first, second]
    for _ in range(2):
        await storage.happenings.settle([Settled(claimed[0], STARTED, {"x": 1}), Settled(claimed[1])])
    assert await fires(storage, "a") == [STARTED]
    assert (await storage.triggers.get("w", "a")).sample == {"x": 1}
    assert await sources(storage) == []


async def test_what_cannot_be_now_comes_later_and_what_nobody_wants_goes(storage: Storage) -> None:
    await publish(storage, a=ORDER)
    await send(storage)
    (one,) = await storage.happenings.claim("here", now=LATER, limit=10)
    await storage.happenings.postpone([one.id], LATER + timedelta(seconds=1))
    assert await sources(storage, "there") == []
    assert len(await storage.happenings.claim("there", now=LATER + timedelta(seconds=1), limit=10)) == 1
    await publish(storage, b=ORDER)
    assert await storage.happenings.claim("here", now=LATER + timedelta(days=1), limit=10) == []


async def test_the_end_of_an_execution_is_written_down_with_it(storage: Storage) -> None:
    await publish(storage, after=Trigger("workflow", {"workflow": "nightly"}))
    assert await storage.happenings.followed() == {"nightly"}
    await storage.live("here")
    for workflow in ("nightly", "other"):
        row = await storage.start(workflow)
        end = Event(row.id, 2, LATER, ExecutionSucceeded({"x": 1}))
        await storage.journal.append(Append(row.id, row.epoch, [end], Change("succeeded", ended_at=LATER)))
        if workflow == "nightly":
            first = row
    (one,) = await storage.happenings.claim("here", now=LATER, limit=10)
    assert one.source == f"{first.id}:2"
    assert (one.told["execution"], one.told["status"], one.told["depth"]) == (first.id, "succeeded", 1)


async def watched(storage: Storage, owner: str = "here") -> list[TriggerRow]:
    return list(await storage.files.claim(owner))


async def test_files_are_watched_by_one_living_process(storage: Storage) -> None:
    await publish(storage, a=FILES, b=FILES, order=ORDER)
    dies = await storage.live("dies")
    assert [row.name for row in await watched(storage, "dies")] == ["a", "b"]
    assert await watched(storage) == []
    await dies.release()
    await storage.live("here")
    assert [row.name for row in await watched(storage)] == ["a", "b"]
    await storage.triggers.enable("w", "a", enabled=False, at=LATER, actor=LOCAL_ADMIN)
    assert [row.name for row in await watched(storage)] == ["b"]


async def test_what_is_known_is_stored_by_whoever_watches(storage: Storage) -> None:
    await publish(storage, a=FILES)
    await storage.live("here")
    (row,) = await watched(storage)
    assert row.files_since is not None
    old, fresh = KnownFile("old.csv", 1, 2, 3), KnownFile("new.csv", 2**40, 2**62, 3, "digest")
    stale = FileProgress("w", "a", None, [old])
    assert not await storage.files.advance("here", stale, now=LATER)
    assert not await storage.files.advance("there", FileProgress("w", "a", row.files_since, [old]), now=LATER)
    assert await storage.files.known("w", "a") == {}
    progress = FileProgress("w", "a", row.files_since, [old, fresh], [STARTED], {"x": 1})
    assert await storage.files.advance("here", progress, now=LATER)
    assert await storage.files.known("w", "a") == {"old.csv": old, "new.csv": fresh}
    assert await fires(storage, "a") == [STARTED]
    assert (await watched(storage))[0].files_since is None
    # Gone for long it is forgotten.
    gone = KnownFile("old.csv", 1, 2, 3, gone_at=LATER)
    assert await storage.files.advance("here", FileProgress("w", "a", None, [gone]), now=LATER)
    assert (await storage.files.known("w", "a"))["old.csv"] == gone
    gone = KnownFile("new.csv", 1, 2, 3, gone_at=LATER + timedelta(days=8))
    assert await storage.files.advance("here", FileProgress("w", "a", None, [gone]), now=LATER + timedelta(days=8))
    assert set(await storage.files.known("w", "a")) == {"new.csv"}
    await publish(storage, b=FILES)
    assert await storage.files.known("w", "a") == {}


async def test_a_look_that_failed_leaves_the_files_that_were_there_to_be_noted(storage: Storage) -> None:
    await publish(storage, a=FILES)
    await storage.live("here")
    (row,) = await watched(storage)
    failed = TriggerFire(LATER, "failed", "too many")
    progress = FileProgress("w", "a", row.files_since, fires=[failed], noted=False)
    assert await storage.files.advance("here", progress, now=LATER)
    assert await fires(storage, "a") == [failed]
    assert (await watched(storage))[0].files_since == row.files_since


async def test_a_file_trigger_that_is_told_something_else_looks_anew(storage: Storage) -> None:
    await publish(storage, a=FILES)
    await storage.live("here")
    (row,) = await watched(storage)
    await storage.files.advance("here", FileProgress("w", "a", row.files_since), now=LATER)
    await publish(storage, a=FILES)
    assert (await watched(storage))[0].files_since is None
    await publish(storage, a=Trigger("file", {"path": "*.txt"}))
    assert (await watched(storage))[0].files_since is not None

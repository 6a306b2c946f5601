"""Following without gaps when readers are slow, the bus overflows, or commits come between journal and bus."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import NotFound
from concertmaster.domain.events import Event, ExecutionStarted, NodeProgress
from concertmaster.domain.events_json import data_of
from concertmaster.domain.execution import ExecutionRow, ExecutionStatus
from concertmaster.domain.interfaces import Committed, ExecutionStore, Journal
from concertmaster.eventbus.memory import MemoryEventBus
from concertmaster.services import feeds
from concertmaster.services.stream import StreamService

AT = datetime(2026, 1, 1, tzinfo=UTC)


class FakeJournal:
    """A journal in memory that publishes what is appended, as the real one does after its commit."""

    def __init__(self, bus: MemoryEventBus) -> None:
        self.events: dict[str, list[Event]] = {}
        self.status: dict[str, ExecutionStatus] = {}
        self._bus = bus

    def add(self, execution_id: str, count: int = 1, *, status: ExecutionStatus = "running") -> None:
        """Append events and publish them as one commit."""
        known = self.events.setdefault(execution_id, [])
        self.status[execution_id] = status
        fresh = [
            Event(execution_id, seq, AT, NodeProgress("node", 1, seq) if seq % 2 else ExecutionStarted())
            for seq in range(len(known) + 1, len(known) + 1 + count)
        ]
        known.extend(fresh)
        data = [orjson.dumps(data_of(event.body)) for event in fresh]
        self._bus.publish([Committed(self.row(execution_id), fresh, data)])

    def row(self, execution_id: str) -> ExecutionRow:
        head = len(self.events[execution_id])
        return ExecutionRow(execution_id, "w", 1, self.status[execution_id], 1, head, {"type": "manual"}, AT)

    async def read(self, execution_id: str, after_seq: int = 0, *, limit: int | None = None) -> list[Event]:
        """As in `Journal`."""
        await asyncio.sleep(0)
        found = self.events[execution_id][after_seq:]
        return found if limit is None else found[:limit]

    async def get(self, execution_id: str) -> ExecutionRow:
        """As in `ExecutionStore`."""
        if execution_id not in self.events:
            raise NotFound("execution.not_found", execution_id)
        return self.row(execution_id)


async def _settle() -> None:
    """Let every task go on until it waits for something from outside."""
    for _ in range(20):
        await asyncio.sleep(0)


class Ticks:
    """A clock that moves a second with every look."""

    def __init__(self) -> None:
        self._seconds = itertools.count(1_700_000_000)

    def now(self) -> datetime:
        return datetime.fromtimestamp(next(self._seconds), UTC)


def _service(*, limit: int = 10_000, **bounds: int) -> tuple[FakeJournal, StreamService]:
    bus = MemoryEventBus(limit=limit)
    journal = FakeJournal(bus)
    service = StreamService(
        bus, cast("Journal", journal), cast("ExecutionStore", cast("Any", journal)), clock=Ticks(), **bounds
    )
    return journal, service


def _seqs(lines: Sequence[feeds.Line]) -> list[int]:
    assert [orjson.loads(line.json)["seq"] for line in lines] == [line.seq for line in lines]
    return [line.seq for line in lines]


async def _take(batches: Any, upto: int) -> list[int]:
    seen: list[int] = []
    async with asyncio.timeout(5):
        while not seen or seen[-1] < upto:
            seen += _seqs((await anext(batches)).lines)
    return seen


async def test_events_of_the_bus_and_of_the_journal_look_the_same() -> None:
    journal, service = _service()
    journal.add("a", 2)
    async with aclosing(service.follow(LOCAL_ADMIN, "a")) as live:
        await anext(live)
        journal.add("a", 2)
        from_bus = (await anext(live)).lines
    async with aclosing(service.follow(LOCAL_ADMIN, "a", after_seq=2)) as late:
        from_journal = (await anext(late)).lines
    assert [orjson.loads(line.json) for line in from_bus] == [orjson.loads(line.json) for line in from_journal]
    assert orjson.loads(from_bus[0].json) == {
        "execution": "a",
        "seq": 3,
        "at": "2026-01-01T00:00:00Z",
        "kind": "node.progress",
        "node": "node",
        "data": {"attempt": 1, "done": 3, "total": None},
    }


async def test_nothing_is_lost_or_doubled_between_backlog_and_bus() -> None:
    journal, service = _service()
    journal.add("a", 1200)
    async with aclosing(service.follow(LOCAL_ADMIN, "a")) as batches:
        seen = _seqs((await anext(batches)).lines)
        # The reader is in the middle of its backlog while more is committed.
        journal.add("a", 300)
        seen += await _take(batches, 1500)
        journal.add("a", 1)
        seen += await _take(batches, 1501)
    assert seen == list(range(1, 1502))


async def test_a_reader_behind_the_ring_catches_up_from_the_journal() -> None:
    journal, service = _service(keep_lines=10)
    journal.add("a")
    async with aclosing(service.follow(LOCAL_ADMIN, "a")) as slow, aclosing(service.follow(LOCAL_ADMIN, "a")) as told:
        seen = _seqs((await anext(slow)).lines)
        await anext(told)
        told_next = asyncio.ensure_future(anext(told))
        journal.add("a")
        await told_next
        for _ in range(30):
            journal.add("a", 5)
            await asyncio.sleep(0)
        seen += await _take(slow, 152)
    assert seen == list(range(1, 153))


async def test_a_reader_that_wants_to_is_told_where_to_resync() -> None:
    journal, service = _service(keep_lines=10)
    journal.add("a")
    async with aclosing(service.follow(LOCAL_ADMIN, "a", resync=True)) as batches:
        await anext(batches)
        for _ in range(30):
            journal.add("a", 5)
            await asyncio.sleep(0)
        behind = await anext(batches)
        assert (behind.resync, behind.lines) == (151, ())
        journal.add("a")
        assert await _take(batches, 152) == [152]


async def test_an_overflow_of_the_bus_is_filled_from_the_journal_even_if_nothing_follows() -> None:
    journal, service = _service(limit=20)
    journal.add("a")
    async with aclosing(service.follow(LOCAL_ADMIN, "a")) as batches:
        seen = _seqs((await anext(batches)).lines)
        # The feed has no chance to look in between: more than the bus keeps.
        for _ in range(10):
            journal.add("a", 5)
        seen += await _take(batches, 51)
    assert seen == list(range(1, 52))


async def test_the_last_viewer_takes_the_feed_with_it() -> None:
    journal, service = _service()
    journal.add("a")
    async with aclosing(service.follow(LOCAL_ADMIN, "a")) as batches:
        await anext(batches)
        assert service.followed() == 1
    assert service.followed() == 0


async def test_a_poll_waits_for_the_next_event_and_not_for_ended_executions() -> None:
    journal, service = _service()
    journal.add("a", 2)
    waiting = asyncio.create_task(service.poll(LOCAL_ADMIN, "a", after_seq=2, limit=10, wait_seconds=5))
    await _settle()
    assert not waiting.done()
    journal.add("a", status="succeeded")
    assert _seqs(await waiting) == [3]
    assert await service.poll(LOCAL_ADMIN, "a", after_seq=3, limit=10, wait_seconds=60) == []
    journal.add("b")
    assert await service.poll(LOCAL_ADMIN, "b", after_seq=1, limit=10, wait_seconds=0.01) == []


async def test_until_final_gives_the_ended_row_or_the_present_one() -> None:
    journal, service = _service()
    journal.add("a")
    ending = asyncio.create_task(service.until_final("a", 3600))
    await _settle()
    journal.add("a", 2)
    await _settle()
    journal.add("a", status="failed")
    assert (await ending).status == "failed"
    journal.add("b")
    assert (await service.until_final("b", 0.5)).status == "running"


async def test_the_list_of_changes_is_coalesced_to_the_last() -> None:
    journal, service = _service()
    async with aclosing(service.follow_all(LOCAL_ADMIN)) as batches:
        first = asyncio.ensure_future(anext(batches))
        await _settle()
        journal.add("a")
        journal.add("b")
        journal.add("a", 5)
        journal.add("a", status="succeeded")
        lines = (await first).lines
        told = [(orjson.loads(line.json)["execution"], orjson.loads(line.json)["data"]["status"]) for line in lines]
        assert told == [("b", "running"), ("a", "succeeded")]
        # A commit that changes nothing a list shows is not told.
        journal.add("b", 3)
        journal.add("b", status="failed")
        lines = (await anext(batches)).lines
        assert [orjson.loads(line.json)["data"]["status"] for line in lines] == ["failed"]


async def test_an_unknown_cursor_is_told_to_load_the_list_again() -> None:
    journal, service = _service(keep_changes=5)
    async with aclosing(service.follow_all(LOCAL_ADMIN)) as batches:
        first = asyncio.ensure_future(anext(batches))
        await _settle()
        for number in range(20):
            journal.add(f"e{number}")
        behind = await first
        assert behind.resync is not None
        async with aclosing(service.follow_all(LOCAL_ADMIN, cursor=behind.resync - 2)) as known:
            assert len((await anext(known)).lines) == 2
        async with aclosing(service.follow_all(LOCAL_ADMIN, cursor=7)) as old:
            assert (await anext(old)).resync == behind.resync


async def test_following_what_is_not_there_is_refused() -> None:
    _, service = _service()
    with pytest.raises(NotFound):
        await anext(service.follow(LOCAL_ADMIN, "none"))
    assert service.followed() == 0

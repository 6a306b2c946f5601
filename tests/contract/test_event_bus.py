"""Buses: readers get what they follow, in order; a slow one is told; nobody blocks the publisher."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.events import Event, NodeStarted
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import Committed, EventBus
from concertmaster.eventbus.memory import MemoryEventBus
from storage_backends import AT

LIMIT = 10
BUSES: dict[str, Callable[[], EventBus]] = {"memory": lambda: MemoryEventBus(limit=LIMIT)}


@pytest.fixture(params=sorted(BUSES))
def bus(request: pytest.FixtureRequest) -> EventBus:
    return BUSES[request.param]()


def committed(execution_id: str, *seqs: int) -> Committed:
    row = ExecutionRow(execution_id, "w", 1, "running", 1, seqs[-1], {"type": "manual"}, AT)
    events = [Event(execution_id, seq, AT, NodeStarted("a", 1)) for seq in seqs]
    return Committed(row, events, [b"{}" for _ in seqs])


def seqs_of(items: list[Committed]) -> list[tuple[str, int]]:
    return [(item.row.id, event.seq) for item in items for event in item.events]


async def test_readers_get_what_they_follow_in_order(bus: EventBus) -> None:
    one, everything = bus.subscribe("x"), bus.subscribe(None)
    bus.publish([committed("x", 1), committed("y", 1)])
    bus.publish([committed("y", 2), committed("x", 2, 3)])
    assert seqs_of(await one.next()) == [("x", 1), ("x", 2), ("x", 3)]
    assert seqs_of(await everything.next()) == [("x", 1), ("y", 1), ("y", 2), ("x", 2), ("x", 3)]


async def test_a_waiting_reader_is_woken(bus: EventBus) -> None:
    reader = bus.subscribe("x")
    waiting = asyncio.ensure_future(asyncio.wait_for(reader.next(), 30))
    await asyncio.sleep(0)
    bus.publish([committed("y", 1)])
    bus.publish([committed("x", 1)])
    bus.publish([committed("x", 2)])
    assert seqs_of(await waiting) == [("x", 1), ("x", 2)]


async def test_a_reader_that_gives_up_loses_nothing(bus: EventBus) -> None:
    reader = bus.subscribe("x")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await reader.next()
    bus.publish([committed("x", 1)])
    assert seqs_of(await reader.next()) == [("x", 1)]


async def test_a_slow_reader_is_told_once_and_goes_on(bus: EventBus) -> None:
    slow, quick = bus.subscribe("x"), bus.subscribe("x")
    for seq in range(1, LIMIT + 3):
        bus.publish([committed("x", seq)])
        assert seqs_of(await quick.next()) == [("x", seq)]
    with pytest.raises(OperationalError, match="journal") as caught:
        await slow.next()
    assert caught.value.code == "stream.overflow"
    bus.publish([committed("x", 99)])
    assert seqs_of(await slow.next()) == [("x", 99)]


async def test_a_closed_reader_gets_nothing_and_waits_for_nothing(bus: EventBus) -> None:
    reader = bus.subscribe("x")
    waiting = asyncio.ensure_future(asyncio.wait_for(reader.next(), 30))
    await asyncio.sleep(0)
    reader.close()
    reader.close()
    assert await waiting == []
    bus.publish([committed("x", 1)])
    assert await reader.next() == []


async def test_a_cancelled_wait_leaves_the_reader_usable(bus: EventBus) -> None:
    reader = bus.subscribe(None)
    waiting = asyncio.ensure_future(asyncio.wait_for(reader.next(), 30))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    bus.publish([committed("x", 1)])
    assert seqs_of(await reader.next()) == [("x", 1)]

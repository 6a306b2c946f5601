"""Limits of resources: places, rates, and who is served first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest

from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.domain.limits import Limit, parse_limits
from concertmaster.engine.limits import Limits

WAREHOUSE = "connection:warehouse"


class Places:
    """`Slots` in memory; `broken` makes it fail as a database in trouble does."""

    def __init__(self) -> None:
        self.held: dict[str, list[str]] = {}
        self.most = 0
        self.broken = False
        self.retryable = True
        self.asked = 0

    async def take(self, resource: str, *, limit: int, holder: str) -> bool:
        await asyncio.sleep(0)
        self._check()
        held = self.held.setdefault(resource, [])
        if holder in held:
            return True
        if len(held) >= limit:
            return False
        held.append(holder)
        self.most = max(self.most, len(held))
        return True

    async def give_back(self, resource: str, *, holder: str) -> None:
        await asyncio.sleep(0)
        self._check()
        if holder in self.held.get(resource, []):
            self.held[resource].remove(holder)

    async def holders(self, resource: str) -> Sequence[str]:
        return self.held.get(resource, [])

    def _check(self) -> None:
        self.asked += 1
        if self.broken:
            raise OperationalError("database.unavailable", "gone", retryable=self.retryable)


def silent(rule: str, resource: str) -> None:
    """Nobody listens."""


def test_rules_are_read_and_bad_ones_refused() -> None:
    rules = ["node_type:http.request=20", f"{WAREHOUSE}=4", f" {WAREHOUSE}=120/m"]
    assert parse_limits(rules) == {
        "node_type:http.request": Limit(20, None),
        WAREHOUSE: Limit(4, 2.0),
    }
    for wrong in ("warehouse=4", f"{WAREHOUSE}=0", f"{WAREHOUSE}=4/d", f"{WAREHOUSE}", "connection:=1"):
        with pytest.raises(UserError) as refused:
            parse_limits([wrong])
        assert refused.value.code == "settings.invalid"


async def test_never_more_than_the_limit_and_everybody_gets_a_turn() -> None:
    places = Places()
    limits = Limits(places, parse_limits([f"{WAREHOUSE}=3"]))
    done: list[int] = []

    async def work(number: int) -> None:
        await limits.enter([WAREHOUSE], holder=str(number), priority=0, on_wait=silent)
        await asyncio.sleep(0)
        done.append(number)
        limits.leave([WAREHOUSE], holder=str(number))

    async with asyncio.timeout(10):
        await asyncio.gather(*(work(number) for number in range(100)))
    assert sorted(done) == list(range(100))
    assert places.most == 3


async def test_higher_priority_goes_first_then_order_of_arrival() -> None:
    places = Places()
    limits = Limits(places, parse_limits([f"{WAREHOUSE}=1"]))
    await limits.enter([WAREHOUSE], holder="first", priority=0, on_wait=silent)
    order: list[str] = []
    waits: list[tuple[str, str]] = []

    async def work(name: str, priority: int) -> None:
        await limits.enter(
            [WAREHOUSE], holder=name, priority=priority, on_wait=lambda rule, resource: waits.append((rule, resource))
        )
        order.append(name)
        limits.leave([WAREHOUSE], holder=name)

    tasks = [asyncio.create_task(work(*one)) for one in [("a", 0), ("b", 5), ("c", 0), ("d", 5)]]
    while len(waits) < 4:
        await asyncio.sleep(0)
    assert await places.holders(WAREHOUSE) == ["first"]
    limits.leave([WAREHOUSE], holder="first")
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)
    assert order == ["b", "d", "a", "c"]
    assert waits[0] == ("slot", WAREHOUSE)


async def test_one_that_gives_up_leaves_no_place_taken() -> None:
    places = Places()
    limits = Limits(places, parse_limits([f"{WAREHOUSE}=1"]))
    await limits.enter([WAREHOUSE], holder="first", priority=0, on_wait=silent)
    waiting = asyncio.create_task(limits.enter([WAREHOUSE], holder="gone", priority=9, on_wait=silent))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    limits.leave([WAREHOUSE], holder="gone")
    limits.leave([WAREHOUSE], holder="first")
    async with asyncio.timeout(10):
        await limits.enter([WAREHOUSE], holder="next", priority=0, on_wait=silent)
    assert await places.holders(WAREHOUSE) == ["next"]


async def test_a_place_is_given_back_once_the_database_can_be_written_again() -> None:
    places = Places()
    limits = Limits(places, parse_limits([f"{WAREHOUSE}=1"]))
    await limits.enter([WAREHOUSE], holder="first", priority=0, on_wait=silent)
    places.broken = True
    limits.leave([WAREHOUSE], holder="first")
    await asyncio.sleep(0.01)
    assert places.held[WAREHOUSE] == ["first"]
    places.broken = False
    async with asyncio.timeout(10):
        await limits.enter([WAREHOUSE], holder="next", priority=0, on_wait=silent)


async def test_nothing_is_tried_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    places = Places()
    limits = Limits(places, parse_limits([f"{WAREHOUSE}=1"]))
    await limits.enter([WAREHOUSE], holder="first", priority=0, on_wait=silent)
    places.broken, places.retryable = True, False
    before = len(asyncio.all_tasks())
    limits.leave([WAREHOUSE], holder="first")
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0)
    assert any("cannot be given back" in record.message for record in caplog.records)
    # After the end the lease gives everything back, and the database may be closed.
    limits.close()
    asked = places.asked
    places.retryable = True
    limits.leave([WAREHOUSE], holder="first")
    assert len(asyncio.all_tasks()) == before
    assert places.asked == asked


async def test_a_rate_spreads_starts() -> None:
    limits = Limits(Places(), parse_limits([f"{WAREHOUSE}=50/s"]))
    loop = asyncio.get_running_loop()
    starts: list[float] = []
    waits: list[str] = []

    async def work(name: str) -> None:
        await limits.enter([WAREHOUSE], holder=name, priority=0, on_wait=lambda rule, _: waits.append(rule))
        starts.append(loop.time())

    await asyncio.gather(*(work(str(number)) for number in range(5)))
    gaps = [after - before for before, after in pairwise(starts)]
    # A timer of the loop may come a clock tick early.
    assert min(gaps) > 0.015
    assert waits == ["rate"] * 4

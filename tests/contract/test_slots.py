"""Places under the limits of node types and connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, insert

from concertmaster.domain.interfaces import Slots
from concertmaster.storage.slots import SqlSlots
from concertmaster.storage.tables import owners
from storage_backends import Storage


@dataclass
class Process:
    name: str = "here"


async def nothing() -> None:
    """For a lease that is not lost."""


@pytest.fixture
async def slots(storage: Storage) -> AsyncIterator[Slots]:
    lease = storage.database.lease(on_lost=nothing)
    await lease.register("here")
    yield storage.database.slots(Process(), print)
    await lease.release()


async def test_no_more_than_the_limit(slots: Slots) -> None:
    assert await slots.take("connection:db", limit=2, holder="e1/a")
    assert await slots.take("connection:db", limit=2, holder="e2/a")
    assert not await slots.take("connection:db", limit=2, holder="e3/a")
    assert await slots.take("connection:other", limit=1, holder="e3/a")
    assert list(await slots.holders("connection:db")) == ["e1/a", "e2/a"]


async def test_taking_twice_is_taking_once(slots: Slots) -> None:
    assert await slots.take("r", limit=1, holder="a")
    assert await slots.take("r", limit=1, holder="a")
    await slots.give_back("r", holder="a")
    assert list(await slots.holders("r")) == []
    assert await slots.take("r", limit=1, holder="b")


async def test_giving_back_what_is_not_held_is_nothing(slots: Slots) -> None:
    await slots.give_back("r", holder="nobody")
    assert await slots.take("r", limit=1, holder="a")
    await slots.give_back("r", holder="nobody")
    assert not await slots.take("r", limit=1, holder="b")


async def test_of_many_at_once_exactly_the_limit_gets_in(slots: Slots) -> None:
    answers = await asyncio.gather(*(slots.take("r", limit=7, holder=f"e{n}") for n in range(50)))
    assert sum(answers) == 7
    assert len(await slots.holders("r")) == 7
    held = [f"e{n}" for n, answer in enumerate(answers) if answer]
    swaps = [slots.give_back("r", holder=holder) for holder in held]
    takes = [slots.take("r", limit=7, holder=f"f{n}") for n in range(50)]
    mixed = await asyncio.gather(*swaps, *takes)
    assert sum(bool(answer) for answer in mixed) == 7
    assert len(await slots.holders("r")) == 7


async def test_nobody_gives_back_what_another_process_holds(storage: Storage) -> None:
    await storage.live("here")
    here, there = Process("here"), Process("there")
    await storage.database.write(lambda connection: live(connection, "there"))
    ours, theirs = SqlSlots(storage.database, here), SqlSlots(storage.database, there)
    assert await ours.take("r", limit=1, holder="e1/a/1")
    # They took the execution over, with the place that its attempt asked for.
    assert await theirs.take("r", limit=1, holder="e1/a/1")
    await ours.give_back("r", holder="e1/a/1")
    assert list(await theirs.holders("r")) == ["e1/a/1"]
    assert not await ours.take("r", limit=1, holder="e2/a/1")
    await theirs.give_back("r", holder="e1/a/1")
    assert await ours.take("r", limit=1, holder="e2/a/1")


def live(connection: Connection, owner: str) -> None:
    connection.execute(insert(owners).values(owner=owner, lease_until=2**62, started_at=0))

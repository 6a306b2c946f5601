"""A database in trouble: what has happened waits, requests get an answer soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from concertmaster.domain.errors import OperationalError
from concertmaster.storage.group_writer import GroupWriter
from concertmaster.storage.lanes import Job
from concertmaster.storage.notices import Listeners, Notices


class Full(Exception):
    """What a full disk raises."""


class Disk:
    full = True


class Rules:
    """Of a database whose only trouble is a full disk."""

    separate = False

    def is_transient(self, error: BaseException) -> bool:
        return isinstance(error, Full)

    def seal(self, connection: Connection, notices: Notices, number: int) -> None:
        """Nobody listens."""

    def outcome(self, connection: Connection, number: int) -> bool | None:
        return False

    def after_group(self, connection: Connection, idle: bool) -> bool:
        return False


class LostCommit(Rules):
    """The first commit is lost on the way, and for some time nobody can be asked whether it happened. It did."""

    def __init__(self) -> None:
        self.away = True
        self.seals = 0

    def seal(self, connection: Connection, notices: Notices, number: int) -> None:
        self.seals += 1
        if self.seals == 1:
            raise Full("the connection was cut")

    def outcome(self, connection: Connection, number: int) -> bool | None:
        if self.away:
            raise Full("the server is away")
        return True


class FakeLane:
    """A lane that needs room on the disk."""

    def __init__(self, disk: Disk, *, patient: bool) -> None:
        self._disk = disk
        self.patient = patient
        self.runs = 0

    def run(self, connection: Connection, jobs: Sequence[Job], *, careful: bool) -> None:
        self.runs += 1
        if self._disk.full:
            raise Full("disk is full")
        for job in jobs:
            job.result = "stored"

    def units(self, jobs: Sequence[Job]) -> list[list[Job]]:
        return [[job] for job in jobs]

    def transactions(self, jobs: Sequence[Job]) -> list[list[Job]]:
        return [list(jobs)]

    def settle(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            job.settle()


@pytest.fixture
async def writer() -> AsyncGenerator[GroupWriter]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    made = GroupWriter(
        engine.connect,
        Rules(),
        listeners=Listeners(),
        patience_seconds=0.2,
    )
    await made.open()
    yield made
    await made.close()
    engine.dispose()


def job() -> Job:
    return Job(asyncio.get_running_loop().create_future())


async def test_a_request_fails_soon_and_what_has_happened_is_stored_later(writer: GroupWriter) -> None:
    disk = Disk()
    events, requests = FakeLane(disk, patient=True), FakeLane(disk, patient=False)
    writer.add_lane(events)
    writer.add_lane(requests)
    event, request = job(), job()
    writer.submit(events, event)
    writer.submit(requests, request)
    with pytest.raises(OperationalError, match="cannot be written") as caught:
        await asyncio.wait_for(request.future, 10)
    assert caught.value.code == "database.unavailable"
    assert writer.health() is not None
    with pytest.raises(OperationalError, match="disk is full"):
        writer.submit(requests, job())
    assert not event.future.done()
    disk.full = False
    assert await asyncio.wait_for(event.future, 10) == "stored"
    later: Any = job()
    writer.submit(requests, later)
    assert await asyncio.wait_for(later.future, 10) == "stored"
    assert writer.health() is None


async def test_requests_find_out_themselves_when_there_is_room_again(writer: GroupWriter) -> None:
    disk = Disk()
    requests = FakeLane(disk, patient=False)
    writer.add_lane(requests)
    first = job()
    writer.submit(requests, first)
    with pytest.raises(OperationalError):
        await asyncio.wait_for(first.future, 10)
    disk.full = False

    async def stored() -> bool:
        again = job()
        try:
            writer.submit(requests, again)
        except OperationalError:
            return False
        return await again.future == "stored"

    async with asyncio.timeout(10):
        while not await stored():
            await asyncio.sleep(0.01)
    assert writer.health() is None


async def test_what_became_of_a_lost_commit_is_asked_however_long_it_takes() -> None:
    rules, disk = LostCommit(), Disk()
    disk.full = False
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    writer = GroupWriter(engine.connect, rules, listeners=Listeners(), patience_seconds=0.1)
    await writer.open()
    events, requests = FakeLane(disk, patient=True), FakeLane(disk, patient=False)
    writer.add_lane(events)
    writer.add_lane(requests)
    event, request = job(), job()
    writer.submit(events, event)
    writer.submit(requests, request)
    with pytest.raises(OperationalError):
        await asyncio.wait_for(request.future, 10)
    rules.away = False
    assert await asyncio.wait_for(event.future, 10) == "stored"
    assert events.runs == 1
    await writer.close()
    engine.dispose()

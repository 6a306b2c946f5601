"""The scheduler on a store: what is lost, broken or long silences no schedule, and makes no other one wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import TriggerFire, TriggerRow
from concertmaster.domain.workflow import Node, Trigger, Workflow
from concertmaster.triggers.scheduler import Scheduler
from storage_backends import Storage, fresh_database, until

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURLY = Trigger("schedule", {"interval": "1h"})


@dataclass
class Bench:
    """A scheduler, a clock that stands still, and what was started."""

    storage: Storage
    at: datetime = NOON
    name: str = "here"
    started: list[tuple[str, datetime]] = field(default_factory=list)
    looked_at: datetime = NOON
    on_start: Callable[[TriggerRow, datetime], None] = lambda _row, _at: None

    def now(self) -> datetime:
        self.looked_at = max(self.looked_at, self.at)
        return self.at

    async def start(self, row: TriggerRow, at: datetime) -> str:
        self.on_start(row, at)
        self.started.append((row.name, at))
        return f"{row.name} {at:%d %H:%M:%S}"

    async def publish(self, **triggers: Trigger) -> None:
        workflow = Workflow("w", nodes={"a": Node("data.set@1", {"value": 1})}, triggers=triggers)
        await self.storage.workflows.save(workflow, publish=True, expected_version=None, actor=LOCAL_ADMIN)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Scheduler]:
        async def prepare(_: TriggerRow) -> None: ...

        scheduler = Scheduler(self.storage.triggers, self, self, start=self.start, prepare=prepare)
        task = asyncio.create_task(scheduler.run())
        try:
            yield scheduler
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def fires(self, name: str) -> list[TriggerFire]:
        row = await self.storage.triggers.get("w", name)
        (fires,) = await self.storage.triggers.fires([row], limit=1000)
        return list(fires)[::-1]

    async def fired(self, name: str, count: int) -> list[TriggerFire]:
        """Wait for so many."""
        async with asyncio.timeout(30):
            while len(fires := await self.fires(name)) < count:
                await asyncio.sleep(0.01)
        return fires


@pytest.fixture
async def bench(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    with fresh_database("sqlite", tmp_path, request) as url:
        async with Storage.opened(url) as storage:
            await storage.live("here")
            yield Bench(storage)


def losing_once(function: Callable[..., Awaitable[Any]], *, after: bool) -> Callable[..., Awaitable[Any]]:
    """The first call ends in an error, before or after it was carried out."""
    calls = 0

    async def call(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        found = None
        if calls > 1 or after:
            found = await function(*args, **options)
        if calls == 1:
            raise OperationalError("database.unavailable", "it is not known whether this was stored")
        return found

    return call


@pytest.mark.parametrize(("method", "after"), [("claim_due", True), ("advance", False), ("advance", True)])
async def test_a_lost_answer_does_not_silence_a_schedule(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str, after: bool
) -> None:
    await bench.publish(hourly=HOURLY)
    store = bench.storage.triggers
    monkeypatch.setattr(store, method, losing_once(getattr(store, method), after=after))
    bench.at = NOON + timedelta(hours=1, seconds=1)
    async with bench.running() as scheduler:
        (first,) = await bench.fired("hourly", 1)
        assert first.scheduled_at == NOON + timedelta(hours=1)
        bench.at += timedelta(hours=1)
        scheduler.wake()
        assert (await bench.fired("hourly", 2))[1].scheduled_at == NOON + timedelta(hours=2)


async def test_a_long_catch_up_makes_no_other_schedule_wait(bench: Bench) -> None:
    behind = Trigger("schedule", {"interval": "1m", "missed": "all", "missed_limit": 1000})
    await bench.publish(behind=behind, other=Trigger("schedule", {"interval": "1h", "missed": "skip"}))
    bench.at = NOON + timedelta(minutes=59, seconds=1)

    def meanwhile(row: TriggerRow, _: datetime) -> None:
        if row.name == "behind":
            bench.at = NOON + timedelta(hours=1, seconds=1)

    bench.on_start = meanwhile
    async with bench.running():
        await until(lambda: ("behind", NOON + timedelta(hours=1)) in bench.started)
        await bench.fired("other", 1)
    names = [name for name, _ in bench.started]
    assert names.index("other") < 30
    times = [at for name, at in bench.started if name == "behind"]
    assert times == [NOON + timedelta(minutes=number) for number in range(1, 61)]
    assert {fire.outcome for fire in await bench.fires("behind")} == {"started"}


async def test_a_bug_at_one_time_is_told_and_the_next_time_comes(bench: Bench) -> None:
    await bench.publish(hourly=HOURLY)

    def broken(_: TriggerRow, at: datetime) -> None:
        if at == NOON + timedelta(hours=1):
            raise RuntimeError("a bug")

    bench.on_start = broken
    bench.at = NOON + timedelta(hours=1, seconds=1)
    async with bench.running() as scheduler:
        await bench.fired("hourly", 1)
        for bench.at in (NOON + timedelta(hours=1, minutes=2), NOON + timedelta(hours=2, seconds=1)):
            scheduler.wake()
            await until(lambda: bench.looked_at == bench.at)
        fires = await bench.fired("hourly", 2)
    assert [(fire.outcome, fire.reason) for fire in fires] == [("failed", "a bug: RuntimeError"), ("started", None)]
    assert bench.started == [("hourly", NOON + timedelta(hours=2))]


async def test_a_schedule_that_cannot_be_read_goes_on_when_it_can(bench: Bench) -> None:
    await bench.publish(hourly=HOURLY)
    await configure(bench.storage, '{"cron":"0 * * * *","timezone":"Mars/Base"}')
    bench.at = NOON + timedelta(hours=1, seconds=1)
    async with bench.running() as scheduler:
        (failed,) = await bench.fired("hourly", 1)
        assert failed.outcome == "failed"
        assert "trigger.unreadable" in (failed.reason or "")
        await configure(bench.storage, '{"interval":"1h"}')
        for bench.at in (NOON + timedelta(hours=1, minutes=2), NOON + timedelta(hours=2, seconds=1)):
            scheduler.wake()
            await until(lambda: bench.looked_at == bench.at)
        fires = await bench.fired("hourly", 2)
    assert sorted(fire.outcome for fire in fires) == ["failed", "started"]
    assert bench.started == [("hourly", NOON + timedelta(hours=2))]


async def configure(storage: Storage, config: str) -> None:
    await storage.database.write(
        lambda connection: connection.exec_driver_sql("UPDATE triggers SET config = ?", (config,)).rowcount
    )

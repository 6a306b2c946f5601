"""The backfiller: one backfill that cannot go on says why, and holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.execution import ExecutionStatus
from concertmaster.domain.interfaces import Backfill
from concertmaster.triggers.backfiller import Backfiller
from concertmaster.triggers.kinds import Kinds

START = datetime(2026, 1, 1, tzinfo=UTC)


def backfill(id_: str, **config: Any) -> Backfill:
    return Backfill(
        id=id_,
        workflow="hello",
        trigger="daily",
        version=1,
        config=config or {"interval": "1d"},
        from_at=START,
        until_at=START + timedelta(days=5),
        status="running",
        concurrency=2,
        total=5,
        created_at=START,
        created_by="local",
    )


class Store:
    """Backfills in memory; executions end at once."""

    def __init__(self, *backfills: Backfill) -> None:
        self.backfills = {one.id: one for one in backfills}
        self.advanced = asyncio.Event()

    async def claim(self, owner: str) -> Sequence[Backfill]:
        assert owner == "me"
        return [one for one in self.backfills.values() if one.status == "running"]

    async def advance(self, owner: str, backfill: Backfill) -> None:
        assert owner == "me"
        self.backfills[backfill.id] = backfill
        self.advanced.set()

    async def ended(self, ids: Sequence[str]) -> Mapping[str, ExecutionStatus]:
        return dict.fromkeys(ids, "succeeded")

    async def until(self, id_: str, wanted: Callable[[Backfill], bool], wake: Callable[[], None]) -> Backfill:
        async with asyncio.timeout(10):
            while not wanted(self.backfills[id_]):
                self.advanced.clear()
                wake()
                await self.advanced.wait()
        return self.backfills[id_]


class Me:
    name = "me"


@asynccontextmanager
async def working(store: Any, start: Callable[[Backfill, datetime], Awaitable[str]]) -> Any:
    backfiller = Backfiller(store, Me(), Kinds(), start)
    task = asyncio.create_task(backfiller.run())
    try:
        yield backfiller
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def started(backfill: Backfill, at: datetime) -> str:
    return f"{backfill.id}-{at:%d}"


async def test_a_time_whose_start_has_a_bug_is_refused_and_the_others_go_on() -> None:
    async def start(one: Backfill, at: datetime) -> str:
        if at.day == 2:
            raise ZeroDivisionError("a bug")
        return await started(one, at)

    store = Store(backfill("a"))
    async with working(store, start) as backfiller:
        done = await store.until("a", lambda one: one.status == "finished", backfiller.wake)
    assert (done.started, done.succeeded, done.refused) == (4, 4, 1)
    assert done.error == "a bug: ZeroDivisionError"


async def test_a_start_that_has_to_wait_is_tried_again() -> None:
    tried: list[int] = []

    async def start(one: Backfill, at: datetime) -> str:
        tried.append(at.day)
        if at.day == 2 and tried.count(2) == 1:
            raise OperationalError("database.busy", "The database does not answer")
        return await started(one, at)

    store = Store(backfill("a"))
    async with working(store, start) as backfiller:
        done = await store.until("a", lambda one: one.status == "finished", backfiller.wake)
    assert (done.started, done.refused, done.error, tried.count(2)) == (5, 0, None, 2)


async def test_one_that_cannot_go_on_says_so_and_holds_up_no_other() -> None:
    unreadable = backfill("a", invented_later=True)
    store = Store(unreadable, backfill("b"))
    async with working(store, started) as backfiller:
        done = await store.until("b", lambda one: one.status == "finished", backfiller.wake)
        stuck = await store.until("a", lambda one: one.error is not None, backfiller.wake)
    assert (done.succeeded, done.error) == (5, None)
    assert stuck == replace(unreadable, error=stuck.error)
    assert "(trigger.unreadable)" in str(stuck.error)


async def test_one_whose_executions_cannot_be_looked_up_holds_up_no_other() -> None:
    class Partly(Store):
        async def ended(self, ids: Sequence[str]) -> Mapping[str, ExecutionStatus]:
            if "lost" in ids:
                raise OperationalError("database.busy", "The database does not answer")
            return await super().ended(ids)

    store = Partly(replace(backfill("a"), active=("lost",)), backfill("b"))
    async with working(store, started) as backfiller:
        done = await store.until("b", lambda one: one.status == "finished", backfiller.wake)
    assert (done.succeeded, store.backfills["a"].error) == (5, None)

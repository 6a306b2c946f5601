"""Random lives of executions: the counts of the writer are always those of the rows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from uuid_utils import uuid7

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.events import ExecutionCreated
from concertmaster.domain.interfaces import COARSE, FINE, Change, Child, Message, NewExecution, Slot
from concertmaster.storage.database import Database
from concertmaster.storage.tables import executions
from concertmaster.storage.tables_history import execution_counts
from storage_backends import AT, BACKENDS, Storage, append_of, fresh_database

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHANGES = ["running", "waiting", "paused", "succeeded", "failed", "cancelled", "interrupted", None]
WHICH = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("start"), st.sampled_from(["w", "v"]), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("append"), WHICH, st.sampled_from(CHANGES), st.sampled_from([0, 0, 0, 1])),
    st.tuples(st.just("append"), WHICH, st.sampled_from(CHANGES), st.just(0)),
    st.tuples(st.just("child"), WHICH, st.booleans()),
    st.tuples(st.just("post"), WHICH, st.sampled_from(["cancel", "resume", "retry", "retry"])),
    st.tuples(st.just("tell"), WHICH, WHICH),
    st.tuples(st.just("claim"), WHICH),
    st.just(("wait",)),
    st.just(("restart",)),
)


@pytest.fixture(scope="module", params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database for all examples: the counts are of all that is in it."""
    with fresh_database(request.param, tmp_path_factory.mktemp("counts"), request) as made:
        yield made


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_the_counts_are_those_of_the_rows(url: str, steps: list[tuple[Any, ...]]) -> None:
    asyncio.run(check(url, steps))


class Lives:
    """What this example has made, and what is under way."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.ids: list[str] = []
        self.epochs: dict[str, int] = {}
        self.heads: dict[str, int] = {}
        self.pending: list[asyncio.Future[Any]] = []

    async def take(self, step: tuple[Any, ...]) -> None:
        storage = self.storage
        match step:
            case ("start", workflow, minutes, limited):
                body = ExecutionCreated(workflow, 1, {}, {"type": "manual"})
                slot = Slot("one", 1, "skip") if limited else None
                at = AT + timedelta(minutes=37 * minutes)
                new = NewExecution(str(uuid7()), at, body, slot=slot)
                self.know((await storage.journal.create(new, actor=LOCAL_ADMIN, owner="here"))[0].id)
            case ("wait",):
                await self.settle()
            case _ if not self.ids:
                pass
            case ("append", which, status, stale):
                id_ = self.ids[which % len(self.ids)]
                seq, self.heads[id_] = self.heads[id_] + 1, self.heads[id_] + 1
                batch = append_of(id_, seq, epoch=self.epochs[id_] - stale, change=Change(status))
                self.pending.append(asyncio.ensure_future(storage.journal.append(batch)))
            case ("child", which, hidden):
                id_ = self.ids[which % len(self.ids)]
                told = {"execution": id_, "node": "n", "attempt": 1, "kind": "call", "key": "k", "visible": id_}
                child = Child(
                    str(uuid7()), AT, ExecutionCreated("v", 1, {}, {"type": "call"}, told), "here", hidden=hidden
                )
                seq, self.heads[id_] = self.heads[id_] + 1, self.heads[id_] + 1
                batch = append_of(id_, seq, epoch=self.epochs[id_], companions=[child])
                with suppress(ConcertMasterError):
                    await storage.journal.append(batch)
                    self.know(child.id)
            case ("post", which, kind):
                id_ = self.ids[which % len(self.ids)]
                posted = storage.journal.post(id_, kind, {"reason": "x"}, actor=LOCAL_ADMIN)
                self.pending.append(asyncio.ensure_future(posted))
            case ("tell", which, other):
                id_, told = self.ids[which % len(self.ids)], self.ids[other % len(self.ids)]
                seq, self.heads[id_] = self.heads[id_] + 1, self.heads[id_] + 1
                message = Message(told, "retry", {"reason": "x"})
                batch = append_of(id_, seq, epoch=self.epochs[id_], companions=[message])
                self.pending.append(asyncio.ensure_future(storage.journal.append(batch)))
            case ("claim", which):
                await self.settle()
                id_ = self.ids[which % len(self.ids)]
                claim = await storage.journal.claim(id_, "here")
                if claim is not None:
                    self.epochs[id_], self.heads[id_] = claim.row.epoch, claim.row.head_seq
            case _:
                raise AssertionError(step)

    def know(self, id_: str) -> None:
        self.ids.append(id_)
        self.epochs[id_] = self.heads[id_] = 1

    async def settle(self) -> None:
        """What was refused has changed nothing; go on from what is stored."""
        await asyncio.gather(*self.pending, return_exceptions=True)
        self.pending.clear()
        for id_ in self.ids:
            row = await self.storage.executions.get(id_)
            self.heads[id_] = row.head_seq


async def check(url: str, steps: list[tuple[Any, ...]]) -> None:
    left = list(steps)
    known: Lives | None = None
    while True:
        # A restart begins while what was under way has no answer: it is stored or it is not.
        async with Storage.opened(url) as storage:
            lives = Lives(storage)
            if known is not None:
                lives.ids, lives.epochs, lives.heads = known.ids, known.epochs, known.heads
                await lives.settle()
            while left and left[0] != ("restart",):
                await lives.take(left.pop(0))
            if not left:
                await lives.settle()
            known, more = lives, bool(left)
            left = left[1:]
        await asyncio.gather(*known.pending, return_exceptions=True)
        known.pending.clear()
        if not more:
            break
    await compare(url)


async def compare(url: str) -> None:
    database = Database(url)
    await database.open()
    made = select(executions.c.workflow, executions.c.created_at, executions.c.status)
    counts = execution_counts.c
    try:
        rows = await database.read(lambda connection: connection.execute(made.where(text("hidden = 0"))).all())
        kept = await database.read(
            lambda connection: connection.execute(
                select(counts.width, counts.workflow, counts.at, counts.status, counts.n)
            ).all()
        )
    finally:
        await database.close()
    wanted: Counter[tuple[Any, ...]] = Counter()
    for workflow, created_at, status in rows:
        for width in (FINE, COARSE):
            seconds = int(width.total_seconds())
            at = created_at // 1_000_000 // seconds * seconds
            wanted[seconds, workflow, at, status] += 1
            wanted[seconds, "", at, status] += 1
    found: Counter[tuple[Any, ...]] = Counter()
    for *key, number in kept:
        found[tuple(key)] += number
    assert {key: number for key, number in found.items() if number} == dict(wanted)

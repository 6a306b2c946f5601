"""Trouble around an execution that it survives: a database that cannot be read or written for a while, and errors that
are not what they should be."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from concertmaster import Context, OperationalError, UserError, node
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.events import Event, NodeSkipped
from concertmaster.engine.breaker import BreakerPolicy
from concertmaster.engine.fold import fold
from concertmaster.engine.plan import Plan
from concertmaster.engine.recorder import Recorder
from concertmaster.engine.state import initial
from concertmaster.nodes.credentials import Connection
from concertmaster.runtime import SystemClock
from engine_harness import running_engine
from storage_backends import Storage, new_execution

QUICK = "{concertmaster: 1, name: quick, nodes: {n: {type: data.set}}}"
GATE = "{concertmaster: 1, name: gate, nodes: {n: {type: t.gate}}}"


def rename(folder: Path, before: str, after: str) -> None:
    """Make a table unreadable, or readable again."""
    database = sqlite3.connect(folder / "concertmaster.db", timeout=30)
    database.execute(f"ALTER TABLE {before} RENAME TO {after}")
    database.close()


async def logged(log: pytest.LogCaptureFixture, text: str) -> None:
    """Wait until something is said."""
    async with asyncio.timeout(30):
        while not any(text in record.getMessage() for record in log.records):
            await asyncio.sleep(0.005)


def kinds(events: list[Event]) -> list[str]:
    return [f"{event.kind} {event.node}" if event.node else event.kind for event in events]


async def test_an_execution_that_cannot_be_loaded_for_a_while_is_taken_up_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(QUICK, drive=False)
    rename(tmp_path, "workflow_versions", "away")
    caplog.set_level(logging.WARNING)
    async with running_engine(tmp_path) as harness:
        await logged(caplog, "drive stopped by an unexpected error")
        rename(tmp_path, "away", "workflow_versions")
        assert (await harness.end(execution_id)).status == "succeeded"


async def test_requests_that_cannot_be_read_for_a_while_do_not_end_what_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    door, entered = threading.Event(), threading.Event()
    calls: list[str] = []

    @node(id="t.gate", effect="none")
    def gate(context: Context) -> None:
        """Waits for the door."""
        calls.append(context.idempotency_key)
        entered.set()
        while not (door.is_set() or context.cancelled()):
            door.wait(0.01)

    caplog.set_level(logging.WARNING)
    async with running_engine(tmp_path, [gate]) as harness:
        execution_id = await harness.start(GATE)
        await asyncio.to_thread(entered.wait, 30)
        rename(tmp_path, "inbox", "away")
        harness.placement.wake(execution_id)
        await logged(caplog, "cannot be read")
        rename(tmp_path, "away", "inbox")
        await harness.ask(execution_id, "pause")
        await harness.settled(execution_id, "paused")
        door.set()
        assert (await harness.end(execution_id)).status == "succeeded"
    assert len(calls) == 1


class Unprintable:
    def __str__(self) -> str:
        raise ZeroDivisionError


STRANGE: dict[str, Callable[[], Exception]] = {
    "a dict": lambda: UserError("test.strange", {"column": "x"}),  # type: ignore[arg-type]
    "a text that fails": lambda: OperationalError("test.strange", Unprintable()),  # type: ignore[arg-type]
    "none": lambda: UserError("test.strange", None),  # type: ignore[arg-type]
    "large": lambda: UserError("test.strange", "no", rows=10**30),
    "half": lambda: UserError("test.strange", "no", **{"half \ud800": Unprintable()}),
}


@pytest.mark.parametrize("which", list(STRANGE))
async def test_an_error_that_is_not_what_it_should_be_ends_the_execution(tmp_path: Path, which: str) -> None:
    @node(id="t.strange", effect="none")
    def strange() -> None:
        """Raises."""
        raise STRANGE[which]()

    async with running_engine(tmp_path, [strange]) as harness:
        row, _ = await harness.run("{concertmaster: 1, name: strange, nodes: {n: {type: t.strange}}}")
    assert row.status == "failed"
    assert row.error is not None
    assert row.error.code == "test.strange"


async def test_nothing_that_was_refused_passes_for_durable(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        execution_id = await harness.start(QUICK, drive=False)
        plan: Plan = await harness.engine.plans.get("quick", 1)
    refused: list[BaseException] = []
    async with Storage.opened(f"sqlite:///{tmp_path / 'concertmaster.db'}") as storage:
        row, _ = await storage.journal.create(new_execution("quick"), actor=LOCAL_ADMIN, owner="here")
        assert row.id != execution_id
        (created,) = await storage.journal.read(row.id)
        recorder = recorder_of(storage, plan, created, refused.append)
        await recorder.durable()
    recorder.record(NodeSkipped("n", "for the test"))
    for _ in range(2):
        with pytest.raises(OperationalError) as caught:
            await recorder.durable()
        assert caught.value.code == "database.closed"
    assert [type(error) for error in refused] == [OperationalError]
    recorder.close()


def recorder_of(storage: Storage, plan: Plan, created: Event, on_refused: Callable[[BaseException], Any]) -> Recorder:
    state = fold(initial(created.execution_id, plan), [created])
    return Recorder(
        storage.journal,
        SystemClock(),
        state=state,
        status="queued",
        epoch=1,
        snapshot_seq=0,
        log_lines=0,
        on_refused=on_refused,
    )


async def test_a_trial_whose_outcome_nobody_wants_makes_room_for_the_next(tmp_path: Path) -> None:
    hangs = threading.Event()

    @node(id="t.ask", effect="read")
    async def ask(connection: Connection, context: Context) -> None:
        """Fails, then hangs."""
        if context.attempt == 1:
            raise OperationalError("warehouse.down", "The warehouse does not answer")
        hangs.set()
        await asyncio.Event().wait()

    document = """
        concertmaster: 1
        name: ask
        nodes:
          n:
            type: t.ask
            config: {connection: warehouse}
            policy: {retry: {maximum_attempts: 9, initial_interval: 1s, maximum_interval: 1s}}
        """
    known = {"warehouse": Connection("warehouse", "http", {"token": "secret text"})}
    policy = BreakerPolicy(failures=1, open_seconds=0.01)
    async with running_engine(tmp_path, [ask], connections=known, breaker=policy) as harness:
        await harness.start(document)
        await asyncio.to_thread(hangs.wait, 30)
        # As when the lease is lost: others go on with what is in memory here.
        await harness.placement.abandon()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while True:
                try:
                    harness.engine.breakers.enter(["connection:warehouse"], loop.time())
                except OperationalError:
                    await asyncio.sleep(0.005)
                else:
                    break

"""The end of a process: what runs ends before others may go on with it, and what does not end holds up nobody long."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

from concertmaster import Context, node
from engine_harness import running_engine

DOCUMENT = "{concertmaster: 1, name: writes, nodes: {n: {type: t.writes}}}"


async def test_the_lease_lasts_until_attempts_have_ended(tmp_path: Path) -> None:
    begun, ended = threading.Event(), threading.Event()
    leases: list[int] = []

    def living() -> int:
        with sqlite3.connect(tmp_path / "concertmaster.db", timeout=30) as database:
            return int(database.execute("SELECT count(*) FROM owners").fetchone()[0])

    @node(id="t.writes", effect="write")
    def writes(context: Context) -> None:
        """Needs a moment to end when it is told to."""
        begun.set()
        while not context.cancelled():
            ended.wait(0.01)
        until = time.monotonic() + 1
        while living() and time.monotonic() < until:
            ended.wait(0.01)
        leases.append(living())
        ended.set()

    async with running_engine(tmp_path, [writes], shared=True) as harness:
        await harness.start(DOCUMENT)
        await asyncio.to_thread(begun.wait, 30)
    await asyncio.to_thread(ended.wait, 30)
    assert leases == [1]


async def test_an_attempt_that_does_not_end_holds_up_nobody_for_longer_than_its_grace(tmp_path: Path) -> None:
    begun, door = threading.Event(), threading.Event()

    @node(id="t.writes", effect="write")
    def writes() -> None:
        """Does not listen."""
        begun.set()
        door.wait(60)

    async with asyncio.timeout(20):
        async with running_engine(tmp_path, [writes], grace_seconds=0.1, shared=True) as harness:
            await harness.start(DOCUMENT)
            await asyncio.to_thread(begun.wait, 30)
    door.set()

"""The dispatcher: whoever was named is claimed, whatever happens to the claims before."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Claim, Journal, Placement
from concertmaster.engine.dispatcher import Dispatcher
from concertmaster.engine.parts import Owner
from concertmaster.runtime import SystemClock


class Claims:
    """Of a journal whose first answer is that the database is in trouble."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def claim(self, execution_id: str, owner: str) -> Claim | None:
        self.asked.append(execution_id)
        if len(self.asked) == 1:
            raise OperationalError("database.unavailable", "gone")
        return cast(Claim, execution_id)


class Drives:
    """A placement that takes everything."""

    def __init__(self) -> None:
        self.submitted: list[Any] = []

    def wake(self, execution_id: str) -> bool:
        return False

    def room(self) -> int:
        return 10

    def submit(self, claim: Claim) -> None:
        self.submitted.append(claim)


async def test_a_claim_that_fails_costs_no_other_its_wake_up() -> None:
    claims, drives = Claims(), Drives()
    dispatcher = Dispatcher(
        cast(Journal, claims), cast(Placement, drives), SystemClock(), Owner(), look_seconds=None, everything=False
    )
    dispatcher.wake(["a", "b", "c"])
    task = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(10):
        while len(drives.submitted) < 3:
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sorted(drives.submitted) == ["a", "b", "c"]

"""Backfills are counted beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.services.backfills import BackfillService

START = datetime(2026, 1, 1, tzinfo=UTC)


class Stored:
    """A trigger store with one schedule."""

    async def get(self, workflow: str, name: str) -> Any:
        return Row()


@dataclass(frozen=True)
class Row:
    type: str = "schedule"
    config: dict[str, Any] = field(default_factory=lambda: {"interval": "1s"})


class SlowTimes:
    """Times that are found once the loop has had its turn."""

    def __init__(self) -> None:
        self.turn = threading.Event()

    def between(self, trigger: Any, after: datetime, until: datetime) -> Iterator[datetime]:
        assert self.turn.wait(10), "the loop had to wait for the count"
        yield START


class Now:
    def now(self) -> datetime:
        return START + timedelta(days=9)


async def test_others_have_their_turn_while_times_are_counted() -> None:
    kinds: Any = SlowTimes()
    stored: Any = Stored()
    clock: Any = Now()
    service = BackfillService(store=stored, triggers=stored, kinds=kinds, clock=clock, wake=lambda: None)
    counting = asyncio.create_task(
        service.plan(LOCAL_ADMIN, "hello", "daily", from_at=START, until_at=START + timedelta(days=1))
    )
    asyncio.get_running_loop().call_later(0, kinds.turn.set)
    assert (await counting).total == 1

"""Node types whose work tests hold up, break and count, and what they ask about executions with children."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from concertmaster import Context, OperationalError, node
from concertmaster.domain.events import Event
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.engine.parts import EngineSettings
from engine_harness import Harness, running_engine

QUICK_SLEEP = EngineSettings(hibernate=timedelta(milliseconds=1), show_rest=timedelta())


@dataclass
class Bench:
    """Makes the node types of these tests, and notes what they do.

    Attributes:
        calls: idempotency key of each attempt at `t.work`, with the number it was given.
        fails: numbers at which `t.work` fails, as long as they are in it.
        holds: numbers at which it waits until `open` is set.
    """

    calls: list[tuple[str, Any]] = field(default_factory=list)
    fails: set[Any] = field(default_factory=set)
    holds: Callable[[Any], bool] = lambda _: False
    open: threading.Event = field(default_factory=threading.Event)
    inside: int = 0
    most: int = 0
    ended: list[Any] = field(default_factory=list)

    def work(self, **traits: Any) -> Any:
        """`t.work` gives the number back."""

        @node(id="t.work", **{"effect": "none", **traits})
        async def work(context: Context, number: Any = None) -> Any:
            """Works."""
            self.calls.append((context.idempotency_key, number))
            self.inside += 1
            self.most = max(self.most, self.inside)
            try:
                while self.holds(number) and not self.open.is_set():
                    await asyncio.sleep(0.002)
                if any(number == one for one in self.fails):
                    raise OperationalError("work.broken", f"Number {number} is broken", retryable=True)
            finally:
                self.inside -= 1
            self.ended.append(number)
            return number

        return work

    @property
    def numbers(self) -> list[Any]:
        """The numbers of all attempts."""
        return [number for _, number in self.calls]

    def keys(self, number: Any) -> list[str]:
        """The keys of the attempts with this number."""
        return [key for key, given in self.calls if given == number]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition of this process."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.002)


async def run(
    tmp_path: Path, document: str, *functions: Any, inputs: dict[str, Any] | None = None
) -> tuple[ExecutionRow, Any]:
    """The row and the outputs of one execution."""
    async with running_engine(tmp_path, functions) as harness:
        row, events = await harness.run(document, inputs)
    return row, outputs_of(events)


def outputs_of(events: list[Event]) -> Any:
    return getattr(events[-1].body, "outputs", None)


def code(row: ExecutionRow) -> str:
    assert row.error is not None, row.status
    return row.error.code


async def everybody_ended(harness: Harness, execution_id: str) -> Counter[str]:
    """Statuses of all executions below one; it fails when one of them has not ended."""
    found = Counter[str]()
    for child in await harness.children(execution_id):
        assert child.status in FINAL_EXECUTION, f"{child.id} is left {child.status}"
        found[child.status] += 1
        found += await everybody_ended(harness, child.id)
    return found

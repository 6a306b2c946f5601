"""A wall clock that somebody sets back while executions wait."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from concertmaster import OperationalError, node
from concertmaster.engine.rest import left_of
from engine_harness import running_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@node(id="t.away", effect="none")
def away() -> int:
    """Can be tried again."""
    raise OperationalError("test.away", "nobody is there")


class SettingBack:
    """Shows a day less with every look."""

    def __init__(self) -> None:
        self._looks = 0

    def now(self) -> datetime:
        self._looks += 1
        return datetime.now(UTC) - self._looks * DAY


def test_what_is_left_of_a_wait_follows_the_clock_but_is_never_more_than_the_whole() -> None:
    due_at = NOON + SECOND
    assert left_of(due_at, NOON, NOON + SECOND / 2) == SECOND / 2
    assert left_of(due_at, NOON, NOON + DAY) == SECOND - DAY
    assert left_of(due_at, NOON, NOON - DAY) == SECOND
    assert left_of(NOON - DAY, NOON, NOON) == -DAY


async def test_a_clock_that_is_set_back_makes_no_days_of_a_moment(tmp_path: Path) -> None:
    text = """
        concertmaster: 1
        name: moment
        nodes:
          w: {type: flow.wait, config: {duration: 0.02s}}
          again: {type: t.away, policy: {retry: {maximum_attempts: 2, initial_interval: 0.02s}}}
        edges: [w -> again]
        """
    async with running_engine(tmp_path, [away], clock=SettingBack()) as harness, asyncio.timeout(60):
        execution_id = await harness.start(text)
        await harness.until(execution_id, lambda events: events[-1].kind == "execution.failed")
        kinds = [event.kind for event in await harness.journal.read(execution_id)]
        assert kinds.count("timer.fired") == 2
        assert "node.retrying" in kinds

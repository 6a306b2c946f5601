"""History: how many executions there were and what became of them, which were slow or failed, and what is to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import OperationalError
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.domain.interfaces import COARSE, Clock, ExecutionStore, HistoryStore, Slots, WorkflowStore
from concertmaster.domain.limits import Limit
from concertmaster.services.baselines import Baselines, run_of
from concertmaster.services.listed import listed

_log = logging.getLogger(__name__)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_DAY = timedelta(days=1)
# Widths of buckets that people read easily; beyond them the last one is doubled.
WIDTHS = tuple(
    timedelta(minutes=minutes)
    for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2 * 1_440, 7 * 1_440, 14 * 1_440, 28 * 1_440)
)
COUNTED_AT_ONCE = 500
PRUNED_AT_ONCE = 2_000
BREATH_SECONDS = 0.05
TIDY_SECONDS = 600.0


class HistoryService:
    """Use cases around many executions."""

    def __init__(
        self,
        *,
        store: HistoryStore,
        executions: ExecutionStore,
        workflows: WorkflowStore,
        baselines: Baselines,
        slots: Slots,
        limits: Mapping[str, Limit],
        here: Callable[[], Mapping[str, float]],
        clock: Clock,
    ) -> None:
        """Args:
        limits: of resources, by name.
        here: what this process has at the moment, by name.
        """
        self._store = store
        self._executions = executions
        self._workflows = workflows
        self._baselines = baselines
        self._slots = slots
        self._limits = limits
        self._here = here
        self._clock = clock

    async def histogram(
        self, actor: Actor, since: datetime | None, until: datetime | None, *, buckets: int, workflow: str | None
    ) -> dict[str, Any]:
        """`Histogram` of the REST contract.

        Args:
            since, until: the day before `until`, and now, when not given.
            buckets: no more than this many.
        Raises:
            Invalid: `request.invalid`, the range holds nothing.
        """
        demand(actor, "execution:read")
        end = self._clock.now() if until is None else until
        begin = _before(end, LAST_DAY) if since is None else since
        ExecutionFilter(since=begin, until=end).demand_sound(at="/query")
        begin = max(begin, EPOCH)
        end = max(end, begin + timedelta(microseconds=1))
        first, width, number = _grid(begin, end, buckets, self._store.finest(begin))
        counts = await self._store.counts(first, width, number, workflow=workflow)
        items = [
            {"at": first + n * width, "seconds_wide": int(width.total_seconds()), "counts": dict(found)}
            for n, found in enumerate(counts)
        ]
        return {"items": items, "complete": await self._store.complete()}

    async def slowest(
        self, actor: Actor, since: datetime | None, *, workflow: str | None, limit: int
    ) -> dict[str, Any]:
        """`SlowExecutions` of the REST contract."""
        demand(actor, "execution:read")
        begin = self._clock.now() - LAST_DAY if since is None else since
        found = await self._store.slowest(begin, workflow=workflow, limit=limit)
        items = [
            {
                **listed(row),
                "seconds": run_of(row).seconds,
                "typical_seconds": await self._baselines.typical(row.workflow),
            }
            for row in found.rows
        ]
        return {"items": items, "scanned_until": found.scanned_until}

    async def failing(self, actor: Actor, since: datetime | None, *, limit: int) -> dict[str, Any]:
        """`FailingWorkflows` of the REST contract."""
        demand(actor, "execution:read")
        begin = max(self._clock.now() - LAST_DAY if since is None else since, EPOCH)
        # A few wide rows are read faster than many narrow ones.
        recent = begin >= self._clock.now() - timedelta(hours=3)
        finest = self._store.finest(begin) if recent else COARSE
        counted_from = begin - (begin - EPOCH) % finest
        items: list[dict[str, Any]] = []
        for one in await self._store.failing(counted_from, limit=limit):
            last = await self._executions.list(
                ExecutionFilter(workflow=one.workflow, status=("failed", "interrupted")), limit=1
            )
            newest = listed(last.items[0]) if last.items else None
            items.append({"workflow": one.workflow, "failed": one.failed, "total": one.total, "last": newest})
        return {"items": items, "since": counted_from}

    async def durations(self, actor: Actor, workflow: str, *, last: int) -> dict[str, Any]:
        """`WorkflowDurations` of the REST contract. Raises NotFound `workflow.not_found`."""
        demand(actor, "execution:read")
        await self._workflows.get(workflow)
        return await self._baselines.durations(workflow, last=last)

    async def queue(self, actor: Actor) -> dict[str, Any]:
        """`Queue` of the REST contract."""
        demand(actor, "execution:read")
        if await self._store.complete():
            numbers: Mapping[Any, int] = await self._store.open_counts()
        else:
            numbers = (await self._executions.open_executions()).by_status
        slots = [
            {"resource": resource, "limit": limit.places, "taken": len(await self._slots.holders(resource))}
            for resource, limit in sorted(self._limits.items())
            if limit.places is not None
        ]
        return {
            **{status: numbers.get(status, 0) for status in ("running", "queued", "waiting", "paused")},
            "oldest_queued": await self._executions.oldest_queued(),
            "slots": slots,
            "here": dict(self._here()),
        }

    async def count_missing(self) -> int:
        """Count some of the executions that older releases have left; returns how many there were."""
        return await self._store.count_missing(limit=COUNTED_AT_ONCE)

    async def run(self) -> None:
        """Count what is not counted yet, and remove counts that nobody asks for any more, now and then."""
        while True:
            busy = False
            try:
                busy = await self.count_missing() > 0
                busy |= await self._store.prune(limit=PRUNED_AT_ONCE) > 0
            except OperationalError as error:
                _log.warning("Executions could not be counted; trying again later", extra={"error": error.message})
            await asyncio.sleep(BREATH_SECONDS if busy else TIDY_SECONDS)


def _before(at: datetime, span: timedelta) -> datetime:
    """So much earlier, as far as there are dates."""
    return at - span if at - EPOCH > span else EPOCH


def _grid(begin: datetime, end: datetime, buckets: int, finest: timedelta) -> tuple[datetime, timedelta, int]:
    """Where the first bucket begins, how wide they are, and how many hold the range: narrow, but few enough."""
    for width in _widths(finest):
        first = begin - (begin - EPOCH) % width
        number = -((first - end) // width)
        if number <= buckets:
            return first, width, number
    raise AssertionError


def _widths(finest: timedelta) -> Iterator[timedelta]:
    yield from (width for width in WIDTHS if width >= finest)
    width = WIDTHS[-1]
    while True:
        width *= 2
        yield width

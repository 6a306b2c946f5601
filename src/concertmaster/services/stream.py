"""Following executions live: backlog from the journal, then the bus, without a gap and without a duplicate.

The trap is the order: listen to the bus first and read the journal second, or what is committed in between is lost.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.domain.interfaces import Clock, EventBus, ExecutionStore, Journal
from concertmaster.services.feeds import CHANGES_KEPT, RING_LINES, ChangeFeed, ExecutionFeed, Line, encode_event

BACKLOG_PAGE = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """What a follower gets next.

    Attributes:
        lines: events in order, consecutive for one execution.
        notes: encoded events without a number, after the lines.
        resync: set when the follower was too slow: everything up to this seq is in the journal, lines go on after it.
    """

    lines: Sequence[Line] = ()
    notes: Sequence[bytes] = ()
    resync: int | None = None


class StreamService:
    """One feed for WebSocket, SSE and long poll."""

    def __init__(
        self,
        bus: EventBus,
        journal: Journal,
        executions: ExecutionStore,
        *,
        clock: Clock,
        keep_lines: int = RING_LINES,
        keep_changes: int = CHANGES_KEPT,
    ) -> None:
        """Args:
        keep_lines: events of an execution that stay at hand for its followers; slower ones read the journal.
        keep_changes: executions whose last change stays at hand; slower followers load the list again.
        """
        self._bus = bus
        self._journal = journal
        self._executions = executions
        self._clock = clock
        self._keep_lines = keep_lines
        self._keep_changes = keep_changes
        self._feeds: dict[str, ExecutionFeed] = {}
        self._changes: ChangeFeed | None = None

    async def follow(
        self,
        actor: Actor,
        execution_id: str,
        *,
        after_seq: int = 0,
        resync: bool = False,
        backlogs: AbstractAsyncContextManager[Any] | None = None,
    ) -> AsyncGenerator[Batch]:
        """All events of an execution after a seq, for as long as the caller listens.

        Args:
            after_seq: the follower has everything up to here.
            resync: when too slow, be told so once instead of reading what was missed here.
            backlogs: held while the backlog is read and taken; bounds what many followers at once keep in memory.
        Raises:
            NotFound: `execution.not_found`.
        """
        demand(actor, "execution:read")
        await self._executions.get(execution_id)
        with self._feed(execution_id) as feed:
            last = after_seq
            losses = feed.losses
            async with backlogs or nullcontext():
                async for batch in self._backlog(execution_id, last):
                    yield batch
                    last = batch.lines[-1].seq
            while True:
                lines = feed.take(last) if feed.losses == losses else None
                losses = feed.losses
                if lines is None and resync:
                    last = (await self._executions.get(execution_id)).head_seq
                    yield Batch(resync=last)
                elif lines is None:
                    async for batch in self._backlog(execution_id, last):
                        yield batch
                        last = batch.lines[-1].seq
                elif lines:
                    last = lines[-1].seq
                    yield Batch(lines)
                else:
                    await feed.pump.wait()

    async def follow_all(self, actor: Actor, *, cursor: int = 0) -> AsyncGenerator[Batch]:
        """One line for each execution that changed, the last change winning, for as long as the caller listens.

        Args:
            cursor: seq of the last line the follower has; 0 for only what is new.
        """
        demand(actor, "execution:read")
        with self._change_feed() as feed:
            last = cursor or feed.cursor
            while True:
                lines = feed.take(last)
                if lines is None:
                    last = feed.cursor
                    yield Batch(resync=last)
                elif lines:
                    last = lines[-1].seq
                    yield Batch(lines)
                else:
                    await feed.pump.wait()

    async def poll(
        self, actor: Actor, execution_id: str, *, after_seq: int, limit: int, wait_seconds: float
    ) -> list[Line]:
        """Events after a seq; with `wait_seconds` and none there yet, the answer is held until there are some."""
        demand(actor, "execution:read")
        with self._feed(execution_id) as feed:
            seen = feed.pump.changes
            row = await self._executions.get(execution_id)
            events = await self._journal.read(execution_id, after_seq, limit=limit)
            ended = row.status in FINAL_EXECUTION
            if not events and wait_seconds > 0 and not ended and await feed.pump.wait(wait_seconds, since=seen):
                events = await self._journal.read(execution_id, after_seq, limit=limit)
        return [encode_event(event) for event in events]

    async def until_final(self, execution_id: str, wait_seconds: float) -> ExecutionRow:
        """The execution's row once it is final, or as it is when the time is over."""
        deadline = self._clock.now().timestamp() + wait_seconds
        with self._feed(execution_id) as feed:
            seen = feed.pump.changes
            row = self._journal.row(execution_id) or await self._executions.get(execution_id)
            while row.status not in FINAL_EXECUTION:
                left = deadline - self._clock.now().timestamp()
                if left <= 0 or not await feed.pump.wait(left, since=seen):
                    return await self._executions.get(execution_id)
                seen = feed.pump.changes
                row = feed.row if feed.row and not feed.losses else await self._executions.get(execution_id)
        return row

    def followed(self) -> int:
        """How many executions somebody follows now."""
        return len(self._feeds)

    async def _backlog(self, execution_id: str, after_seq: int) -> AsyncGenerator[Batch]:
        while True:
            # The events themselves are not kept: a follower may stand still at the yield, with many topics.
            page = await self._journal.read(execution_id, after_seq, limit=BACKLOG_PAGE)
            lines = [encode_event(event) for event in page]
            del page
            if lines:
                yield Batch(lines)
                after_seq = lines[-1].seq
            if len(lines) < BACKLOG_PAGE:
                return

    @contextmanager
    def _feed(self, execution_id: str) -> Generator[ExecutionFeed]:
        """The feed of an execution, shared by its viewers and gone with the last of them."""
        feed = self._feeds.get(execution_id)
        if feed is None:
            feed = self._feeds[execution_id] = ExecutionFeed(self._bus, execution_id, keep=self._keep_lines)
        feed.viewers += 1
        try:
            yield feed
        finally:
            feed.viewers -= 1
            if feed.viewers == 0:
                feed.pump.close()
                del self._feeds[execution_id]

    @contextmanager
    def _change_feed(self) -> Generator[ChangeFeed]:
        feed = self._changes
        if feed is None:
            # Microseconds as the start make cursors of this process higher than those of the last one.
            start = int(self._clock.now().timestamp() * 1_000_000)
            feed = self._changes = ChangeFeed(self._bus, start, keep=self._keep_changes)
        feed.viewers += 1
        try:
            yield feed
        finally:
            feed.viewers -= 1
            if feed.viewers == 0:
                feed.pump.close()
                self._changes = None

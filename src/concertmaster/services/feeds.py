"""Feeds: what was committed, encoded once and kept in a bounded ring that every viewer reads at its own pace.

A viewer holds nothing but its place, so a slow one costs no memory: when the ring has moved on, `take` says so
and the viewer catches up from the journal. Nobody's slowness reaches the engine.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.events import Event
from concertmaster.domain.events_json import as_json
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import Committed, EventBus
from concertmaster.services.listed import listed

_log = logging.getLogger(__name__)

RING_LINES = 2_000
RING_BYTES = 4 * 1024 * 1024
CHANGES_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """One event, ready to be sent.

    Attributes:
        json: its whole encoding.
        committed_at: see `Committed.at`; None where it was read from the journal.
    """

    seq: int
    json: bytes
    committed_at: float | None = None


def encode_event(event: Event) -> Line:
    """The line of an event of the journal."""
    return Line(event.seq, orjson.dumps(as_json(event), option=orjson.OPT_UTC_Z))


def _fresh_line(event: Event, data: bytes, committed_at: float) -> Line:
    """The line of an event whose data is encoded already."""
    head: dict[str, Any] = {"execution": event.execution_id, "seq": event.seq, "at": event.at, "kind": event.kind}
    if event.node is not None:
        head["node"] = event.node
    text = orjson.dumps(head, option=orjson.OPT_UTC_Z)[:-1] + b',"data":' + data + b"}"
    return Line(event.seq, text, committed_at)


class Pump:
    """Hands what the bus brings to a feed, and wakes the feed's viewers. Ends with `close`."""

    def __init__(
        self,
        bus: EventBus,
        execution_id: str | None,
        *,
        push: Callable[[Sequence[Committed]], None],
        lost: Callable[[], None],
    ) -> None:
        # Subscribed here and not in the task: what is committed from now on is seen.
        self._subscription = bus.subscribe(execution_id)
        self._changed = asyncio.Event()
        self._closed = False
        # Counts what came; who has to await something between looking and waiting notes it before looking.
        self.changes = 0
        self._task = asyncio.create_task(self._run(push, lost), name=f"feed-{execution_id or 'all'}")

    async def wait(self, timeout_seconds: float | None = None, *, since: int | None = None) -> bool:
        """Wait for a change after `since` (a value of `changes`), without it for the next one; False on time-out."""
        if since is not None and since != self.changes:
            return True
        changed = self._changed
        try:
            async with asyncio.timeout(timeout_seconds):
                await changed.wait()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        self._subscription.close()
        self._task.cancel()

    async def _run(self, push: Callable[[Sequence[Committed]], None], lost: Callable[[], None]) -> None:
        while not self._closed:
            try:
                push(await self._subscription.next())
            except OperationalError:
                lost()
            except Exception:
                # A line that cannot be encoded is a bug; the viewers get it from the journal or an error there.
                _log.exception("a feed lost events")
                lost()
            self.changes += 1
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()


class ExecutionFeed:
    """The last events of one execution, consecutive."""

    def __init__(self, bus: EventBus, execution_id: str, *, keep: int = RING_LINES) -> None:
        self._keep = keep
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self.row: ExecutionRow | None = None
        self.viewers = 0
        # How often the bus lost something: after each time every viewer has to look into the journal.
        self.losses = 0
        self.pump = Pump(bus, execution_id, push=self._push, lost=self._lose)

    def take(self, last: int) -> list[Line] | None:
        """The lines after seq `last`, empty when there are none; None when the journal has to be read instead."""
        if not self._lines or self._lines[-1].seq <= last:
            return []
        skip = last + 1 - self._lines[0].seq
        return None if skip < 0 else list(islice(self._lines, skip, None))

    def _push(self, committed: Sequence[Committed]) -> None:
        for part in committed:
            self.row = part.row
            for event, data in zip(part.events, part.data, strict=True):
                line = _fresh_line(event, data, part.at)
                if self._lines and line.seq != self._lines[-1].seq + 1:
                    self._clear()
                self._lines.append(line)
                self._bytes += len(line.json)
        while len(self._lines) > self._keep or (self._bytes > RING_BYTES and len(self._lines) > 1):
            self._bytes -= len(self._lines.popleft().json)

    def _lose(self) -> None:
        self.losses += 1
        self._clear()

    def _clear(self) -> None:
        self._lines.clear()
        self._bytes = 0


@dataclass(frozen=True, slots=True)
class _Change:
    line: Line
    visible: tuple[Any, ...]


class ChangeFeed:
    """The newest change of each execution, oldest first. Cursors rise for ever, over restarts too."""

    def __init__(self, bus: EventBus, start_cursor: int, *, keep: int = CHANGES_KEPT) -> None:
        self._keep = keep
        self.cursor = start_cursor
        self._floor = start_cursor
        self._changes: OrderedDict[str, _Change] = OrderedDict()
        self.viewers = 0
        self.pump = Pump(bus, None, push=self._push, lost=self._clear)

    def take(self, last: int) -> list[Line] | None:
        """The newest change of every execution that changed after cursor `last`; None when that is not known."""
        if last < self._floor or last > self.cursor:
            return None
        fresh: list[Line] = []
        for change in reversed(self._changes.values()):
            if change.line.seq <= last:
                break
            fresh.append(change.line)
        fresh.reverse()
        return fresh

    def _push(self, committed: Sequence[Committed]) -> None:
        for part in committed:
            row = part.row
            if row.hidden:
                continue
            visible = (row.status, row.started_at, row.ended_at, row.error)
            known = self._changes.get(row.id)
            if known is not None and known.visible == visible:
                continue
            self.cursor += 1
            self._changes[row.id] = _Change(_change_line(self.cursor, part), visible)
            self._changes.move_to_end(row.id)
        while len(self._changes) > self._keep:
            self._floor = self._changes.popitem(last=False)[1].line.seq

    def _clear(self) -> None:
        self._changes.clear()
        self.cursor += 1
        self._floor = self.cursor


def _change_line(cursor: int, part: Committed) -> Line:
    row = part.row
    at = part.events[-1].at if part.events else row.created_at
    event = {
        "execution": row.id,
        "seq": cursor,
        "at": at,
        "kind": "execution.changed",
        "data": listed(row),
    }
    return Line(cursor, orjson.dumps(event, option=orjson.OPT_UTC_Z), part.at)

"""What the followers of one workflow share: the last changes of its draft, read once and encoded once for all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import Batch, DraftStore
from concertmaster.services.feeds import Line

PAGE = 100
RING_LINES = 200
RING_BYTES = 2 * 2**20
NOTES_KEPT = 50


class WorkflowTopic:
    """Changes of the draft by number, and how often something else happened."""

    def __init__(self, workflow: str, drafts: DraftStore) -> None:
        self.workflow = workflow
        self.viewers = 0
        self.changed = asyncio.Event()
        # How many notes there were, and how often people moved: each follower knows up to which it has them.
        self.noted = 0
        self.moves = 0
        self._notes: deque[bytes] = deque(maxlen=NOTES_KEPT)
        self._drafts = drafts
        self._lock = asyncio.Lock()
        # Consecutive revisions up to the head; None while nothing was read.
        self._ring: deque[Line] = deque()
        self._bytes = 0
        self._head: int | None = None
        self._outdated = False

    def outdate(self) -> None:
        """The draft has other revisions."""
        self._outdated = True
        self._wake()

    def note(self, encoded: bytes) -> None:
        """An event without a number."""
        self._notes.append(encoded)
        self.noted += 1
        self._wake()

    def move(self) -> None:
        """People came, went or are elsewhere."""
        self.moves += 1
        self._wake()

    def notes_after(self, noted: int) -> list[bytes]:
        """The last of those that came since."""
        missed = min(self.noted - noted, len(self._notes))
        return list(self._notes)[len(self._notes) - missed :]

    async def lines(self, last: int) -> list[Line]:
        """Lines after a revision, consecutive; perhaps not all of them.

        Raises:
            NotFound: the workflow is gone.
            UserError: `draft.too_old`, `draft.ahead`.
        """
        async with self._lock:
            await self._read_on()
            floor = self._ring[0].seq - 1 if self._ring else self._head
            if self._head is not None and floor is not None and floor <= last <= self._head:
                return [line for line in self._ring if line.seq > last]
            lines = await self._page(last)
            if self._head is None:
                self._head = last
                self._add(lines)
            return lines

    async def _read_on(self) -> None:
        while self._outdated and self._head is not None:
            self._outdated = False
            try:
                lines = await self._page(self._head)
            except UserError:
                # More happened than is kept, or the workflow is gone: each follower finds out for itself.
                self._ring.clear()
                self._bytes, self._head = 0, None
            except BaseException:
                self._outdated = True
                raise
            else:
                self._add(lines)

    async def _page(self, after: int) -> list[Line]:
        found = await self._drafts.batches(self.workflow, after, limit=PAGE)
        if len(found) == PAGE:
            self._outdated = True
        return [_line(self.workflow, batch) for batch in found]

    def _add(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._ring.append(line)
            self._bytes += len(line.json)
            self._head = line.seq
        while len(self._ring) > RING_LINES or (self._bytes > RING_BYTES and len(self._ring) > 1):
            self._bytes -= len(self._ring.popleft().json)

    def _wake(self) -> None:
        waiting, self.changed = self.changed, asyncio.Event()
        waiting.set()


def _line(workflow: str, batch: Batch) -> Line:
    data = {"client": batch.client, "actor": batch.actor, "ops": orjson.Fragment(batch.changes)}
    event = {"workflow": workflow, "seq": batch.revision, "at": batch.at, "kind": "draft.changed", "data": data}
    return Line(batch.revision, orjson.dumps(event, option=orjson.OPT_UTC_Z))


def encode_note(workflow: str, at: datetime, kind: str, data: Mapping[str, Any]) -> bytes:
    """An event without a number."""
    return orjson.dumps({"workflow": workflow, "at": at, "kind": kind, "data": dict(data)}, option=orjson.OPT_UTC_Z)

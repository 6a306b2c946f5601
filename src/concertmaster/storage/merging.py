"""Appends on their way into a group: encoded one by one, then joined to one entry an execution."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from concertmaster.domain.access import SYSTEM
from concertmaster.domain.errors import UserError
from concertmaster.domain.events import Body, Event, ExecutionCancelled
from concertmaster.domain.events_json import data_of
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow, Failure
from concertmaster.domain.interfaces import Append, Change, Child, Message, Release
from concertmaster.storage.encoding import encode, maybe_micros, plain_key, to_micros
from concertmaster.storage.lanes import Job
from concertmaster.storage.rows import json_text

NO_CHANGE = Change()


class QueuedAppend(Job):
    """An append with its events encoded and checked, ready to be written. Its result: whether it gave up ownership.

    Attributes:
        written: it was found in the journal already.
        learned: the execution's row, where nobody here has seen it.
        children: child executions that come with it.
    """

    __slots__ = ("batch", "children", "data", "learned", "rows", "written")

    def __init__(self, future: asyncio.Future[Any], batch: Append) -> None:
        super().__init__(future)
        self.batch = batch
        self.data, self.rows = _encoded(batch)
        self.children = [ChildStart(one) for one in batch.companions if isinstance(one, Child)]
        self.written = False
        self.learned: ExecutionRow | None = None


class ChildStart:
    """A child execution, encoded; a `Newcomer` as starts are, for the concurrency limit of what is called.

    Attributes:
        row: as it will be stored; found out anew at each try.
        events, data: what happened to it so far, and the JSON of each event's data.
        slot: the concurrency limit, as it can be stored.
        reports: what its parent is told at once.

    Raises:
        UserError: `event.not_storable`.
    """

    __slots__ = ("_child", "actor", "at", "data", "events", "reports", "row", "slot")

    def __init__(self, child: Child) -> None:
        self._child = child
        self.at = child.at
        self.actor = SYSTEM
        self.slot = None if child.slot is None else replace(child.slot, key=plain_key(child.slot.key))
        self.events = [Event(child.id, 1, child.at, child.body)]
        self.data = [encode_data(child.body)]
        self.row = child.row
        self.reports: list[Message] = []

    def decide(self, *, room: bool) -> None:
        """Set the row by whether its concurrency limit has a place."""
        del self.events[1:], self.data[1:]
        self.reports, slot = [], self.slot
        self.row = replace(self._child.row, admitted=room, wake_at=self.at if room else None)
        if room or slot is None or slot.when_full != "skip":
            return
        reason = f"{slot.limit} of {slot.key} run already, which is the limit, and its policy says skip"
        end = ExecutionCancelled(reason)
        self.events.append(Event(self.row.id, 2, self.at, end))
        self.data.append(encode_data(end))
        self.row = replace(self.row, status="cancelled", head_seq=2, ended_at=self.at)
        parent = self._child.body.parent or {}
        error = Failure("call.full", f"It was not called: {reason}", retryable=True)
        told = {"node": parent["node"], "attempt": parent["attempt"], "execution": self.row.id}
        self.reports = [
            Message(parent["execution"], "child", {**told, "status": "cancelled", "error": error.as_json()})
        ]

    @property
    def row_values(self) -> tuple[Any, ...]:
        """For the table of executions."""
        row, slot = self.row, self.slot
        at = to_micros(self.at)
        key = (None, None) if slot is None else (slot.key, slot.limit)
        head = (row.id, row.workflow, row.version, row.status, row.epoch, row.owner, row.head_seq)
        times = (at, maybe_micros(row.ended_at), maybe_micros(row.wake_at))
        rest = (json_text(row.trigger), *times, row.priority)
        kind = (row.trigger.get("type"), None if row.hidden else row.status)
        return (*head, *rest, *key, int(row.admitted), row.parent, int(row.hidden), *kind)

    @property
    def event_values(self) -> list[tuple[Any, ...]]:
        """For the table of events."""
        pairs = zip(self.events, self.data, strict=True)
        return [
            (event.execution_id, event.seq, to_micros(event.at), event.kind, None, data.decode())
            for event, data in pairs
        ]


class Merged:
    """All appends of one execution in a group; they rise or fall together.

    Attributes:
        expected: the head that the first event follows, None when there are no events.
        head: the last event's seq, None when there are none.
    """

    __slots__ = ("change", "epoch", "expected", "head", "id", "jobs", "release")

    def __init__(self, job: QueuedAppend) -> None:
        batch = job.batch
        self.id = batch.execution_id
        self.epoch = batch.epoch
        self.expected: int | None = None
        self.head: int | None = None
        self.change = NO_CHANGE
        self.release: Release | None = None
        self.jobs: list[QueuedAppend] = []
        self.take(job)

    @property
    def final(self) -> bool:
        """Whether the execution ends with it."""
        return self.change.status in FINAL_EXECUTION

    def take(self, job: QueuedAppend) -> bool:
        """Add an append that follows; False when it does not (another epoch, a gap)."""
        batch = job.batch
        if batch.epoch != self.epoch:
            return False
        if batch.events:
            first = batch.events[0].seq
            if self.head is None:
                self.expected = first - 1
            elif self.head != first - 1:
                return False
            self.head = batch.events[-1].seq
        self.change = _joined(self.change, batch.change)
        self.release = batch.release or self.release
        self.jobs.append(job)
        return True


def merge(jobs: Sequence[QueuedAppend]) -> tuple[list[Merged], list[QueuedAppend]]:
    """Join appends that follow each other; what does not fit is for another round, after these."""
    merged: dict[str, Merged] = {}
    rest: list[QueuedAppend] = []
    torn: set[str] = set()
    for job in jobs:
        id_ = job.batch.execution_id
        entry = merged.get(id_)
        if entry is None:
            merged[id_] = Merged(job)
        elif id_ in torn or not entry.take(job):
            torn.add(id_)
            rest.append(job)
    return list(merged.values()), rest


def _joined(first: Change, then: Change) -> Change:
    if then == NO_CHANGE:
        return first
    if first is NO_CHANGE:
        return then
    # A status decides alone whether there is an end and an error.
    new = then.status is not None
    return Change(
        status=then.status or first.status,
        started_at=then.started_at or first.started_at,
        ended_at=then.ended_at if new else then.ended_at or first.ended_at,
        error=then.error if new else then.error or first.error,
    )


def _encoded(batch: Append) -> tuple[list[bytes], list[tuple[Any, ...]]]:
    """The JSON of each event's data, and the rows of the events.

    Raises:
        UserError: `event.not_storable`.
    """
    encoded: list[bytes] = []
    rows: list[tuple[Any, ...]] = []
    for event in batch.events:
        if event.execution_id != batch.execution_id or (rows and event.seq != rows[-1][1] + 1):
            raise ValueError(f"events of an append must be consecutive and of one execution: {event!r}")
        data = encode_data(event.body)
        encoded.append(data)
        rows.append((event.execution_id, event.seq, to_micros(event.at), event.kind, event.node, data.decode()))
    return encoded, rows


def encode_data(body: Body) -> bytes:
    """The JSON of an event's data.

    Raises:
        UserError: `event.not_storable`, something in it is no JSON.
    """
    try:
        return encode(data_of(body))
    except (TypeError, ValueError, RecursionError) as error:
        node = getattr(body, "node", None)
        place = "The execution" if node is None else f"Node {node}"
        raise UserError(
            "event.not_storable",
            f"{place} made a value that cannot be stored: {error}. Use plain JSON data: text, numbers within 64 bits, "
            "true, false, null, lists, and mappings with text keys.",
            node=node,
            kind=body.kind,
        ) from error

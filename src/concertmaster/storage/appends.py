"""The lane of the journal's hot path: what all executions append, written in a handful of statements.

One UPDATE moves the heads of all executions of the group and proves, by counting, that every owner is still the
owner; only when the count is short is it found out who is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from concertmaster.domain.errors import StaleOwner, UserError
from concertmaster.domain.events import Body
from concertmaster.domain.events_json import data_of
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.domain.interfaces import Append, Change, Committed
from concertmaster.storage.bulk import BulkStatement, batched
from concertmaster.storage.companions import Companions
from concertmaster.storage.encoding import encode, maybe_micros, to_micros
from concertmaster.storage.lanes import HeadsMovedError, Job
from concertmaster.storage.rows import EVENT_COLUMNS, EXECUTION_COLUMNS, changed, execution_from, json_text
from concertmaster.storage.tables import events, executions

_NO_CHANGE = Change()
_REFUSED_LIMIT = 10_000
_OWNED = (
    ") AS v WHERE executions.id = v.column1 AND executions.epoch = v.column3 "
    "AND executions.head_seq = COALESCE(v.column4, executions.head_seq)"
)


class QueuedAppend(Job):
    """An append with its events encoded and checked, ready to be written."""

    __slots__ = ("batch", "data", "learned", "rows", "written")

    def __init__(self, future: asyncio.Future[Any], batch: Append) -> None:
        super().__init__(future)
        self.batch = batch
        self.data, self.rows = _encoded(batch)
        self.written = False
        self.learned: ExecutionRow | None = None


class _Merged:
    """All appends of one execution in a group; they rise or fall together."""

    __slots__ = ("change", "epoch", "expected", "head", "id", "jobs")

    def __init__(self, job: QueuedAppend) -> None:
        batch = job.batch
        self.id = batch.execution_id
        self.epoch = batch.epoch
        self.expected: int | None = None
        self.head: int | None = None
        self.change = _NO_CHANGE
        self.jobs: list[QueuedAppend] = []
        self.take(job)

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
        self.jobs.append(job)
        return True


class AppendLane:
    """See `Lane`.

    Args:
        rows: what is known of the executions owned here; read in the writer's thread, changed on the loop.
        on_commit: gets what is durable, in the order of the commits.
        placeholder: the driver's mark for a value.
    """

    patient = True

    def __init__(
        self,
        rows: dict[str, ExecutionRow],
        on_commit: Callable[[Sequence[Committed]], None],
        *,
        placeholder: str,
    ) -> None:
        self._rows = rows
        self._on_commit = on_commit
        self._move = BulkStatement(
            "UPDATE executions SET head_seq = COALESCE(v.column2, executions.head_seq) FROM (VALUES",
            4,
            _OWNED,
            placeholder=placeholder,
        )
        # Apart from `_move`, because naming an indexed column rewrites its index even when nothing changes.
        self._change = BulkStatement(
            "UPDATE executions SET head_seq = COALESCE(v.column2, executions.head_seq), "
            "status = COALESCE(v.column5, executions.status), "
            "started_at = COALESCE(v.column6, executions.started_at), "
            "ended_at = COALESCE(v.column7, executions.ended_at), "
            "error = COALESCE(v.column8, executions.error) FROM (VALUES",
            8,
            _OWNED,
            placeholder=placeholder,
        )
        self._companions = Companions(placeholder)
        # The epoch up to which an execution's appends are refused: whoever was refused once has to claim again.
        self._refused: dict[str, int] = {}

    def run(self, connection: Connection, jobs: Sequence[QueuedAppend], *, careful: bool) -> None:
        """Write all appends but the stale ones, which get their error."""
        for job in jobs:
            job.written = False
        rest: Sequence[QueuedAppend] = jobs
        while rest:
            merged, rest = _merge(self._not_refused(rest))
            if careful:
                merged = self._fresh(connection, merged)
            self._move_heads(connection, merged)
            self._companions.write(connection, [job for entry in merged for job in entry.jobs if not job.written])
            self._companions.forget_requests(
                connection, [entry.id for entry in merged if entry.change.status in FINAL_EXECUTION]
            )
            self._learn(connection, [entry for entry in merged if entry.id not in self._rows])

    def _move_heads(self, connection: Connection, merged: Sequence[_Merged]) -> None:
        moves: list[tuple[Any, ...]] = []
        changes: list[tuple[Any, ...]] = []
        for entry in merged:
            key = (entry.id, entry.head, entry.epoch, entry.expected)
            change = entry.change
            if change is _NO_CHANGE:
                moves.append(key)
            else:
                error = None if change.error is None else json_text(change.error.as_json())
                started, ended = maybe_micros(change.started_at), maybe_micros(change.ended_at)
                changes.append((*key, change.status, started, ended, error))
        moved = self._move.run(connection, moves) + self._change.run(connection, changes)
        if moved != len(merged):
            raise HeadsMovedError

    def _fresh(self, connection: Connection, merged: Sequence[_Merged]) -> list[_Merged]:
        """Those whose owner and head are still right; the others get their error, or their success if it was one."""
        found: dict[str, tuple[int, int]] = {}
        for part in batched([entry.id for entry in merged], 500):
            query = select(executions.c.id, executions.c.epoch, executions.c.head_seq)
            for id_, epoch, head in connection.execute(query.where(executions.c.id.in_(part)).with_for_update()):
                found[id_] = (epoch, head)
        fresh: list[_Merged] = []
        for entry in merged:
            epoch, head = found.get(entry.id, (None, None))
            if epoch == entry.epoch and entry.expected in (None, head):
                fresh.append(entry)
            elif epoch == entry.epoch and _stored(connection, entry):
                # A commit whose outcome was unknown had happened.
                for job in entry.jobs:
                    job.written = True
            else:
                self._refused[entry.id] = entry.epoch if epoch is None else min(epoch, entry.epoch)
                for job in entry.jobs:
                    job.error = StaleOwner(entry.id)
        while len(self._refused) > _REFUSED_LIMIT:
            del self._refused[next(iter(self._refused))]
        return fresh

    def _not_refused(self, jobs: Sequence[QueuedAppend]) -> list[QueuedAppend]:
        """What a dropped execution had queued already is refused, even where it would fit by chance."""
        if not self._refused:
            return list(jobs)
        kept: list[QueuedAppend] = []
        for job in jobs:
            if self._refused.get(job.batch.execution_id, -1) >= job.batch.epoch:
                job.error = StaleOwner(job.batch.execution_id)
            else:
                kept.append(job)
        return kept

    def _learn(self, connection: Connection, merged: Sequence[_Merged]) -> None:
        """Rows that nobody here has seen: an owner of an earlier life of this process may append without a claim."""
        for entry in merged:
            query = select(*EXECUTION_COLUMNS).where(executions.c.id == entry.id)
            entry.jobs[0].learned = execution_from(connection.execute(query).one())

    def units(self, jobs: Sequence[QueuedAppend]) -> list[list[QueuedAppend]]:
        """One an execution."""
        by_execution: dict[str, list[QueuedAppend]] = {}
        for job in jobs:
            by_execution.setdefault(job.batch.execution_id, []).append(job)
        return list(by_execution.values())

    def settle(self, jobs: Sequence[QueuedAppend]) -> None:
        """Bring the known rows up to date, publish, answer the callers."""
        committed: list[Committed] = []
        for job in jobs:
            batch = job.batch
            known = self._rows.get(batch.execution_id) or job.learned
            if job.error is not None:
                # Unless this process has claimed it again meanwhile, what is known of it is of no more use.
                if known is not None and known.epoch <= batch.epoch:
                    self._rows.pop(batch.execution_id, None)
            elif known is not None:
                head = batch.events[-1].seq if batch.events else known.head_seq
                row = changed(known, batch.change, head_seq=head)
                self._rows[row.id] = row
                if batch.events:
                    committed.append(Committed(row, batch.events, job.data))
        for item in committed:
            if item.row.status in FINAL_EXECUTION:
                self._rows.pop(item.row.id, None)
        for job in jobs:
            job.settle()
        if committed:
            self._on_commit(committed)


def _merge(jobs: Sequence[QueuedAppend]) -> tuple[list[_Merged], list[QueuedAppend]]:
    """Join appends that follow each other; what does not fit is for another round, after these."""
    merged: dict[str, _Merged] = {}
    rest: list[QueuedAppend] = []
    torn: set[str] = set()
    for job in jobs:
        id_ = job.batch.execution_id
        entry = merged.get(id_)
        if entry is None:
            merged[id_] = _Merged(job)
        elif id_ in torn or not entry.take(job):
            torn.add(id_)
            rest.append(job)
    return list(merged.values()), rest


def _joined(first: Change, then: Change) -> Change:
    if then == _NO_CHANGE:
        return first
    if first is _NO_CHANGE:
        return then
    return Change(
        status=then.status or first.status,
        started_at=then.started_at or first.started_at,
        ended_at=then.ended_at or first.ended_at,
        error=then.error or first.error,
    )


def _stored(connection: Connection, entry: _Merged) -> bool:
    """Whether exactly these events are in the journal already."""
    ours = [row[1:] for job in entry.jobs for row in job.rows]
    if not ours:
        return False
    query = select(*EVENT_COLUMNS).where(
        events.c.execution_id == entry.id, events.c.seq >= ours[0][0], events.c.seq <= ours[-1][0]
    )
    return [tuple(row) for row in connection.execute(query.order_by(events.c.seq))] == ours


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

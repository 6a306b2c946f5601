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
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.domain.events import data_of
from concertmaster.domain.interfaces import Append, Change, Committed
from concertmaster.storage.bulk import BulkStatement
from concertmaster.storage.encoding import encode, maybe_micros, to_micros
from concertmaster.storage.group_writer import HeadsMovedError, Job
from concertmaster.storage.rows import EXECUTION_COLUMNS, changed, execution_from, json_text
from concertmaster.storage.tables import events, executions

_NO_CHANGE = Change()
_LOOKUP_CHUNK = 500


class QueuedAppend(Job):
    """An append with its events encoded and checked, ready to be written."""

    __slots__ = ("batch", "data", "rows")

    def __init__(self, future: asyncio.Future[Any], batch: Append) -> None:
        super().__init__(future)
        self.batch = batch
        self.data, self.rows = encoded_events(batch)


class _Merged:
    """All appends of one execution in a group; they rise or fall together."""

    __slots__ = ("change", "epoch", "expected", "head", "id", "jobs", "stale")

    def __init__(self, job: QueuedAppend) -> None:
        batch = job.batch
        self.id = batch.execution_id
        self.epoch = batch.epoch
        self.expected: int | None = None
        self.head: int | None = None
        self.change = _NO_CHANGE
        self.jobs: list[QueuedAppend] = []
        self.stale = False
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
        rows: what is known of owned executions; read in the writer's thread, written on the loop.
        on_commit: gets what is durable, in the order of commit.
    """

    def __init__(self, rows: dict[str, ExecutionRow], on_commit: Callable[[Sequence[Committed]], None], mark: str):
        self._rows = rows
        self._on_commit = on_commit
        self._move = BulkStatement(
            "UPDATE executions SET head_seq = COALESCE(v.column2, executions.head_seq) FROM (VALUES",
            4,
            _WHERE_OWNED,
            placeholder=mark,
        )
        self._change = BulkStatement(
            "UPDATE executions SET head_seq = COALESCE(v.column2, executions.head_seq), "
            "status = COALESCE(v.column5, executions.status), "
            "started_at = COALESCE(v.column6, executions.started_at), "
            "ended_at = COALESCE(v.column7, executions.ended_at), "
            "error = COALESCE(v.column8, executions.error) FROM (VALUES",
            8,
            _WHERE_OWNED,
            placeholder=mark,
        )
        self._events = BulkStatement(
            "INSERT INTO events (execution_id, seq, at, kind, node, data) VALUES", 6, placeholder=mark
        )
        self._logs = BulkStatement(
            "INSERT INTO logs (execution_id, n, node, attempt, at, level, text) VALUES", 7, placeholder=mark
        )
        self._artifacts = BulkStatement(
            "INSERT INTO artifact_references (execution_id, node, outlet, digest, size_bytes) VALUES",
            5,
            # A repeated attempt makes the same bytes again.
            "ON CONFLICT DO NOTHING",
            placeholder=mark,
        )
        self._consumed = BulkStatement(
            "DELETE FROM inbox WHERE (execution_id, id) IN (VALUES", 2, ")", placeholder=mark
        )
        self._unanswered = BulkStatement("DELETE FROM inbox WHERE execution_id IN (VALUES", 1, ")", placeholder=mark)

    def run(self, connection: Connection, jobs: Sequence[QueuedAppend], *, careful: bool) -> None:
        """Write all appends that are not stale."""
        rest: Sequence[QueuedAppend] = jobs
        while rest:
            merged, rest = _merge(rest)
            if careful:
                merged = self._fresh(connection, merged)
            self._move_heads(connection, merged)
            self._insert(connection, [job for entry in merged for job in entry.jobs if job.result is None])
            ended = [(entry.id,) for entry in merged if entry.change.status in FINAL_EXECUTION]
            self._unanswered.run(connection, ended)
            self._learn(connection, [entry.id for entry in merged if entry.id not in self._rows])

    def units(self, jobs: Sequence[QueuedAppend]) -> list[list[QueuedAppend]]:
        """One an execution."""
        by_execution: dict[str, list[QueuedAppend]] = {}
        for job in jobs:
            by_execution.setdefault(job.batch.execution_id, []).append(job)
        return list(by_execution.values())

    def settle(self, jobs: Sequence[QueuedAppend]) -> None:
        """Bring the known rows up to date, answer the callers, publish."""
        committed: list[Committed] = []
        for job in jobs:
            batch = job.batch
            row = self._rows.get(batch.execution_id)
            if job.error is not None:
                # Unless this process has claimed it again meanwhile, what is known of it may be wrong.
                if row is not None and row.epoch <= batch.epoch:
                    del self._rows[batch.execution_id]
            elif row is not None:
                head = batch.events[-1].seq if batch.events else row.head_seq
                row = changed(row, batch.change, head_seq=head)
                self._rows[row.id] = row
                if batch.events:
                    committed.append(Committed(row, batch.events, job.data))
            job.result = None
            job.settle()
        for job in jobs:
            row = self._rows.get(job.batch.execution_id)
            if row is not None and row.status in FINAL_EXECUTION:
                del self._rows[row.id]
        if committed:
            self._on_commit(committed)

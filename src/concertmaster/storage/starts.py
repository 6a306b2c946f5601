"""The lane of new executions: row, `execution.created`, audit and idempotency key, many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import Conflict
from concertmaster.domain.events import Event, ExecutionCancelled
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import Committed, NewExecution, TriggerFire
from concertmaster.storage.admission import Admission
from concertmaster.storage.companions import insert_events, insert_references, reference_rows
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import maybe_micros, plain_key, to_micros
from concertmaster.storage.fires import Fired, note_fires
from concertmaster.storage.lanes import Job
from concertmaster.storage.merging import encode_data
from concertmaster.storage.newcomers import Newcomers
from concertmaster.storage.notices import Move
from concertmaster.storage.rows import EXECUTION_COLUMNS, execution_from, json_text
from concertmaster.storage.tables import executions


class Start(Job):
    """A new execution, encoded. Its result is the row and whether it is new.

    Attributes:
        row: as it will be stored; found out anew at each try.
        events, data: what happened to it so far, and the JSON of each event's data.
        slot, key: the concurrency limit and the idempotency key, as they can be stored.
        known_id: the earlier execution with the same idempotency key.
    """

    __slots__ = ("actor", "audit", "data", "events", "key", "known_id", "new", "owner", "row", "slot", "trigger")

    def __init__(self, future: asyncio.Future[Any], new: NewExecution, *, actor: Actor, owner: str | None) -> None:
        super().__init__(future)
        body = new.body
        # An expression of the workflow made the key, and the caller made his.
        self.slot = None if new.slot is None else replace(new.slot, key=plain_key(new.slot.key))
        self.key = None if new.idempotency_key is None else plain_key(new.idempotency_key)
        self.new = new
        self.actor = actor
        self.owner = owner
        self.events = [Event(new.id, 1, new.at, body)]
        self.data = [encode_data(body)]
        self.trigger = json_text(body.trigger)
        self.known_id: str | None = None
        self.row = self.admitted()
        about = json_text({"workflow": body.workflow, "version": body.version, "trigger": body.trigger})
        self.audit = (to_micros(new.at), actor.name, "execution.start", f"execution:{new.id}", about)

    @property
    def at(self) -> datetime:
        """When it was asked for."""
        return self.new.at

    def admitted(self) -> ExecutionRow:
        """The row when nothing keeps it from starting."""
        new, body = self.new, self.new.body
        return ExecutionRow(
            id=new.id,
            workflow=body.workflow,
            version=body.version,
            status="queued",
            epoch=0 if self.owner is None else 1,
            head_seq=1,
            trigger=body.trigger,
            created_at=new.at,
            priority=new.priority,
            owner=self.owner,
            wake_at=new.at if self.owner is None else None,
            slot_key=None if self.slot is None else self.slot.key,
        )

    def decide(self, *, room: bool) -> None:
        """Set the row by whether its concurrency limit has a place."""
        del self.events[1:], self.data[1:]
        self.row = self.admitted()
        slot = self.slot
        if room or slot is None:
            return
        self.row = replace(self.row, owner=None, epoch=0, wake_at=None, admitted=False)
        if slot.when_full == "skip":
            reason = f"{slot.limit} of {slot.key} run already, which is the limit, and its policy says skip"
            end = ExecutionCancelled(reason)
            self.events.append(Event(self.row.id, 2, self.row.created_at, end))
            self.data.append(encode_data(end))
            self.row = replace(self.row, status="cancelled", head_seq=2, ended_at=self.row.created_at)


class StartLane:
    """See `Lane`.

    Args:
        rows: what is known of the executions owned here.
        on_commit: gets what is durable.
        admission: the places under concurrency limits.
    """

    patient = False

    def __init__(
        self,
        database: Database,
        rows: dict[str, ExecutionRow],
        on_commit: Callable[[Sequence[Committed]], None],
        admission: Admission,
    ) -> None:
        self._writer = database.writer
        self._rows = rows
        self._on_commit = on_commit
        self._newcomers = Newcomers(database, admission)
        dialect = database.dialect
        self._executions = dialect.bulk(
            "INSERT INTO executions (id, workflow, version, status, epoch, owner, head_seq, trigger, created_at, "
            "ended_at, wake_at, priority, slot_key, slot_limit, admitted, backfill, trigger_type, counted_as) {rows}",
            *("text", "text", "bigint", "text", "bigint", "text", "bigint", "text", "bigint"),
            *("bigint", "bigint", "bigint", "text", "bigint", "bigint", "text", "text", "text"),
        )
        self._events = insert_events(dialect)
        self._artifacts = insert_references(dialect)
        self._audit = dialect.bulk(
            "INSERT INTO audit (at, actor, action, target, data) {rows}", "bigint", "text", "text", "text", "text"
        )
        self._take = dialect.bulk(
            "INSERT INTO idempotency_keys (workflow, key, fingerprint, execution_id, created_at) {rows} "
            "ON CONFLICT DO NOTHING RETURNING execution_id",
            *("text", "text", "text", "text", "bigint"),
        )
        self._taken = dialect.bulk(
            "SELECT k.workflow, k.key, k.fingerprint, k.execution_id FROM ({rows}) AS v CROSS JOIN idempotency_keys "
            "AS k WHERE k.workflow = v.column1 AND k.key = v.column2",
            *("text", "text"),
        )

    def run(self, connection: Connection, jobs: Sequence[Start], *, careful: bool) -> None:  # noqa: ARG002
        """Insert the new ones; those whose key is known get the earlier execution."""
        self._take_keys(connection, [job for job in jobs if job.key is not None])
        fresh = [job for job in jobs if job.known_id is None and job.error is None]
        self._newcomers.decide(connection, fresh)
        self._insert(connection, fresh)
        self._newcomers.follow_up(connection, fresh)
        for job in fresh:
            job.result = (job.row, True)
        for job in jobs:
            if job.known_id is not None and job.error is None:
                query = select(*EXECUTION_COLUMNS).where(executions.c.id == job.known_id)
                job.result = (execution_from(connection.execute(query).one()), False)
        notices = self._writer.notices
        notices.heads.update((job.row.id, job.row.head_seq) for job in fresh)
        notices.moves += [Move(job.row.workflow, job.audit[0], None, job.row.status) for job in fresh]
        notices.attention(job.row.id for job in fresh if job.row.wake_at is not None)

    def _take_keys(self, connection: Connection, jobs: Sequence[Start]) -> None:
        """Those whose key was free have it now; the others are told which execution has it."""
        # In one order everywhere: processes that start with the same keys wait for each other, but not in a circle.
        rows = [
            (job.new.body.workflow, job.key, job.new.fingerprint, job.new.id, to_micros(job.new.at))
            for job in sorted(jobs, key=_key_of)
        ]
        took = {row[0] for row in self._take.fetch(connection, rows)}
        late = [job for job in jobs if job.new.id not in took]
        keys = [(job.new.body.workflow, job.key) for job in late]
        known = {(row[0], row[1]): row[2:] for row in self._taken.fetch(connection, keys)}
        for job in jobs:
            job.known_id = None
        for job in late:
            fingerprint, job.known_id = known[_key_of(job)]
            if fingerprint != job.new.fingerprint:
                job.error = Conflict(
                    "execution.key_reused",
                    f"Idempotency key {job.key!r} started execution {job.known_id} with another request; "
                    "use a new key for a new request",
                    execution=job.known_id,
                )

    def _insert(self, connection: Connection, jobs: Sequence[Start]) -> None:
        self._executions.run(connection, [_row_of(job) for job in jobs])
        self._events.send(
            connection,
            [
                (event.execution_id, event.seq, job.audit[0], event.kind, None, data.decode())
                for job in jobs
                for event, data in zip(job.events, job.data, strict=True)
            ],
        )
        self._audit.send(connection, [job.audit for job in jobs])
        named = [row for job in jobs for row in reference_rows(job.row.id, job.new.artifacts)]
        self._artifacts.send(connection, named)
        note_fires(connection, [_fired(job) for job in jobs if job.new.noted])

    def units(self, jobs: Sequence[Start]) -> list[list[Start]]:
        """Each start for itself."""
        return [[job] for job in jobs]

    def transactions(self, jobs: Sequence[Start]) -> list[list[Start]]:
        """All at once: what it waits for are keys and then triggers, which everybody takes in this order, sorted."""
        return [list(jobs)]

    def settle(self, jobs: Sequence[Start]) -> None:
        """Remember what is owned here, publish, answer the callers."""
        committed: list[Committed] = []
        for job in jobs:
            if job.error is None and job.known_id is None:
                committed.append(Committed(job.row, tuple(job.events), tuple(job.data)))
                if job.row.owner is not None:
                    self._rows[job.row.id] = job.row
            job.settle()
        if committed:
            self._on_commit(committed)


def _key_of(job: Start) -> tuple[str, str]:
    return job.new.body.workflow, job.key or ""


def _fired(job: Start) -> Fired:
    told = job.new.body.trigger
    return job.new.body.workflow, told["name"], TriggerFire(job.at, "started", execution=job.new.id), told


def _row_of(job: Start) -> tuple[Any, ...]:
    row, slot = job.row, job.slot
    key: tuple[Any, ...] = (None, None) if slot is None else (slot.key, slot.limit)
    head = (row.id, row.workflow, row.version, row.status, row.epoch, row.owner, row.head_seq, job.trigger)
    times = (job.audit[0], maybe_micros(row.ended_at), maybe_micros(row.wake_at))
    return (
        *head,
        *times,
        row.priority,
        *key,
        int(row.admitted),
        row.trigger.get("backfill"),
        row.trigger["type"],
        row.status,
    )

"""The lane of new executions: row, `execution.created`, audit and idempotency key, many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import Conflict
from concertmaster.domain.events import Event
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import Committed, NewExecution
from concertmaster.storage.appends import encode_data
from concertmaster.storage.bulk import BulkStatement
from concertmaster.storage.companions import INSERT_EVENTS
from concertmaster.storage.encoding import to_micros
from concertmaster.storage.lanes import Job
from concertmaster.storage.rows import EXECUTION_COLUMNS, execution_from, json_text
from concertmaster.storage.tables import executions, idempotency_keys


class Start(Job):
    """A new execution, encoded. Its result is the row and whether it is new."""

    __slots__ = ("audit", "data", "event", "known_id", "new", "owner", "row", "trigger")

    def __init__(self, future: asyncio.Future[Any], new: NewExecution, *, actor: Actor, owner: str | None) -> None:
        super().__init__(future)
        body = new.body
        self.new = new
        self.owner = owner
        self.data = encode_data(body)
        self.trigger = json_text(body.trigger)
        self.event = Event(new.id, 1, new.at, body)
        self.known_id: str | None = None
        self.row = ExecutionRow(
            id=new.id,
            workflow=body.workflow,
            version=body.version,
            status="queued",
            epoch=0 if owner is None else 1,
            head_seq=1,
            trigger=body.trigger,
            created_at=new.at,
        )
        about = json_text({"workflow": body.workflow, "version": body.version, "trigger": body.trigger})
        self.audit = (to_micros(new.at), actor.name, "execution.start", f"execution:{new.id}", about)


class StartLane:
    """See `Lane`.

    Args:
        rows: what is known of the executions owned here.
        on_commit: gets what is durable.
        placeholder: the driver's mark for a value.
    """

    patient = False

    def __init__(
        self,
        rows: dict[str, ExecutionRow],
        on_commit: Callable[[Sequence[Committed]], None],
        *,
        placeholder: str,
    ) -> None:
        self._rows = rows
        self._on_commit = on_commit
        self._executions = BulkStatement(
            "INSERT INTO executions "
            "(id, workflow, version, status, epoch, owner, head_seq, trigger, created_at) VALUES",
            9,
            placeholder=placeholder,
        )
        self._events = BulkStatement(INSERT_EVENTS, 6, placeholder=placeholder)
        self._audit = BulkStatement(
            "INSERT INTO audit (at, actor, action, target, data) VALUES", 5, placeholder=placeholder
        )
        self._key = BulkStatement(
            "INSERT INTO idempotency_keys (workflow, key, fingerprint, execution_id, created_at) VALUES",
            5,
            "ON CONFLICT DO NOTHING",
            placeholder=placeholder,
        )

    def run(self, connection: Connection, jobs: Sequence[Start], *, careful: bool) -> None:  # noqa: ARG002
        """Insert the new ones; those whose key is known get the earlier execution."""
        for job in jobs:
            job.known_id = None if job.new.idempotency_key is None else self._take_key(connection, job)
        fresh = [job for job in jobs if job.known_id is None and job.error is None]
        self._insert(connection, fresh)
        for job in fresh:
            job.result = (job.row, True)
        for job in jobs:
            if job.known_id is not None and job.error is None:
                query = select(*EXECUTION_COLUMNS).where(executions.c.id == job.known_id)
                job.result = (execution_from(connection.execute(query).one()), False)

    def _take_key(self, connection: Connection, job: Start) -> str | None:
        """None when the key was free, else the execution that has it."""
        new = job.new
        row = (new.body.workflow, new.idempotency_key, new.fingerprint, new.id, to_micros(new.at))
        if self._key.run(connection, [row]) == 1:
            return None
        keys = idempotency_keys.c
        query = select(keys.fingerprint, keys.execution_id).where(
            keys.workflow == new.body.workflow, keys.key == new.idempotency_key
        )
        fingerprint, execution_id = connection.execute(query).one()
        if fingerprint != new.fingerprint:
            job.error = Conflict(
                "execution.key_reused",
                f"Idempotency key {new.idempotency_key!r} started execution {execution_id} with another request; "
                "use a new key for a new request",
                execution=execution_id,
            )
        return execution_id

    def _insert(self, connection: Connection, jobs: Sequence[Start]) -> None:
        rows = [
            (row.id, row.workflow, row.version, row.status, row.epoch, job.owner, 1, job.trigger, job.audit[0])
            for job in jobs
            for row in [job.row]
        ]
        self._executions.run(connection, rows)
        self._events.run(
            connection,
            [(job.row.id, 1, job.audit[0], job.event.kind, None, job.data.decode()) for job in jobs],
        )
        self._audit.run(connection, [job.audit for job in jobs])

    def units(self, jobs: Sequence[Start]) -> list[list[Start]]:
        """Each start for itself."""
        return [[job] for job in jobs]

    def settle(self, jobs: Sequence[Start]) -> None:
        """Remember what is owned here, publish, answer the callers."""
        committed: list[Committed] = []
        for job in jobs:
            if job.error is None and job.known_id is None:
                committed.append(Committed(job.row, (job.event,), (job.data,)))
                if job.owner is not None:
                    self._rows[job.row.id] = job.row
            job.settle()
        if committed:
            self._on_commit(committed)

"""What is written beside the heads: events, logs, artifact references, and requests that have been answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from concertmaster.domain.interfaces import Append
from concertmaster.storage.bulk import BulkStatement
from concertmaster.storage.encoding import to_micros

INSERT_EVENTS = "INSERT INTO events (execution_id, seq, at, kind, node, data) VALUES"


class Written(Protocol):
    """An append and the rows of its events."""

    batch: Append
    rows: list[tuple[Any, ...]]


class Companions:
    """The bulk statements of the tables around `executions`."""

    def __init__(self, placeholder: str) -> None:
        self._events = BulkStatement(INSERT_EVENTS, 6, placeholder=placeholder)
        self._logs = BulkStatement(
            "INSERT INTO logs (execution_id, n, node, attempt, at, level, text) VALUES", 7, placeholder=placeholder
        )
        self._artifacts = BulkStatement(
            "INSERT INTO artifact_references (execution_id, node, outlet, digest, size_bytes) VALUES",
            5,
            # A repeated attempt makes the same bytes again.
            "ON CONFLICT DO NOTHING",
            placeholder=placeholder,
        )
        self._answered = BulkStatement(
            "DELETE FROM inbox WHERE (execution_id, id) IN (VALUES", 2, ")", placeholder=placeholder
        )
        self._unanswered = BulkStatement(
            "DELETE FROM inbox WHERE execution_id IN (VALUES", 1, ")", placeholder=placeholder
        )

    def write(self, connection: Connection, appends: Sequence[Written]) -> None:
        """Everything that comes with the appends."""
        self._events.run(connection, [row for append in appends for row in append.rows])
        self._logs.run(
            connection,
            [
                (append.batch.execution_id, line.n, line.node, line.attempt, to_micros(line.at), line.level, line.text)
                for append in appends
                for line in append.batch.logs
            ],
        )
        self._artifacts.run(
            connection,
            [
                (append.batch.execution_id, made.node, made.outlet, made.digest, made.size_bytes)
                for append in appends
                for made in append.batch.artifacts
            ],
        )
        self._answered.run(
            connection,
            [(append.batch.execution_id, number) for append in appends for number in append.batch.consumed],
        )

    def forget_requests(self, connection: Connection, ended: Sequence[str]) -> None:
        """Requests to executions that have ended meanwhile will never be answered."""
        self._unanswered.run(connection, [(execution_id,) for execution_id in ended])

"""What is written beside the heads: events, logs, artifact references, and requests that have been answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from concertmaster.domain.interfaces import Append, ArtifactReference, LogLine
from concertmaster.storage.dialect import Bulk, Dialect
from concertmaster.storage.encoding import plain_text, to_micros


def insert_events(dialect: Dialect) -> Bulk:
    """The statement that adds events."""
    return dialect.bulk(
        "INSERT INTO events (execution_id, seq, at, kind, node, data) {rows}",
        *("text", "bigint", "bigint", "text", "text", "text"),
    )


def insert_references(dialect: Dialect) -> Bulk:
    """The statement that adds references to artifacts."""
    return dialect.bulk(
        # A repeated attempt makes the same bytes again.
        "INSERT INTO artifact_references (execution_id, node, outlet, digest, size_bytes) {rows} "
        "ON CONFLICT DO NOTHING",
        *("text", "text", "text", "text", "bigint"),
    )


def reference_rows(execution_id: str, made: Sequence[ArtifactReference]) -> list[tuple[Any, ...]]:
    """The rows of the artifacts that an execution names."""
    return [(execution_id, one.node, one.outlet, one.digest, one.size_bytes) for one in made]


class Written(Protocol):
    """An append and the rows of its events."""

    batch: Append
    rows: list[tuple[Any, ...]]


class Companions:
    """The bulk statements of the tables around `executions`."""

    def __init__(self, dialect: Dialect) -> None:
        self._events = insert_events(dialect)
        self._logs = dialect.bulk(
            "INSERT INTO logs (execution_id, n, node, attempt, at, level, text) {rows}",
            *("text", "bigint", "text", "bigint", "bigint", "text", "text"),
        )
        self._artifacts = insert_references(dialect)
        self._snapshots = dialect.bulk(
            "INSERT INTO snapshots (execution_id, seq, data) {rows} "
            "ON CONFLICT (execution_id) DO UPDATE SET seq = excluded.seq, data = excluded.data",
            *("text", "bigint", "bytes"),
        )
        self._answered = dialect.bulk("DELETE FROM inbox WHERE (execution_id, id) IN ({rows})", "text", "bigint")
        self._unanswered = dialect.bulk("DELETE FROM inbox WHERE execution_id IN ({rows})", "text")
        # What came for its nodes waits until somebody lets an interrupted execution go on.
        self._requests = dialect.bulk(
            "DELETE FROM inbox WHERE kind IN ('cancel', 'pause', 'resume', 'retry') AND execution_id IN ({rows})",
            "text",
        )
        self._outdated = dialect.bulk("DELETE FROM snapshots WHERE execution_id IN ({rows})", "text")

    def write(self, connection: Connection, appends: Sequence[Written]) -> None:
        """Everything that comes with the appends."""
        self._events.send(connection, [row for append in appends for row in append.rows])
        self._logs.send(
            connection,
            [_log_row(append.batch.execution_id, line) for append in appends for line in append.batch.logs],
        )
        self._artifacts.send(
            connection,
            [row for append in appends for row in reference_rows(append.batch.execution_id, append.batch.artifacts)],
        )
        # The newest of each execution: a statement may not touch a row twice.
        snapshots = {
            append.batch.execution_id: append.batch.snapshot for append in appends if append.batch.snapshot is not None
        }
        self._snapshots.send(connection, [(id_, snapshot.seq, snapshot.data) for id_, snapshot in snapshots.items()])
        # At once: whether an execution may be released depends on it.
        self._answered.run(
            connection,
            [(append.batch.execution_id, number) for append in appends for number in append.batch.consumed],
        )

    def forget(self, connection: Connection, ended: Mapping[str, str | None]) -> None:
        """Requests to executions that have ended will never be answered, and nobody folds them from the middle."""
        over = [(id_,) for id_, status in ended.items() if status != "interrupted"]
        interrupted = [(id_,) for id_, status in ended.items() if status == "interrupted"]
        self._unanswered.send(connection, over)
        self._requests.send(connection, interrupted)
        self._outdated.send(connection, [(id_,) for id_ in ended])


def _log_row(execution_id: str, line: LogLine) -> tuple[Any, ...]:
    # Nodes log what they like, and a line must not be the reason why an append fails.
    text, level = plain_text(line.text), plain_text(line.level)
    return execution_id, line.n, line.node, line.attempt, to_micros(line.at), level, text

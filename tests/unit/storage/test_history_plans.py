"""Looking back uses indexes, on SQLite: no statement goes through all executions or all counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.domain.interfaces import COARSE, FINE
from concertmaster.storage.migrate import upgrade
from storage_backends import AT, Storage

SINCE = ExecutionFilter(since=AT, until=AT + timedelta(days=1))
ASKED: list[tuple[str, Callable[[Storage], Awaitable[Any]]]] = [
    ("PRIMARY KEY (id>? AND id<?)", lambda of: of.executions.list(SINCE)),
    ("ix_executions_whole (workflow=?", lambda of: of.executions.list(ExecutionFilter("w", called=False, since=AT))),
    (
        "ix_executions_workflow_status (workflow=? AND status=? AND id>?",
        lambda of: of.executions.list(ExecutionFilter("w", since=AT)),
    ),
    ("ix_executions_status (status=?", lambda of: of.executions.list(ExecutionFilter(error="x"))),
    ("ix_executions_status (status=?", lambda of: of.executions.list(ExecutionFilter(status=("failed",), version=1))),
    ("ix_executions_trigger_type (trigger_type=?", lambda of: of.executions.list(ExecutionFilter(trigger="webhook"))),
    ("ix_executions_uncounted", lambda of: of.history.complete()),
    ("ix_executions_uncounted", lambda of: of.history.count_missing(limit=5)),
    ("PRIMARY KEY (width=? AND workflow=? AND at>? AND at<?", lambda of: of.history.counts(AT, FINE, 9)),
    ("PRIMARY KEY (width=? AND workflow=?", lambda of: of.history.open_counts()),
    ("ix_execution_counts_failed (width=? AND at>?", lambda of: of.history.failing(AT - COARSE, limit=5)),
    ("PRIMARY KEY (id>?", lambda of: of.history.slowest(AT, limit=5)),
    (
        "ix_executions_workflow_status (workflow=? AND status=? AND id>?",
        lambda of: of.history.slowest(AT, workflow="w", limit=5),
    ),
    ("ix_executions_workflow_status (workflow=? AND status=?", lambda of: of.history.ended("w", last=5)),
    ("PRIMARY KEY (execution_id=?", lambda of: of.history.node_times(["a", "b"])),
    ("ix_execution_counts_at (width=? AND at<?", lambda of: of.history.prune(limit=5)),
    ("ix_executions_status (status=?", lambda of: of.executions.oldest_queued()),
]


@pytest.mark.parametrize(("index", "ask"), ASKED)
async def test_an_index_answers(tmp_path: Path, index: str, ask: Callable[[Storage], Awaitable[Any]]) -> None:
    url = f"sqlite:///{tmp_path / 'concertmaster.db'}"
    upgrade(url)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    async with Storage.opened(url) as storage:
        await storage.start("w")
        event.listen(Engine, "before_cursor_execute", note)
        try:
            await ask(storage)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    connection = sqlite3.connect(tmp_path / "concertmaster.db")
    try:
        plans = [
            [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            for statement, parameters in asked
        ]
    finally:
        connection.close()
    steps = [step for plan in plans for step in plan]
    assert any(index in step for step in steps), steps
    whole = [step for step in steps if step.startswith(("SCAN executions", "SCAN execution_counts", "SCAN events"))]
    assert all("ix_executions_uncounted" in step for step in whole), steps

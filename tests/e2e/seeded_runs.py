"""Ended executions written straight into the database of a running server, as a long history has them."""

from __future__ import annotations

import json
import random
import sqlite3
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

DATABASE = Path(".concertmaster") / "concertmaster.db"
# Seconds that counts are kept by, see `storage/tables_history.py`.
WIDTHS = (300, 21_600)
# How often each status comes, and what the failed ones say.
STATUSES = {"succeeded": 88, "failed": 8, "cancelled": 3, "interrupted": 1}
ERRORS = (
    {"code": "http.status", "message": "https://shop.example/orders answered 503 Service Unavailable", "node": "load"},
    {"code": "database.refused", "message": "Permission denied for table publications", "node": "publish"},
    {"code": "file.missing", "message": "There is no file incoming/prices.csv", "node": "read"},
)


def uuid7(at: datetime, number: int) -> str:
    """An id as executions have them: in order of time."""
    milliseconds = int(at.timestamp() * 1000)
    return str(uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62) | number))


def seed(workspace: Path, template: str, count: int, *, workflows: list[str], span: timedelta, seed: int = 7) -> None:
    """Copy an ended execution many times, evenly over the time before it.

    Args:
        template: its id; the copies have its events not, only their lines in lists.
        workflows: whose they are, in turn.
        span: how far back the first one was made.
    """
    chosen = random.Random(seed)
    begin = datetime.now(UTC) - span
    step = span / count
    names, weights = list(STATUSES), list(STATUSES.values())
    connection = sqlite3.connect(workspace / DATABASE, timeout=30)
    connection.row_factory = sqlite3.Row
    with connection:
        row = dict(connection.execute("SELECT * FROM executions WHERE id = ?", (template,)).fetchone())
        columns = list(row)
        lines: list[list[object]] = []
        counts: Counter[tuple[int, str, int, str]] = Counter()
        for number in range(count):
            made = begin + number * step
            micros = int(made.timestamp() * 1_000_000)
            status = chosen.choices(names, weights)[0]
            trigger = chosen.choice(("manual", "schedule", "webhook"))
            lasted = int(chosen.lognormvariate(1.0, 1.2) * 1_000_000)
            workflow = workflows[number % len(workflows)]
            bad = status in ("failed", "interrupted")
            copy = {
                **row,
                "id": uuid7(made, number),
                "workflow": workflow,
                "status": status,
                "counted_as": status,
                "trigger": json.dumps({"type": trigger}),
                "trigger_type": trigger,
                "created_at": micros,
                "started_at": micros + 4_000,
                "ended_at": micros + 4_000 + lasted,
                "error": json.dumps(chosen.choice(ERRORS)) if bad else None,
            }
            lines.append([copy[column] for column in columns])
            for width in WIDTHS:
                at = int(made.timestamp()) // width * width
                counts.update([(width, workflow, at, status), (width, "", at, status)])
        places = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO executions ({', '.join(columns)}) VALUES ({places})", lines)
        connection.executemany(
            "INSERT INTO execution_counts (width, workflow, at, status, share, n) VALUES (?, ?, ?, ?, 0, ?) "
            "ON CONFLICT (width, workflow, at, status, share) DO UPDATE SET n = n + excluded.n",
            [(*key, n) for key, n in counts.items()],
        )
    connection.close()

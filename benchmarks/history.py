"""What a long history costs: the same work in an empty database and in one with a million ended executions."""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
import time
from pathlib import Path

from benchmarks.engine import linear, median_seconds, run
from benchmarks.report import Report
from concertmaster.bootstrap import Runtime, build
from concertmaster.config import DATABASE_FILE, Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.storage.data_folder import hold_data_folder

# Each copy of an execution is older than the first real one, as ids are in order of time.
_COPIED_ID = "printf('00000000-0000-7000-8000-%012x', n)"
_TABLES = {
    "executions": "id",
    "events": "execution_id",
}


async def measure(report: Report, folder: Path, *, executions: int, singles: int, at_once: int) -> None:
    """Fill in the rows of the history, on SQLite."""
    folder.mkdir()
    settings = Settings(workspace=folder)
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            await runtime.workflows.save(LOCAL_ADMIN, json.dumps(linear(10)).encode(), publish=True)
            template = await run(runtime, "linear10")
            await _measure(report, runtime, "empty database", singles=singles, at_once=at_once)
        begun = time.perf_counter()
        _fill(settings.resolved_data_dir / DATABASE_FILE, template, executions)
        report.set(f"filling in {executions:,} executions", time.perf_counter() - begun, "s")
        async with build(settings) as runtime:
            await _measure(report, runtime, f"{executions:,} executions", singles=singles, at_once=at_once)


async def _measure(report: Report, runtime: Runtime, where: str, *, singles: int, at_once: int) -> None:
    await asyncio.gather(*(run(runtime, "linear10") for _ in range(200)))
    gc.collect()
    report.set(f"{where}: linear10, one at a time", await median_seconds(runtime, "linear10", singles) * 1e3, "ms")
    begun = time.perf_counter()
    await asyncio.gather(*(run(runtime, "linear10") for _ in range(at_once)))
    report.set(f"{where}: linear10 at once", at_once / (time.perf_counter() - begun), "/s")
    begun = time.perf_counter()
    for _ in range(20):
        await runtime.executions.list(LOCAL_ADMIN, limit=50)
        await runtime.executions.list(LOCAL_ADMIN, ExecutionFilter("linear10", ("failed", "cancelled")), limit=50)
    report.set(f"{where}: two pages of the list", (time.perf_counter() - begun) / 20 * 1e3, "ms")


def _fill(database: Path, template: str, copies: int) -> None:
    """Copy one ended execution with its events."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        for table, key in _TABLES.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(_COPIED_ID if column == key else f"t.{column}" for column in columns)
            connection.execute(
                "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM numbers CROSS JOIN {table} AS t "
                f"WHERE t.{key} = ?",
                (copies, template),
            )
            connection.commit()
    connection.close()

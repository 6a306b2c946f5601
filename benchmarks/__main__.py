"""`make bench`: every figure with what it is measured against, in one run on this machine."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import uvloop

from benchmarks import (
    control_flow,
    databases,
    durable,
    engine,
    flights,
    floor,
    floor_postgres,
    history,
    history_lists,
    node_call,
    registry,
    server,
    table_pass,
    tpch,
    validation,
    webhooks,
)
from benchmarks.databases import ROWS
from benchmarks.postgres import private_postgres
from benchmarks.report import Report

SINGLES, AT_ONCE = 200, 1_000
HISTORY = 1_000_000
TIMERS = 100_000


async def _floors(report: Report, folder: Path) -> None:
    for strict, name in ((False, "floor: write-behind"), (True, "floor: every step durable")):
        median, rate = await floor.measure(folder, strict=strict, singles=SINGLES, at_once=AT_ONCE)
        report.set(f"{name}, linear10", median * 1e3, "ms")
        report.set(f"{name}, linear10 at once", rate, "/s")


async def _postgres(report: Report, folder: Path, url: str) -> None:
    for strict, name in ((False, "PostgreSQL floor: write-behind"), (True, "PostgreSQL floor: every step durable")):
        median, rate = await floor_postgres.measure(url, strict=strict, singles=SINGLES, at_once=AT_ONCE)
        report.set(f"{name}, linear10", median * 1e3, "ms")
        report.set(f"{name}, linear10 at once", rate, "/s")
    await durable.measure_postgres(report, folder / "on-postgresql", url, singles=SINGLES, at_once=AT_ONCE)


def main() -> None:
    """Measure everything and print the table."""
    report = Report()
    # In the working folder, not in /tmp: that may be memory, where an fsync costs nothing.
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        folder = Path(name)
        uvloop.run(_floors(report, folder))
        uvloop.run(engine.measure(report, folder / "engine", singles=SINGLES, at_once=AT_ONCE))
        uvloop.run(durable.measure(report, folder / "durable", singles=SINGLES))
        uvloop.run(control_flow.measure(report, folder / "control-flow", timers=TIMERS))
        with private_postgres(folder / "postgresql") as url:
            uvloop.run(_postgres(report, folder, url))
            uvloop.run(databases.measure(report, folder / "databases", url))
            uvloop.run(history_lists.measure(report, folder / "lists-postgresql", url, executions=HISTORY))
        uvloop.run(history.measure(report, folder / "history", executions=HISTORY, singles=SINGLES, at_once=AT_ONCE))
        uvloop.run(history_lists.measure(report, folder / "lists-sqlite", "", executions=HISTORY))
        asyncio.run(flights.measure(report, folder / "flights"))
        asyncio.run(tpch.measure(report, folder / "tpch"))
        table_pass.measure(report, folder / "table-pass")
        node_call.measure(report)
        registry.measure(report)
        server.measure(report, folder / "server")
        webhooks.measure(report, folder / "webhooks")
        validation.measure(report)
    report.ratio("linear10, one at a time", "floor: write-behind, linear10")
    report.ratio("linear10 at once", "floor: write-behind, linear10 at once")
    report.ratio("linear10 of writes, one at a time", "floor: every step durable, linear10")
    report.ratio("for_each over 10,000 items, 10 at a time", "10,000 plain nodes")
    report.ratio("for_each over 10,000 items, 100 at a time", "10,000 plain nodes")
    report.ratio("10,000 linear10 at once", "floor: write-behind, linear10 at once")
    report.ratio("PostgreSQL: linear10, one at a time", "PostgreSQL floor: write-behind, linear10")
    report.ratio("PostgreSQL: linear10 at once", "PostgreSQL floor: write-behind, linear10 at once")
    report.ratio("PostgreSQL: linear10, one at a time", "linear10, one at a time")
    report.ratio("PostgreSQL: linear10 at once", "linear10 at once")
    for what in ("linear10, one at a time", "linear10 at once", "two pages of the list"):
        report.ratio(f"{HISTORY:,} executions: {what}", f"empty database: {what}")
    for what in ("of new files", "of files read once before", "of files as before"):
        report.ratio(f"flights demo {what}", "flights: Polars script over the reader of file.read")
        report.ratio(f"flights demo {what}", "flights: Polars script, types of whole columns")
    report.ratio(f"{ROWS:,} rows of CSV into PostgreSQL: db.copy", f"{ROWS:,} rows of CSV into PostgreSQL: COPY alone")
    report.ratio("TPC-H: 22 workflows", "TPC-H: 22 queries in bare DuckDB")
    report.ratio("validate 10,000 nodes", "validate 1,000 nodes")
    report.print()


if __name__ == "__main__":
    main()

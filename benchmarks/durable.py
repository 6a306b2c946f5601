"""What durability costs beyond the plain chain: writes, waits, many at once, memory, and PostgreSQL."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from benchmarks.engine import fan_out, linear, median_seconds, run
from benchmarks.report import Report
from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.execution import ExecutionStatus
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.storage.data_folder import hold_data_folder

MANY = 10_000
SLEEPERS = 1_000
WAITING, AT_A_TIME = 10_000, 200
ACTIVE = 2_000
NODES = '''
import asyncio

from concertmaster import node


@node(id="bench.write", effect="write")
async def write() -> int:
    """Says that it writes, and does nothing."""
    return 1


@node(id="bench.busy", effect="none")
async def busy() -> int:
    """Takes its time."""
    await asyncio.sleep(600)
    return 1
'''


BUSY = {"concertmaster": 1, "name": "busy", "nodes": {"b": {"type": "bench.busy"}}}


def linear_write(length: int) -> dict[str, Any]:
    """A chain of nodes that write, so that each waits for the disk."""
    nodes = {f"n{index}": {"type": "bench.write"} for index in range(length)}
    edges = [f"n{index} -> n{index + 1}" for index in range(length - 1)]
    return {"concertmaster": 1, "name": f"write{length}", "nodes": nodes, "edges": edges}


def sleeping(name: str, duration: str) -> dict[str, Any]:
    """One wait."""
    nodes = {"w": {"type": "flow.wait", "config": {"duration": duration}}}
    return {"concertmaster": 1, "name": name, "nodes": nodes}


def resident_mb() -> float:
    """Memory of this process, in MB, after a collection."""
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


async def measure(report: Report, folder: Path, *, singles: int) -> None:
    """Fill in the rows on SQLite."""
    (folder / "nodes").mkdir(parents=True)
    (folder / "nodes" / "bench.py").write_text(NODES)
    settings = Settings(workspace=folder)
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            documents = (linear_write(10), linear(10), sleeping("second", "1s"), sleeping("day", "1d"), BUSY)
            for document in documents:
                await runtime.workflows.save(LOCAL_ADMIN, json.dumps(document).encode(), publish=True)
            report.set(
                "linear10 of writes, one at a time", await median_seconds(runtime, "write10", singles) * 1e3, "ms"
            )
            await _waiting(report, runtime)
            await _active(report, runtime)
            await _sleepers(report, runtime)
            await _many(report, runtime)


async def measure_postgres(report: Report, folder: Path, url: str, *, singles: int, at_once: int) -> None:
    """The plain rows on PostgreSQL."""
    folder.mkdir()
    settings = Settings(workspace=folder, database_url=SecretStr(url))
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            for document in (linear(10), fan_out(100)):
                await runtime.workflows.save(LOCAL_ADMIN, json.dumps(document).encode(), publish=True)
            found = await median_seconds(runtime, "linear10", singles)
            report.set("PostgreSQL: linear10, one at a time", found * 1e3, "ms")
            report.set(
                "PostgreSQL: fan-out 1 -> 100 -> 1", await median_seconds(runtime, "fan-out-100", 30) * 1e3, "ms"
            )
            begun = time.perf_counter()
            await asyncio.gather(*(run(runtime, "linear10") for _ in range(at_once)))
            report.set("PostgreSQL: linear10 at once", at_once / (time.perf_counter() - begun), "/s")


async def _many(report: Report, runtime: Runtime) -> None:
    await asyncio.gather(*(run(runtime, "linear10") for _ in range(200)))
    begun = time.perf_counter()
    await asyncio.gather(*(run(runtime, "linear10") for _ in range(MANY)))
    report.set(f"{MANY:,} linear10 at once", MANY / (time.perf_counter() - begun), "/s")


async def _active(report: Report, runtime: Runtime) -> None:
    """Executions in the middle of a node; what each costs is the growth of the process."""
    before = resident_mb()
    for _ in range(ACTIVE):
        await runtime.executions.start(LOCAL_ADMIN, "busy", {})
    while await _any(runtime, "queued"):
        await asyncio.sleep(0.1)
    report.set("memory for an active execution", (resident_mb() - before) * 1e3 / ACTIVE, "KB")
    await runtime.control.bulk(LOCAL_ADMIN, "cancel", ExecutionFilter("busy"))
    while await _any(runtime, "running"):
        await asyncio.sleep(0.1)


async def _sleepers(report: Report, runtime: Runtime) -> None:
    begun = time.perf_counter()
    await asyncio.gather(*(run(runtime, "second") for _ in range(SLEEPERS)))
    report.set(f"{SLEEPERS:,} executions that sleep 1 s", time.perf_counter() - begun, "s")
    report.set("memory after them", resident_mb(), "MB")


async def _waiting(report: Report, runtime: Runtime) -> None:
    """Executions that wait for a day: they leave memory."""
    before = resident_mb()
    for _ in range(WAITING // AT_A_TIME):
        await asyncio.gather(*(runtime.executions.start(LOCAL_ADMIN, "day", {}) for _ in range(AT_A_TIME)))
    while await _any(runtime, "queued", "running"):
        await asyncio.sleep(0.1)
    report.set(f"memory for {WAITING:,} waiting executions", resident_mb() - before, "MB")


async def _any(runtime: Runtime, *status: ExecutionStatus) -> bool:
    """Whether any execution has one of the statuses."""
    page = await runtime.executions.list(LOCAL_ADMIN, ExecutionFilter(status=status), limit=1)
    return bool(page.items)

"""The engine through its services, in this process: linear and fan-out workflows of nodes that do nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.storage.data_folder import hold_data_folder

WAIT_SECONDS = 120.0


def linear(length: int) -> dict[str, Any]:
    """A chain of no-op nodes."""
    nodes = {f"n{index}": {"type": "data.set", "config": {"value": 1}} for index in range(length)}
    edges = [f"n{index} -> n{index + 1}" for index in range(length - 1)]
    return {"concertmaster": 1, "name": f"linear{length}", "nodes": nodes, "edges": edges}


def fan_out(width: int) -> dict[str, Any]:
    """One node, `width` nodes, one node."""
    middle = [f"n{index}" for index in range(width)]
    nodes = {name: {"type": "data.set", "config": {"value": 1}} for name in ("first", *middle, "last")}
    edges = [f"first -> {name}" for name in middle] + [f"{name} -> last" for name in middle]
    return {"concertmaster": 1, "name": f"fan-out-{width}", "nodes": nodes, "edges": edges}


async def run(runtime: Runtime, workflow: str, inputs: dict[str, Any] | None = None) -> str:
    """Start an execution and wait for its durable end; returns its id."""
    started = await runtime.executions.start(LOCAL_ADMIN, workflow, inputs or {})
    row = await runtime.stream.until_final(started.row.id, WAIT_SECONDS)
    if row.status != "succeeded":
        raise RuntimeError(f"{workflow} {row.status}: {row.error}")
    return row.id


async def median_seconds(runtime: Runtime, workflow: str, times: int) -> float:
    """Median of runs one at a time, after a warm one."""
    await run(runtime, workflow)
    took: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        await run(runtime, workflow)
        took.append(time.perf_counter() - begun)
    return sorted(took)[times // 2]


async def measure(report: Report, folder: Path, *, singles: int, at_once: int) -> None:
    """Fill in the engine's rows."""
    folder.mkdir()
    settings = Settings(workspace=folder)
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            for document in (linear(10), linear(1000), fan_out(100)):
                await runtime.workflows.save(LOCAL_ADMIN, json.dumps(document).encode(), publish=True)
            gc.freeze()
            report.set("linear10, one at a time", await median_seconds(runtime, "linear10", singles) * 1e3, "ms")
            seconds = await median_seconds(runtime, "linear1000", 5)
            report.set("linear1000, per node", seconds * 1e3, "µs")
            report.set("fan-out 1 -> 100 -> 1", await median_seconds(runtime, "fan-out-100", 30) * 1e3, "ms")
            begun = time.perf_counter()
            await asyncio.gather(*(run(runtime, "linear10") for _ in range(at_once)))
            report.set("linear10 at once", at_once / (time.perf_counter() - begun), "/s")

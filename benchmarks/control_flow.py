"""Loops against the same work as plain nodes, a wide fan-out, and many executions that wait for a point in time."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks.engine import fan_out, linear, median_seconds
from benchmarks.report import Report
from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.storage.data_folder import hold_data_folder

ITEMS = 10_000
STARTS_AT_ONCE = 200
WITHIN = timedelta(minutes=1)


def loop(items: int, concurrency: int) -> dict[str, Any]:
    """A no-op node for each item of an input."""
    body = {"nodes": {"n": {"type": "data.set", "config": {"value": 1}}}}
    each = {
        "type": "flow.for_each",
        "config": {"items": "{{ inputs.items }}", "concurrency": concurrency},
        "body": body,
    }
    inputs = {"items": {"type": "array", "default": list(range(items))}}
    return {"concertmaster": 1, "name": f"loop-{concurrency}", "inputs": inputs, "nodes": {"each": each}}


def sleeper() -> dict[str, Any]:
    """Waits until an instant."""
    nodes = {"wait": {"type": "flow.wait", "config": {"until": "{{ inputs.until }}"}}}
    return {"concertmaster": 1, "name": "sleeper", "inputs": {"until": {"type": "string"}}, "nodes": nodes}


async def measure(report: Report, folder: Path, *, timers: int) -> None:
    """Fill in the rows of loops and timers."""
    folder.mkdir()
    settings = Settings(workspace=folder)
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            for document in (linear(1000), fan_out(1000), loop(ITEMS, 10), loop(ITEMS, 100), sleeper()):
                await runtime.workflows.save(LOCAL_ADMIN, json.dumps(document).encode(), publish=True)
            plain = await median_seconds(runtime, "linear1000", 5) * ITEMS / 1000
            report.set(f"{ITEMS:,} plain nodes", plain * 1e3, "ms")
            for concurrency in (10, 100):
                seconds = await median_seconds(runtime, f"loop-{concurrency}", 5)
                report.set(f"for_each over {ITEMS:,} items, {concurrency} at a time", seconds * 1e3, "ms")
            seconds = await median_seconds(runtime, "fan-out-1000", 10)
            report.set("fan-out 1 -> 1,000 -> 1", seconds * 1e3, "ms")
            await _timers(report, runtime, timers)


async def _timers(report: Report, runtime: Runtime, timers: int) -> None:
    """All hibernate, and are due within a minute."""
    before = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    probe = 1_000
    # How long the starts take is not known before; they have to be over when the first is due.
    first = datetime.now(UTC) + timedelta(days=1)
    for start in range(0, probe, STARTS_AT_ONCE):
        await _start(runtime, [first] * min(STARTS_AT_ONCE, probe - start))
    rate = probe / (time.perf_counter() - begun)
    base = datetime.now(UTC) + timedelta(seconds=1.5 * timers / rate + 20)
    due = [base + WITHIN * (index / timers) for index in range(timers)]
    ids: list[str] = []
    for start in range(0, timers, STARTS_AT_ONCE):
        ids += await _start(runtime, due[start : start + STARTS_AT_ONCE])
    report.set(f"{timers:,} sleepers: starts", timers / (time.perf_counter() - begun), "/s")
    await asyncio.sleep(10)
    grown = psutil.Process().memory_info().rss - before
    report.set(f"{timers:,} sleepers: memory", grown / 2**20, "MiB")
    last = await runtime.stream.until_final(ids[-1], (due[-1] - datetime.now(UTC)).total_seconds() + 600)
    lateness = sorted(
        [
            (row.ended_at - at).total_seconds()
            for row, at in [(await runtime.executions.get(LOCAL_ADMIN, ids[i]), due[i]) for i in range(0, timers, 97)]
            if row.ended_at is not None
        ]
    )
    assert last.ended_at is not None
    report.set(f"{timers:,} sleepers: p95 late", lateness[int(len(lateness) * 0.95)] * 1e3, "ms")
    report.set(f"{timers:,} sleepers: the last one late", (last.ended_at - due[-1]).total_seconds() * 1e3, "ms")


async def _start(runtime: Runtime, due: list[datetime]) -> list[str]:
    starts = (runtime.executions.start(LOCAL_ADMIN, "sleeper", {"until": at.isoformat()}) for at in due)
    return [started.row.id for started in await asyncio.gather(*starts)]

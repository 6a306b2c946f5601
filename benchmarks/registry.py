"""The registry: 200 plugin modules described and loaded, the same from the manifest, the reload of one, and the way
from an empty folder to the first node."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.report import Report
from benchmarks.server import start
from concertmaster.config import Settings
from concertmaster.nodes.registry import Registry
from concertmaster.observability.registry_metrics import RegistryMetrics
from concertmaster.registering.opening import open_registry

MODULES = 200
MODULE = '''
from typing import Literal

import polars as pl

from concertmaster import Context, node


@node(category="bench", effect="none")
def clean(table: pl.LazyFrame, column: str, mode: Literal["drop", "fill"] = "drop", value: float = 0.0) -> pl.LazyFrame:
    """Clean a column.

    Args:
        column: Which one.
        mode: What becomes of missing values.
        value: What they are filled with.
    """
    return table.drop_nulls(column) if mode == "drop" else table.with_columns(pl.col(column).fill_null(value))


@node(category="bench", effect="read")
def count(context: Context, path: str, limit: int = {number}) -> int:
    """Count lines."""
    return min(limit, len(context.path(path).read_text().splitlines()))
'''


def fill(workspace: Path) -> None:
    """Write the modules."""
    (workspace / "nodes").mkdir()
    for number in range(MODULES):
        (workspace / "nodes" / f"plugin{number}.py").write_text(MODULE.format(number=number))


async def opened(workspace: Path, mode: str) -> float:
    """Seconds until all types are there; dynamically they are imported as well."""
    settings = Settings.model_validate({"workspace": workspace, "registry_mode": mode})
    started = time.perf_counter()
    async with open_registry(settings, RegistryMetrics(), keep=True, hot=False) as live:
        took = time.perf_counter() - started
        demand(live.current)
        if mode == "dynamic":
            await live.freeze()
    return took


async def reloaded(workspace: Path) -> tuple[float, float]:
    """Seconds from the save of a file until it is in service: the first save, and one soon after."""
    settings = Settings(workspace=workspace)
    took: list[float] = []
    async with open_registry(settings, RegistryMetrics(), keep=True, hot=True) as live:
        for number in (1, 2):
            swapped = asyncio.Event()
            live.listeners.append(swapped.set)
            # The watch begins beside the block; a save before that is found as well, but later.
            await asyncio.sleep(0.5)
            started = time.perf_counter()
            (workspace / "nodes" / "plugin7.py").write_text(MODULE.format(number=1_000 + number))
            await swapped.wait()
            took.append(time.perf_counter() - started)
    return took[0], took[1]


def from_nothing(folder: Path) -> float:
    """Seconds that two commands take from an empty folder until the node is in the palette."""
    begun = time.perf_counter()
    words = [sys.executable, "-m", "concertmaster.cli.main", "nodes", "new", "hello"]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    server = start(folder)
    try:
        asked = urllib.request.Request(f"{server.url}/api/v1/node-types/hello.hello")
        asked.add_header("Authorization", f"Bearer {server.token}")
        with urllib.request.urlopen(asked, timeout=10):
            return time.perf_counter() - begun
    finally:
        server.stop()


def demand(registry: Registry) -> None:
    """Raise unless everything is there."""
    broken = [source.error for source in registry.sources if source.error]
    found = sum(spec.id.startswith("plugin") for spec in registry.specs())
    if broken or found != 2 * MODULES:
        raise RuntimeError(f"{found} types of plugins instead of {2 * MODULES}: {broken[:1]}")


def measure(report: Report) -> None:
    """Fill in the figures."""
    with tempfile.TemporaryDirectory() as folder:
        report.set("from an empty folder to a node in the palette", from_nothing(Path(folder)), "s")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        fill(workspace)
        report.set(f"registry: {MODULES} modules, cold", asyncio.run(opened(workspace, "dynamic")), "s")
        report.set(f"registry: {MODULES} modules, unchanged", asyncio.run(opened(workspace, "dynamic")), "s")
        report.set(f"registry: {MODULES} modules, manifest", asyncio.run(opened(workspace, "static")), "s")
        first, next_ = asyncio.run(reloaded(workspace))
        report.set("registry: reload of one, first", first, "s")
        report.set("registry: reload of one, next", next_, "s")

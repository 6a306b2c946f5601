"""The flights demo against the same work as plain Polars code: eager, in one process, nothing kept but the files."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from rich.console import Console

from benchmarks.engine import run
from benchmarks.report import Report
from concertmaster.bootstrap import build
from concertmaster.cli.demo import document_file, install_files
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.nodes.builtin.file_read import file_read
from concertmaster.storage.data_folder import hold_data_folder

NULLS = ["", "NA"]
MONTH = 7
TIMES = 7
TABLES = ("flights", "airlines", "airports")
# A file is known by its times once these are older than the steps in which file systems tell them.
SETTLED_SECONDS = 2.2


def read_by_polars(path: Path) -> pl.DataFrame:
    """With Polars' own types of whole columns, as `file.read` promises them."""
    return pl.read_csv(path, null_values=NULLS, infer_schema_length=None)


def bare(folder: Path, read: Callable[[Path], pl.DataFrame]) -> None:
    """The demo as a script."""
    flights, airlines, airports = (read(folder / f"{name}.csv") for name in TABLES)
    late = flights.filter(pl.col("dep_delay") > 15, pl.col("month") == MONTH)
    places = airports.select(dest="faa", destination="name")
    named = late.join(airlines, on="carrier", how="left").join(places, on="dest", how="left")
    routes = named.group_by("month", "origin", "dest").agg(
        pl.col("destination").drop_nulls().first(),
        airlines=pl.col("name").unique().sort().str.join(", "),
        flights=pl.len(),
        mean_delay=pl.col("dep_delay").mean().round(1),
        worst_delay=pl.col("dep_delay").max(),
    )
    ranked = routes.sort("mean_delay", "origin", "dest", descending=[True, False, False])
    ranked.write_parquet(folder / "bare.parquet")
    ranked.head(20).write_csv(folder / "bare.csv")


def median_seconds(work: Callable[[], None]) -> float:
    """Median of a few runs, after a warm one."""
    work()
    took: list[float] = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return sorted(took)[TIMES // 2]


def renew(file: Path) -> None:
    """Put another file with the same bytes in its place, as a nightly delivery does."""
    copy = file.with_suffix(".new")
    shutil.copyfile(file, copy)
    copy.replace(file)


async def measure(report: Report, folder: Path) -> None:
    """Fill in the demo's rows."""
    folder.mkdir()
    settings = Settings(workspace=folder)
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            install_files(folder, Console(quiet=True))
            document = document_file()
            await runtime.workflows.save(LOCAL_ADMIN, document.read_bytes(), publish=True)
            name = document.stem
            await run(runtime, name, {"month": MONTH})
            took = {what: list[float]() for what in ("of new files", "of files read once before", "of files as before")}
            for _ in range(TIMES):
                for table in TABLES:
                    renew(folder / f"{table}.csv")
                await asyncio.sleep(SETTLED_SECONDS)
                for seconds in took.values():
                    begun = time.perf_counter()
                    await run(runtime, name, {"month": MONTH})
                    seconds.append(time.perf_counter() - begun)
            for what, seconds in took.items():
                report.set(f"flights demo {what}", sorted(seconds)[TIMES // 2] * 1e3, "ms")

    def read_by_us(path: Path) -> pl.DataFrame:
        """With the function behind file.read."""
        read = file_read(str(path))
        assert isinstance(read, pl.LazyFrame)
        return read.collect()

    by_polars = median_seconds(lambda: bare(folder, read_by_polars))
    report.set("flights: Polars script, types of whole columns", by_polars * 1e3, "ms")
    report.set(
        "flights: Polars script over the reader of file.read",
        median_seconds(lambda: bare(folder, read_by_us)) * 1e3,
        "ms",
    )

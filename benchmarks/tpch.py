"""The 22 TPC-H queries at scale 1, each a workflow that reads its tables, against the same queries in bare DuckDB."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.engine import run
from benchmarks.report import Report
from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.storage.data_folder import hold_data_folder

SCALE = 1
TIMES = 3
TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
QUERIES = Path(__file__).parent / "tpch_queries"


def generate(folder: Path) -> None:
    """Write the tables as Parquet."""
    command = [
        str(Path(sys.executable).parent / "tpchgen-cli"),
        "parquet",
        "-s",
        str(SCALE),
        "--output-dir",
        str(folder),
    ]
    subprocess.run(command, check=True, capture_output=True)


def workflow(name: str, query: str) -> dict[str, Any]:
    """Reads the tables that the query names, and runs it."""
    tables = [table for table in TABLES if re.search(rf"\b{table}\b", query)]
    reads = {table: {"type": "file.read", "config": {"path": f"tpch/{table}.parquet"}} for table in tables}
    return {
        "concertmaster": 1,
        "name": f"tpch-{name}",
        "nodes": {**reads, "query": {"type": "table.sql", "config": {"query": query}}},
        "edges": [f"{table} -> query.{table}" for table in tables],
        "outputs": {"rows": "{{ nodes.query.rows }}"},
    }


def bare(folder: Path, queries: dict[str, str]) -> tuple[dict[str, float], dict[str, int]]:
    """Seconds and rows of each query."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    for table in TABLES:
        con.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder / table}.parquet')")
    took: dict[str, float] = {}
    rows: dict[str, int] = {}
    for name, query in queries.items():
        runs: list[float] = []
        for _ in range(TIMES + 1):
            begun = time.perf_counter()
            rows[name] = con.sql(query).to_arrow_table().num_rows
            runs.append(time.perf_counter() - begun)
        took[name] = sorted(runs[1:])[TIMES // 2]
    return took, rows


async def _ours(runtime: Runtime, name: str) -> tuple[float, float, int]:
    """Seconds of the first run and of later ones, and the rows that came out."""
    runs: list[float] = []
    last = ""
    for _ in range(TIMES + 1):
        begun = time.perf_counter()
        last = await run(runtime, f"tpch-{name}")
        runs.append(time.perf_counter() - begun)
    shown = await runtime.executions.show(LOCAL_ADMIN, last)
    return runs[0], sorted(runs[1:])[TIMES // 2], shown["outputs"]["rows"]


async def measure(report: Report, folder: Path) -> None:
    """Fill in the rows of TPC-H."""
    data = folder / "tpch"
    data.mkdir(parents=True)
    generate(data)
    queries = {path.stem: path.read_text() for path in sorted(QUERIES.glob("*.sql"))}
    took, rows = bare(data, queries)
    first: dict[str, float] = {}
    later: dict[str, float] = {}
    settings = Settings(workspace=folder)
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            for name, query in queries.items():
                document = json.dumps(workflow(name, query)).encode()
                await runtime.workflows.save(LOCAL_ADMIN, document, publish=True)
                first[name], later[name], found = await _ours(runtime, name)
                if found != rows[name]:
                    raise RuntimeError(f"TPC-H {name}: {found} rows instead of {rows[name]}")
                print(f"    {name}: {later[name] * 1e3:,.0f} ms, bare {took[name] * 1e3:,.0f} ms", flush=True)
    report.set("TPC-H: 22 queries in bare DuckDB", sum(took.values()), "s")
    report.set("TPC-H: 22 workflows", sum(later.values()), "s")
    report.set("TPC-H: 22 workflows, the first time", sum(first.values()), "s")

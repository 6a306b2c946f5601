"""The floors as rows of the table: bare loops that only commit. Takes the database's URL and `strict` or `behind`."""

# The drivers are installed in this row's own environment only.
# pyright: basic, reportMissingImports=false
from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from sqlite3 import sqlite_version

import psycopg
import uvloop

from benchmarks import floor, floor_postgres
from benchmarks.peers.workload import Figures

SINGLES, AT_ONCE = 200, 1_000


def main() -> None:
    """Measure and print; a floor has no fan-out."""
    url, mode = sys.argv[1:]
    strict = mode == "strict"
    if url.startswith("sqlite"):
        database = f"SQLite {sqlite_version}"
        median, rate = uvloop.run(floor.measure(Path.cwd(), strict=strict, singles=SINGLES, at_once=AT_ONCE))
    else:
        with psycopg.connect(url) as db:
            number = db.info.server_version
        drivers = f"psycopg {version('psycopg')}"
        database = f"PostgreSQL {number // 10_000}.{number % 10_000}; {drivers}"
        median, rate = uvloop.run(floor_postgres.measure(url, strict=strict, singles=SINGLES, at_once=AT_ONCE))
    figures = Figures(
        linear10_ms=median * 1e3,
        at_once_per_second=rate,
        n=AT_ONCE,
        fan_out_ms=None,
        version=database,
        durability="every step, before the next" if strict else "start and end before they are answered, steps behind",
    )
    print(json.dumps(asdict(figures)), flush=True)


if __name__ == "__main__":
    main()

"""CSV into PostgreSQL by `db.copy` as a whole workflow, against COPY alone of the same file into the same table."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.engine import run
from benchmarks.report import Report
from concertmaster.bootstrap import build
from concertmaster.config import Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.storage.data_folder import hold_data_folder

ROWS = 1_000_000
TIMES = 3
_BLOCK_BYTES = 256 * 1024
_MADE = "create table {} (id bigint, at timestamp, customer text, amount integer, price double precision, paid boolean)"
_DOCUMENT = b"""
concertmaster: 1
name: csv-into-postgresql
nodes:
  copy: {type: db.copy, config: {connection: there, table: by_node, path: rows.csv, mode: insert}}
"""


def _write_rows(path: Path, rows: int) -> None:
    dice = random.Random(5)
    with path.open("w") as lines:
        lines.write("id,at,customer,amount,price,paid\n")
        for number in range(rows):
            at = f"2024-{number % 12 + 1:02}-{number % 28 + 1:02} {number % 24:02}:{number % 60:02}:00"
            price = round(dice.random() * 1000, 2)
            lines.write(f'{number},{at},"customer {dice.randrange(50_000)}",{number % 900},{price},{number % 3 == 0}\n')


def _copy_alone(url: str, path: Path) -> None:
    statement = "copy alone from stdin (format csv, header true)"
    with psycopg.connect(url) as connection, path.open("rb") as source, connection.cursor().copy(statement) as copy:
        while block := source.read(_BLOCK_BYTES):
            copy.write(block)


def _emptied(url: str, table: str) -> None:
    """An empty table, and a server that has nothing of the former round left to do."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"truncate {table}")  # pyright: ignore[reportArgumentType, reportCallIssue]
        connection.execute("checkpoint")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


async def measure(report: Report, folder: Path, url: str, *, rows: int = ROWS) -> None:
    """Fill in the rows of copying; both take turns, the fastest of a few counts.

    Args:
        url: of a PostgreSQL that is nobody else's.
    """
    folder.mkdir()
    _write_rows(folder / "rows.csv", rows)
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("alone", "by_node"):
            connection.execute(_MADE.format(table))  # pyright: ignore[reportArgumentType, reportCallIssue]
    settings = Settings(workspace=folder, egress_allow=("127.0.0.1",))
    alone: list[float] = []
    by_node: list[float] = []
    with hold_data_folder(settings):
        async with build(settings) as runtime:
            place = conninfo_to_dict(url)
            values = {"host": place["host"], "port": int(str(place["port"])), "username": place["user"]}
            values["database"] = place["dbname"]
            await runtime.connections.put(LOCAL_ADMIN, "there", "postgres", values, replace=False)
            await runtime.workflows.save(LOCAL_ADMIN, _DOCUMENT, publish=True)
            for _ in range(TIMES):
                _emptied(url, "alone")
                alone.append(_seconds(lambda: _copy_alone(url, folder / "rows.csv")))
                _emptied(url, "by_node")
                begun = time.perf_counter()
                await run(runtime, "csv-into-postgresql", {})
                by_node.append(time.perf_counter() - begun)
    report.set(f"{rows:,} rows of CSV into PostgreSQL: COPY alone", min(alone) * 1e3, "ms")
    report.set(f"{rows:,} rows of CSV into PostgreSQL: db.copy", min(by_node) * 1e3, "ms")

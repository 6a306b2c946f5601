"""DBOS: a library that records every step in the database of the application. Takes the database's URL."""

# The peer is installed in its own environment only: where pyright runs, its name leads to this folder or to nothing.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import asyncio
import sqlite3
import sys
from importlib.metadata import version
from pathlib import Path

from dbos import DBOS, DBOSConfig

from benchmarks.peers.workload import STEPS, WIDTH, Sizes, measure


@DBOS.step()
async def step(done: int) -> int:
    """Do nothing."""
    return done + 1


@DBOS.workflow()
async def linear10() -> int:
    """Ten steps in sequence."""
    done = 0
    for _ in range(STEPS):
        done = await step(done)
    return done


@DBOS.workflow()
async def fan_out() -> int:
    """One, many, one."""
    first = await step(0)
    middle = await asyncio.gather(*(step(0) for _ in range(WIDTH)))
    return first + sum(middle) + await step(0)


def durability(url: str) -> str:
    """As the database says it, since DBOS leaves these settings as they are."""
    if not url.startswith("sqlite"):
        return "every step, before the next (a commit with fsync each)"
    with sqlite3.connect(Path(url.removeprefix("sqlite:///"))) as db:
        mode = db.execute("pragma journal_mode").fetchone()[0]
        sync = {1: "normal", 2: "full"}.get(db.execute("pragma synchronous").fetchone()[0], "other")
    return f"every step, before the next (journal_mode={mode}, synchronous={sync})"


async def main() -> None:
    """Measure."""
    url = sys.argv[1]
    config: DBOSConfig = {"name": "peer", "system_database_url": url, "log_level": "ERROR", "run_admin_server": False}
    DBOS(config=config)
    DBOS.launch()
    try:
        await measure(linear10, fan_out, sizes=Sizes(at_once=100), version=version("dbos"), durability=durability(url))
    finally:
        DBOS.destroy()


if __name__ == "__main__":
    asyncio.run(main())

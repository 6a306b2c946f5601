"""Prefect: flows and tasks in this process that report every change of state to a server. Takes PostgreSQL's URL."""

# The peer is installed in its own environment only: where pyright runs, its name leads to this folder or to nothing.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.servers import server
from benchmarks.peers.workload import STEPS, WIDTH, Sizes, measure
from benchmarks.postgres import free_port

PREFECT = Path(sys.prefix) / "bin/prefect"


def flows() -> tuple[Callable[[], Awaitable[int]], Callable[[], Awaitable[int]]]:
    """The two flows; made late, because Prefect reads its settings when it is imported."""
    prefect = import_module("prefect")
    no_cache = import_module("prefect.cache_policies").NO_CACHE

    @prefect.task(cache_policy=no_cache)  # or equal steps of one run might be taken for one
    async def step(done: int) -> int:
        return done + 1

    @prefect.flow
    async def linear10() -> int:
        done = 0
        for _ in range(STEPS):
            done = await step(done)
        return done

    @prefect.flow
    async def fan_out() -> int:
        first = await step(0)
        middle = await asyncio.gather(*(step(0) for _ in range(WIDTH)))
        return await step(first + sum(middle))

    return linear10, fan_out


def main() -> None:
    """Start the server and measure against it."""
    port = free_port()
    os.environ.update(
        {
            "PREFECT_HOME": str(Path.cwd() / "home"),
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": sys.argv[1].replace("postgresql://", "postgresql+asyncpg://"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "DO_NOT_TRACK": "1",
        }
    )
    with server([PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)], port=port):
        linear10, fan_out = flows()
        asyncio.run(
            measure(
                linear10,
                fan_out,
                sizes=Sizes(singles=10, at_once=20, fan_outs=3),
                version=version("prefect"),
                durability="flows' states before they go on, tasks' states behind; results in memory only",
            )
        )


if __name__ == "__main__":
    main()

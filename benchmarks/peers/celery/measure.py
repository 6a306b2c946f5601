"""Celery: a queue on Redis and a worker that takes tasks from it; a workflow is a chain of messages."""

# The peer is installed in its own environment only: where pyright runs, its name leads to this folder or to nothing.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from celery import Signature, chain, chord

from benchmarks.peers.servers import server
from benchmarks.peers.workload import STEPS, WIDTH, Sizes, measure
from benchmarks.postgres import free_port

CELERY = Path(sys.prefix) / "bin/celery"
MODULE = "benchmarks.peers.celery.tasks"
ANSWER_SECONDS = 120


def redis_server() -> str:
    """The installed binary.

    Raises:
        RuntimeError: there is none.
    """
    found = shutil.which("redis-server")
    if found is None:
        raise RuntimeError("no redis-server; on Debian: apt-get install redis-server")
    return found


async def workflows(redis: str) -> None:
    """Measure with the worker that runs; calls block, and nothing else is on this event loop."""
    tasks = import_module(MODULE)  # reads the broker's URL when it is loaded
    # The worker has connected when it answers.
    while not tasks.app.control.ping(timeout=0.5):
        pass

    # Made anew for each run: a signature that is sent twice keeps task ids, and the second run gets the first's result.
    def ten() -> Signature:
        return chain(tasks.step.s(0), *(tasks.step.s() for _ in range(STEPS - 1)))

    def fan() -> Signature:
        return chain(tasks.step.s(0), chord([tasks.step.s() for _ in range(WIDTH)], tasks.last.s()))

    async def linear10() -> int:
        return ten().apply_async().get(ANSWER_SECONDS)

    async def fan_out() -> int:
        # Each of the parallel steps counted the first one in.
        return fan().apply_async().get(ANSWER_SECONDS) - WIDTH + 1

    async def together(count: int) -> list[int]:
        started = [ten().apply_async() for _ in range(count)]
        return [one.get(ANSWER_SECONDS) for one in started]

    server_version = subprocess.run([redis, "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    await measure(
        linear10,
        fan_out,
        sizes=Sizes(),
        together=together,
        version=f"{version('celery')}, Redis {server_version.removeprefix('v=')}",
        durability="in Redis' memory until its next snapshot; a worker that dies loses its task",
    )


def main() -> None:
    """Start Redis and a worker of as many processes as there are cores, and measure."""
    redis, port = redis_server(), free_port()
    url = f"redis://127.0.0.1:{port}/0"
    os.environ["BENCH_PEERS_REDIS"] = url
    worker = [CELERY, "--quiet", "-A", MODULE, "worker", "--loglevel=ERROR", f"--concurrency={os.cpu_count()}"]
    with ExitStack() as stack:
        stack.enter_context(server([redis, "--port", str(port), "--bind", "127.0.0.1"], port=port))
        stack.enter_context(server(worker, port=None))
        asyncio.run(workflows(redis))


if __name__ == "__main__":
    main()

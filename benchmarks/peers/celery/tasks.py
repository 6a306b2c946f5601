"""The tasks, as the worker and the client load them; the broker's URL comes from the environment."""

# The peer is installed in its own environment only: where pyright runs, its name leads to this folder or to nothing.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import os

from celery import Celery

BROKER = "BENCH_PEERS_REDIS"

app = Celery("peer", broker=os.environ[BROKER], backend=os.environ[BROKER])


@app.task
def step(done: int) -> int:
    """Do nothing."""
    return done + 1


@app.task
def last(done: list[int]) -> int:
    """The step that joins the parallel ones."""
    return sum(done) + 1

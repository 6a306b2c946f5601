"""A 5 GB table read, filtered, grouped and written by a real server: the most memory that it takes meanwhile."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import duckdb
import psutil

from benchmarks.report import Report
from benchmarks.server import Server, start

ROWS = 87_500_000
FLOATS = 7
POLL_SECONDS = 0.02
WAIT_SECONDS = 300

WORKFLOW: dict[str, Any] = {
    "concertmaster": 1,
    "name": "pass",
    "nodes": {
        "read": {"type": "file.read", "config": {"path": "large.parquet"}},
        "half": {"type": "table.filter", "config": {"condition": "x0 > 0.5"}},
        "groups": {"type": "table.aggregate", "config": {"by": ["g"], "measures": {"n": "count()", "m": "avg(x1)"}}},
        "write": {"type": "file.write", "config": {"path": "groups.csv"}},
    },
    "edges": ["read -> half", "half -> groups", "groups -> write"],
}


def generate(path: Path) -> int:
    """Write a table that does not compress; returns its bytes."""
    columns = ", ".join(["(random() * 1000)::BIGINT AS g", *(f"random() AS x{number}" for number in range(FLOATS))])
    form = "FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 131072"
    duckdb.execute(f"COPY (SELECT {columns} FROM range({ROWS})) TO '{path}' ({form})")
    return path.stat().st_size


class Watch:
    """The most memory of a process while it is watched."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.before = self.peak = self._process.memory_info().rss

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            self.peak = max(self.peak, self._process.memory_info().rss)


def ask(server: Server, path: str, body: Any) -> Any:
    """POST, and the answer."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.token}"}
    request = urllib.request.Request(f"{server.url}/api/v1{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS + 10) as answer:
        return json.load(answer)


def measure(report: Report, folder: Path) -> None:
    """Fill in the rows of the pass."""
    folder.mkdir()
    size_bytes = generate(folder / "large.parquet")
    server = start(folder)
    try:
        ask(server, "/workflows", WORKFLOW)
        with Watch(server.process.pid) as watch:
            begun = time.perf_counter()
            ended = ask(server, f"/workflows/pass/executions?wait={WAIT_SECONDS}", {"inputs": {}})
            took = time.perf_counter() - begun
        if ended["status"] != "succeeded":
            raise RuntimeError(f"the pass {ended['status']}: {ended['error']}")
    finally:
        server.stop()
    report.set("pass over a large table: its size", size_bytes / 1e9, "GB")
    report.set("pass over a large table: most memory above idle", (watch.peak - watch.before) / 1e6, "MB")
    report.set("pass over a large table", took, "s")

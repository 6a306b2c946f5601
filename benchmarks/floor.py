"""The floor: an asyncio loop with group commit on SQLite and nothing else. What durability itself costs here."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from pathlib import Path

EVENTS = 12  # created, ten nodes, succeeded


class GroupCommit:
    """One writer thread: takes whatever is queued, commits it as one transaction, resolves the waiters."""

    def __init__(self, path: Path) -> None:
        self._queue: queue.SimpleQueue[tuple[list[tuple[str, int, str]], asyncio.Future[None]] | None]
        self._queue = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write, args=(path,), daemon=True)
        self._thread.start()

    def append(self, rows: list[tuple[str, int, str]]) -> asyncio.Future[None]:
        future: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((rows, future))
        return future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _write(self, path: Path) -> None:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
        db.execute("create table events(execution text, seq int, data text, primary key(execution, seq)) without rowid")
        while True:
            group = [self._queue.get()]
            while not self._queue.empty():
                group.append(self._queue.get())
            items = [item for item in group if item is not None]
            db.execute("begin immediate")
            db.executemany("insert into events values (?, ?, ?)", [row for rows, _ in items for row in rows])
            db.execute("commit")
            self._loop.call_soon_threadsafe(_resolve, [future for _, future in items])
            if len(items) < len(group):
                return


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


async def _noop() -> int:
    return 1


async def _linear10(commit: GroupCommit, name: str, *, strict: bool) -> None:
    """Created durably, ten no-op tasks, then the end durably; `strict` commits every step before the next."""
    await commit.append([(name, 1, "{}")])
    rows: list[tuple[str, int, str]] = []
    for seq in range(2, EVENTS):
        await asyncio.create_task(_noop())
        rows.append((name, seq, '{"attempt": 1, "outputs": {"out": {"kind": "json", "value": 1}}}'))
        if strict:
            await commit.append(rows)
            rows = []
    await commit.append([*rows, (name, EVENTS, "{}")])


async def measure(folder: Path, *, strict: bool, singles: int, at_once: int) -> tuple[float, float]:
    """Median seconds of one run at a time, and runs per second when `at_once` start together."""
    commit = GroupCommit(folder / f"floor-{strict}.db")
    await _linear10(commit, "warm", strict=strict)
    times: list[float] = []
    for index in range(singles):
        begun = time.perf_counter()
        await _linear10(commit, f"single-{index}", strict=strict)
        times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    await asyncio.gather(*(_linear10(commit, f"many-{index}", strict=strict) for index in range(at_once)))
    rate = at_once / (time.perf_counter() - begun)
    commit.close()
    return sorted(times)[singles // 2], rate

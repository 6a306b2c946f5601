"""The floor on PostgreSQL: as `floor.py`, with a writer that commits whatever is queued as one statement.

`python -m benchmarks.floor_postgres [URL]` prints its figures; without a URL on a private server. The driver is psycopg
in a thread: over twelve turns asyncpg was 15 % faster one at a time, and psycopg 10 % faster at once.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import uvloop

from benchmarks.postgres import private_postgres

EVENTS = 12  # created, ten nodes, succeeded
SINGLES, AT_ONCE = 200, 1_000
Row = tuple[str, int, str]
TABLE = (
    "drop table if exists floor_events; "
    "create table floor_events(execution text, seq int, data text, primary key(execution, seq))"
)
# One statement is one round trip and commits itself. psycopg makes arrays of lists in Python, which halves its rate, so
# it gets its columns as one text each. Slower as well: copy, json_array_elements, and executemany in a transaction.
SEPARATOR = "\x1f"  # JSON escapes it, so it is in no row
PSYCOPG_INSERT = (
    "insert into floor_events select * from "
    "unnest(string_to_array(%s, chr(31)), string_to_array(%s, ',')::int[], string_to_array(%s, chr(31)))"
)


class PsycopgThread:
    """One writer thread with a synchronous connection."""

    def __init__(self, url: str) -> None:
        self._queue: queue.SimpleQueue[tuple[list[Row], asyncio.Future[None]] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write, args=(url,), daemon=True)
        self._thread.start()

    def append(self, rows: list[Row]) -> asyncio.Future[None]:
        future: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((rows, future))
        return future

    async def close(self) -> None:
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _write(self, url: str) -> None:
        with psycopg.connect(url, autocommit=True, prepare_threshold=0) as db:
            while True:
                group = [self._queue.get()]
                while not self._queue.empty():
                    group.append(self._queue.get())
                items = [item for item in group if item is not None]
                if items:
                    db.execute(PSYCOPG_INSERT, _packed([row for rows, _ in items for row in rows]))
                    self._loop.call_soon_threadsafe(_resolve, [future for _, future in items])
                if len(items) < len(group):
                    return


def _packed(rows: list[Row]) -> tuple[str, str, str]:
    executions, seqs, data = zip(*rows, strict=True)
    return SEPARATOR.join(executions), ",".join(map(str, seqs)), SEPARATOR.join(data)


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


async def _noop() -> int:
    return 1


async def _linear10(commit: PsycopgThread, name: str, *, strict: bool) -> None:
    """Created durably, ten no-op tasks, then the end durably; `strict` commits every step before the next."""
    await commit.append([(name, 1, "{}")])
    rows: list[Row] = []
    for seq in range(2, EVENTS):
        await asyncio.create_task(_noop())
        rows.append((name, seq, '{"attempt": 1, "outputs": {"out": {"kind": "json", "value": 1}}}'))
        if strict:
            await commit.append(rows)
            rows = []
    await commit.append([*rows, (name, EVENTS, "{}")])


async def measure(url: str, *, strict: bool, singles: int, at_once: int) -> tuple[float, float]:
    """Median seconds of one run at a time, and runs per second when `at_once` start together."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(TABLE)
    commit = PsycopgThread(url)
    await _linear10(commit, "warm", strict=strict)
    times: list[float] = []
    for index in range(singles):
        begun = time.perf_counter()
        await _linear10(commit, f"single-{index}", strict=strict)
        times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    await asyncio.gather(*(_linear10(commit, f"many-{index}", strict=strict) for index in range(at_once)))
    rate = at_once / (time.perf_counter() - begun)
    await commit.close()
    return sorted(times)[singles // 2], rate


def compare(url: str) -> None:
    """Print the figures, a few times, since other work on the machine comes and goes."""
    for turn in range(3):
        for strict in (False, True):
            median, rate = uvloop.run(measure(url, strict=strict, singles=SINGLES, at_once=AT_ONCE))
            mode = "every step durable" if strict else "write-behind"
            print(f"{turn + 1}. {mode}: {median * 1e3:.2f} ms, {rate:,.0f}/s", flush=True)


def main() -> None:
    """On the server of the URL, or on a private one."""
    if len(sys.argv) > 1:
        compare(sys.argv[1])
        return
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name,
        private_postgres(Path(name) / "postgresql") as url,
    ):
        compare(url)


if __name__ == "__main__":
    main()

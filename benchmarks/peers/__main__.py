"""`make bench-peers`: three workloads on other tools, on bare loops and on ConcertMaster, in one run here."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

from benchmarks.peers.environment import NotAvailable, environment
from benchmarks.peers.table import markdown
from benchmarks.peers.workload import Figures
from benchmarks.postgres import private_postgres

ROOT = Path(__file__).parent.parent.parent
RUN_SECONDS, STOP_SECONDS = 300, 20
OWN = "ConcertMaster on SQLite"


@dataclass(frozen=True, slots=True)
class Row:
    """What is started for one line of the table; `peer` is a folder beside this file, or None for ConcertMaster."""

    name: str
    peer: str | None
    database: Literal["sqlite", "postgresql"] | None = None
    arguments: tuple[str, ...] = ()


ROWS = (
    Row(OWN, None),
    Row("ConcertMaster on PostgreSQL", None, "postgresql"),
    Row("Bare loop on SQLite, write-behind", "floor", "sqlite", ("behind",)),
    Row("Bare loop on SQLite, strict", "floor", "sqlite", ("strict",)),
    Row("Bare loop on PostgreSQL, write-behind", "floor", "postgresql", ("behind",)),
    Row("Bare loop on PostgreSQL, strict", "floor", "postgresql", ("strict",)),
    Row("DBOS on SQLite", "dbos", "sqlite"),
    Row("DBOS on PostgreSQL", "dbos", "postgresql"),
    Row("Restate", "restate"),
    Row("Prefect on PostgreSQL", "prefect", "postgresql"),
    Row("Celery on Redis", "celery"),
    Row("Hamilton", "hamilton"),
)


def chosen(peers: str) -> list[Row]:
    """The rows of a comma-separated list of peers, all when it is empty; ConcertMaster's are always among them.

    Raises:
        SystemExit: a name is unknown.
    """
    known = {row.peer for row in ROWS if row.peer}
    names = {name.strip() for name in peers.split(",") if name.strip()}
    if unknown := names - known:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; peers are {', '.join(sorted(known))}")
    return [row for row in ROWS if row.peer is None or not names or row.peer in names]


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what the script left running, politely first; the script leads the group and so nothing else is hit."""
    with suppress(ProcessLookupError):  # nobody is left in the group
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.killpg(process.pid, number)
            give_up = time.monotonic() + STOP_SECONDS
            while time.monotonic() < give_up:
                process.poll()  # a leader that has ended stays in its group until it is waited for
                os.killpg(process.pid, 0)
                time.sleep(0.1)


def _figures(command: list[str | Path], folder: Path, variables: dict[str, str]) -> Figures:
    """Run a script that prints figures as its last line."""
    with (folder / "out.log").open("w+b") as out, (folder / "err.log").open("w+b") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        )
        try:
            code = process.wait(RUN_SECONDS)
        except subprocess.TimeoutExpired:
            raise NotAvailable(f"took more than {RUN_SECONDS} s") from None
        finally:
            _end_group(process)
    lines = (folder / "out.log").read_text().splitlines()
    if code != 0 or not lines:
        said = (folder / "err.log").read_text(errors="replace").strip().splitlines()
        raise NotAvailable(said[-1].strip()[:200] if said else f"ended with {code}")
    return Figures(**json.loads(lines[-1]))


@contextmanager
def _database(row: Row, folder: Path) -> Generator[str | None]:
    """The URL of the row's own new database."""
    if row.database == "postgresql":
        with private_postgres(folder / "postgresql") as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'peer.db'}" if row.database else None


def measured(row: Row, base: Path) -> Figures | str:
    """A row's figures, or in one line why there are none."""
    folder = base / "runs" / row.name.replace(" ", "-").lower()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        python = environment(base, row.peer) if row.peer else Path(sys.executable)
        load = os.getloadavg()[0]
        with _database(row, folder) as url:
            if row.peer is None:
                variables = {"CONCERTMASTER_DATABASE_URL": url} if url else {}
                figures = _figures([python, "-m", "benchmarks.peers.own_figures"], folder, variables)
            else:
                module = f"benchmarks.peers.{row.peer}.measure"
                figures = _figures([python, "-m", module, *([url] if url else []), *row.arguments], folder, {})
    except (NotAvailable, RuntimeError, OSError, ValueError) as error:
        print(f"{row.name}: not available: {error} (logs: {folder.relative_to(ROOT)})", flush=True)
        # Whoever copies the table does not want this machine's paths in it.
        return " ".join(str(error).replace(f"{ROOT}/", "").split())
    shutil.rmtree(folder)
    print(
        f"{row.name}: {figures.linear10_ms:.2f} ms, {figures.at_once_per_second:,.1f}/s; load before: {load:.1f}",
        flush=True,
    )
    return figures


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main() -> None:
    """Measure the chosen peers and print the table."""
    # As an exception, so that everything that was started is stopped on the way out.
    signal.signal(signal.SIGTERM, _exit)
    # In the working folder, not in /tmp: that may be memory, where an fsync costs nothing.
    base = ROOT / ".bench-peers"
    base.mkdir(exist_ok=True)
    rows = {row.name: measured(row, base) for row in chosen(sys.argv[1] if len(sys.argv) > 1 else "")}
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\nPython {platform.python_version()}, {os.cpu_count()} cores, load averages at the end: {load}.")
    print(f"In brackets: times the figure of {OWN}. N: how many were started together.\n")
    print(markdown(rows, OWN))


if __name__ == "__main__":
    main()

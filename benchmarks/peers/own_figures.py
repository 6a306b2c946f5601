"""ConcertMaster's own figures, from the benchmark of the engine, printed as a peer's script prints its.

The database is what the settings say: SQLite, or the one of `CONCERTMASTER_DATABASE_URL`.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import uvloop

from benchmarks import engine
from benchmarks.peers.workload import Figures
from benchmarks.report import Report

SINGLES, AT_ONCE = 200, 1_000


class Kept(Report):
    """A report whose figures can be read."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, float] = {}

    def set(self, name: str, value: float, unit: str) -> None:
        """Note a figure, in `unit`."""
        super().set(name, value, unit)
        self.kept[name] = value


def main() -> None:
    """Measure and print."""
    report = Kept()
    uvloop.run(engine.measure(report, Path("engine"), singles=SINGLES, at_once=AT_ONCE))
    database = "PostgreSQL" if os.environ.get("CONCERTMASTER_DATABASE_URL") else "SQLite, synchronous=full"
    figures = Figures(
        linear10_ms=report.kept["linear10, one at a time"],
        at_once_per_second=report.kept["linear10 at once"],
        n=AT_ONCE,
        fan_out_ms=report.kept["fan-out 1 -> 100 -> 1"],
        version=version("concertmaster"),
        durability=f"start and end before they are answered, steps in groups behind ({database})",
    )
    print(json.dumps(asdict(figures)), flush=True)


if __name__ == "__main__":
    main()

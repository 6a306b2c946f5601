"""Table formats on the flights table: the figures of decision 0002.

python -m benchmarks.tables path/to/flights.csv
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import polars as pl

ROW_GROUP_ROWS = 128 * 1024
ROUNDS = 15


def milliseconds(work: Callable[[], object]) -> float:
    """The fastest of `ROUNDS` rounds, which other work on the machine disturbs least."""
    took: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    return min(took)


def main() -> None:
    """Print one line a format: write, read all, group by two columns, read 100 rows at 200,000, size."""
    frame = pl.read_csv(sys.argv[1], null_values=["", "NA"], infer_schema_length=None)
    print(f"{frame.height:,} rows, {frame.width} columns; milliseconds (best of {ROUNDS}) and MB")
    print(f"{'format':<18}{'write':>8}{'read':>8}{'group':>8}{'slice':>8}{'MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        for name, write, scan in _formats(frame, path):
            took = [
                milliseconds(write),
                milliseconds(lambda scan=scan: scan().collect()),
                milliseconds(lambda scan=scan: scan().group_by("origin", "dest").agg(pl.mean("dep_delay")).collect()),
                milliseconds(lambda scan=scan: scan().slice(200_000, 100).collect()),
            ]
            print(f"{name:<18}" + "".join(f"{figure:>8.1f}" for figure in took) + f"{path.stat().st_size / 1e6:>8.1f}")


def _formats(frame: pl.DataFrame, path: Path) -> list[tuple[str, Callable[[], object], Callable[[], pl.LazyFrame]]]:
    def parquet(compression: Literal["lz4", "zstd", "uncompressed"], level: int | None = None) -> Callable[[], object]:
        return lambda: frame.lazy().sink_parquet(
            path, compression=compression, compression_level=level, row_group_size=ROW_GROUP_ROWS, statistics=True
        )

    def read_parquet() -> pl.LazyFrame:
        return pl.scan_parquet(path)

    def read_ipc() -> pl.LazyFrame:
        return pl.scan_ipc(path)

    return [
        ("parquet lz4", parquet("lz4"), read_parquet),
        ("parquet zstd 1", parquet("zstd", 1), read_parquet),
        ("parquet zstd 3", parquet("zstd", 3), read_parquet),
        ("parquet none", parquet("uncompressed"), read_parquet),
        ("arrow ipc lz4", lambda: frame.write_ipc(path, compression="lz4"), read_ipc),
        ("arrow ipc zstd", lambda: frame.write_ipc(path, compression="zstd"), read_ipc),
        ("arrow ipc none", lambda: frame.write_ipc(path, compression="uncompressed"), read_ipc),
    ]


if __name__ == "__main__":
    main()

"""Tables for tests that call node functions directly, and what came out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import polars as pl
import pyarrow as pa

from concertmaster import Table
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.parquet import write_frame

# Every one of them has to work as the name of a column.
AWKWARD = [
    'quo"te', "it's", "select", "größe 🎉", "two words", "a.b", "{{ x }}", "line\nbreak", "-minus", "x); --", "$p1", "*"
]  # fmt: skip


def stored(folder: Path, data: pl.DataFrame | dict[str, Any]) -> Table:
    """A table in an artifact store, as the engine hands it over."""
    store = ArtifactStore(folder / "artifacts")
    ref = write_frame(data if isinstance(data, pl.DataFrame) else pl.DataFrame(data), store)
    return Table(ref, store.local_path(ref.artifact))


def frame_of(result: Any) -> pl.DataFrame:
    """What a node function returned, in memory."""
    if isinstance(result, pa.RecordBatchReader):
        return cast("pl.DataFrame", pl.from_arrow(result.read_all()))
    return result.collect() if isinstance(result, pl.LazyFrame | Table) else result


def rows_of(result: Any) -> list[tuple[Any, ...]]:
    """The rows of what a node function returned."""
    return frame_of(result).rows()


def awkward(folder: Path) -> Table:
    """Two rows: column n has n and n + 100."""
    return stored(folder, {name: [n, n + 100] for n, name in enumerate(AWKWARD)})

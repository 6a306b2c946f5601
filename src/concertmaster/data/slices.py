"""Parts of stored tables for loops: rows as plain data, runs of rows as tables, and tables put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.parquet import write_frame, write_lazy
from concertmaster.data.preview import json_rows
from concertmaster.domain.errors import UserError
from concertmaster.domain.values import TableRef


def row_values(path: Path, offset: int, count: int) -> list[dict[str, Any]]:
    """Some rows of a table as plain JSON data."""
    return json_rows(pl.scan_parquet(path).slice(offset, count).collect())


def slices(store: ArtifactStore, path: Path, offset: int, count: int, batch: int) -> Iterator[TableRef]:
    """`count` runs of `batch` rows from row `offset` on, each stored as a table; the last one may be shorter."""
    for number in range(count):
        yield write_frame(pl.scan_parquet(path).slice(offset + number * batch, batch).collect(), store)


def stack(store: ArtifactStore, paths: Sequence[Path]) -> TableRef:
    """Tables one below the other; columns go by name.

    Raises:
        UserError: `each.types_differ`.
    """
    frame = pl.concat([pl.scan_parquet(path) for path in paths], how="diagonal_relaxed")
    try:
        return write_lazy(frame, store)
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
        raise UserError(
            "each.types_differ",
            f"The tables of the items do not go together ({reason}); convert the column inside of the loop",
        ) from error

"""Tables as lazy frames, where a node chooses between Polars and DuckDB: a plain function call hands over frames."""

from __future__ import annotations

import polars as pl

from concertmaster import Table

Frame = Table | pl.DataFrame | pl.LazyFrame


def lazy(table: Frame) -> pl.LazyFrame:
    """A lazy frame over it."""
    return table.scan() if isinstance(table, Table) else table.lazy()


def bytes_of(table: Frame) -> int:
    """Size of its file, 0 for what is in memory anyway."""
    return table.size_bytes if isinstance(table, Table) else 0

"""Tables as lazy frames, where a node chooses between Polars and DuckDB: a plain function call hands over frames."""

from __future__ import annotations

import polars as pl

from concertmaster import Table
from concertmaster.nodes.builtin.duck.rows import Rows

Frame = Table | Rows | pl.DataFrame | pl.LazyFrame
_ANY_SIZE = 2**63


def lazy(table: Frame) -> pl.LazyFrame:
    """A lazy frame over it; over rows that are not computed yet, one with their columns and nothing in it."""
    return table.scan() if isinstance(table, Table) else table.lazy()


def bytes_of(table: Frame) -> int:
    """Size of its file, 0 for what is in memory anyway; rows that are not computed yet stay where they are."""
    return table.size_bytes if isinstance(table, Table) else _ANY_SIZE if isinstance(table, Rows) else 0

"""Table: what a node gets for a table: a reference that is read only as far as it is used."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from concertmaster.domain.values import Column, TableRef

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_BATCH_ROWS = 128 * 1024


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A result that is a table already: kept as it is, neither decoded nor written, and known again the next time."""

    path: Path


@dataclass(frozen=True, slots=True)
class Table:
    """A table in the artifact store.

    Attributes:
        ref: what events say about it.
        path: its Parquet file on this machine; never write to it.
    """

    ref: TableRef
    path: Path

    @property
    def rows(self) -> int:
        """How many rows it has; nothing is read for it."""
        return self.ref.rows

    @property
    def columns(self) -> tuple[Column, ...]:
        """Names and types of its columns; nothing is read for it."""
        return self.ref.columns

    @property
    def size_bytes(self) -> int:
        """Size of its file."""
        return self.ref.size_bytes

    def scan(self) -> pl.LazyFrame:
        """A lazy frame over it: only what the query needs is read."""
        from polars import scan_parquet  # noqa: PLC0415  (0.2 s to load, and `Table` is in every node's imports)

        return scan_parquet(self.path)

    def collect(self) -> pl.DataFrame:
        """All of it in memory."""
        return self.scan().collect()

    def arrow(self) -> pa.Table:
        """All of it in memory, as Arrow."""
        from pyarrow.parquet import read_table  # noqa: PLC0415  (as above)

        return read_table(self.path, memory_map=True)

    def batches(self) -> pa.RecordBatchReader:
        """Its rows in their order, a batch of 128k at a time; nothing else is in memory. To be read once."""
        from pyarrow import RecordBatchReader  # noqa: PLC0415  (as above)
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415

        file = ParquetFile(self.path)
        return RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(_BATCH_ROWS))

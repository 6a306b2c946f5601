"""Masking: tables without secrets in their cells. A table that has none stays the artifact that it is."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.parquet import TableWriter
from concertmaster.domain.redaction import Redactor
from concertmaster.domain.values import TableRef

_BATCH_ROWS = 64 * 1024


def mask_table(ref: TableRef, store: ArtifactStore, redactor: Redactor) -> TableRef:
    """The table with every longer secret in its text columns masked; blocks.

    Short secrets are left alone, because words like `admin` are data in more tables than they are secrets in.
    """
    forms = list(redactor.long_forms)
    path = store.local_path(ref.artifact)
    columns = _columns_with(path, forms) if forms else []
    if not columns:
        return ref
    with pq.ParquetFile(path) as file, TableWriter(store) as writer:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            piece = pa.Table.from_batches([batch])
            for name in columns:
                index = piece.schema.get_field_index(name)
                values = _masked(piece.column(index), forms, redactor)
                piece = piece.set_column(index, piece.schema.field(index), pa.array(values, piece.schema.types[index]))
            writer.write(piece)
        return writer.finish()


def _columns_with(path: Path, forms: list[str]) -> list[str]:
    frame = pl.scan_parquet(path)
    texts = [name for name, type_ in frame.collect_schema().items() if type_ == pl.String]
    if not texts:
        return []
    found = frame.select(pl.col(name).str.contains_any(forms).any() for name in texts).collect(engine="streaming")
    return [name for name, hit in found.row(0, named=True).items() if hit]


def _masked(column: Any, forms: list[str], redactor: Redactor) -> list[str | None]:
    values: list[str | None] = column.to_pylist()
    hits = pl.Series(values, dtype=pl.String).str.contains_any(forms)
    return [redactor.redact(value) if hit else value for value, hit in zip(values, hits, strict=True)]

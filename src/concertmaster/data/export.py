"""Tables as files to take away, made piece by piece: CSV (RFC 4180, UTF-8) and Parquet.

In CSV nothing is an empty cell and an empty text `""`; times, decimals, lists and the like are as on a page of the
preview, but whole numbers and what is not a number stay as they are. A text that a spreadsheet would take for a formula
gets a `'` before it unless somebody wants it as it is: whoever opens the file does not know who wrote its cells.
"""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import orjson
import polars as pl
import pyarrow.parquet as pq

from concertmaster.data import preview
from concertmaster.data.parquet import readable
from concertmaster.data.where import predicate

_PIECE_ROWS = 16 * 1024
# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), unless it is a number.
_FORMULA = r"^[=+\-@\t\r]"
_PLAIN_NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)*$"


def as_csv(path: Path, *, sort: str | None, where: Sequence[str], escape: bool) -> Iterator[bytes]:
    """A Parquet file as CSV, with a head line.

    Args:
        sort, where: as in `preview.page`.
        escape: texts that look like formulas, and such names of columns, get a `'` before them.
    Raises:
        UserError: as `preview.page`; instead of the first piece, but for `table.damaged`.
    """
    schema = pl.read_parquet_schema(path)
    names = [_escaped_name(name) if escape else name for name in schema]
    head = io.BytesIO()
    pl.DataFrame(schema=dict.fromkeys(_told_apart(names), pl.String)).write_csv(head)
    # With the first rows, so that what cannot be made says so before it begins.
    text = head.getvalue()
    for piece in _pieces(path, schema, sort=sort, where=where):
        yield text + _lines([_cells(piece[name], escape=escape) for name in schema])
        text = b""
    if text:
        yield text


def _lines(columns: Sequence[pl.Series]) -> bytes:
    text = io.BytesIO()
    pl.DataFrame({str(place): column for place, column in enumerate(columns)}).write_csv(text, include_header=False)
    return text.getvalue()


def as_parquet(path: Path, *, sort: str | None, where: Sequence[str]) -> Iterator[bytes]:
    """The chosen rows of a Parquet file as another one. Args and raises as `as_csv`."""
    schema = pl.read_parquet_schema(path)
    sink = _Sink()
    writer: pq.ParquetWriter | None = None
    for piece in _pieces(path, schema, sort=sort, where=where):
        table = piece.to_arrow()
        if writer is None:
            writer = pq.ParquetWriter(sink, table.schema, compression="lz4")
        writer.write_table(table)
        yield sink.take()
    if writer is None:
        table = pl.DataFrame(schema=schema).to_arrow()
        writer = pq.ParquetWriter(sink, table.schema, compression="lz4")
        writer.write_table(table)
    writer.close()
    yield sink.take()


class _Sink(io.RawIOBase):
    """What a writer wrote, to be taken away as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, block: Any, /) -> int:
        copied = bytes(block)
        self._blocks.append(copied)
        self._size += len(copied)
        return len(copied)

    def take(self) -> bytes:
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)


def _pieces(
    path: Path, schema: Mapping[str, pl.DataType], *, sort: str | None, where: Sequence[str]
) -> Iterator[pl.DataFrame]:
    """The chosen rows in their order; in memory is a piece, or all of them where they are sorted."""
    condition = predicate(where, schema)
    with readable():
        if sort is None:
            yield from _read(path, schema, condition)
            return
        column, descending = preview.sort_key(schema, sort)
        gathered: list[pl.DataFrame] = []
        size_bytes = 0
        for piece in _read(path, schema, condition):
            size_bytes += piece.estimated_size()
            if size_bytes > preview.LARGEST_ORDER:
                raise preview.sorted_too_far(column, f"The whole table in the order of '{column}'")
            gathered.append(piece)
        whole = pl.concat(gathered) if gathered else pl.DataFrame(schema=schema)
        del gathered
        yield from whole.sort(column, descending=descending, nulls_last=True, maintain_order=True).iter_slices(
            _PIECE_ROWS
        )


def _read(path: Path, schema: Mapping[str, pl.DataType], condition: pl.Expr | None) -> Iterator[pl.DataFrame]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_PIECE_ROWS):
            frame = cast("pl.DataFrame", pl.from_arrow(batch))
            frame = frame if frame.schema == schema else frame.cast(pl.Schema(schema))
            yield frame if condition is None else frame.filter(condition)


def _cells(series: pl.Series, *, escape: bool) -> pl.Series:
    """A column as what CSV can hold."""
    dtype = series.dtype
    if dtype.is_temporal():
        return series.dt.to_string("iso:strict")
    if dtype.is_numeric() or isinstance(dtype, pl.Boolean):
        return series
    if isinstance(dtype, (pl.String, pl.Categorical, pl.Enum)):
        texts = series.cast(pl.String)
    elif isinstance(dtype, pl.Null):
        return series.cast(pl.String)
    else:
        name = series.name
        rows = preview.json_rows(series.to_frame())
        texts = pl.Series([None if row[name] is None else _text(row[name]) for row in rows], dtype=pl.String)
    if not escape:
        return texts
    frame = pl.DataFrame({"text": texts})
    risky = pl.col("text").str.contains(_FORMULA) & ~pl.col("text").str.contains(_PLAIN_NUMBER)
    return frame.select(pl.when(risky).then("'" + pl.col("text")).otherwise(pl.col("text"))).to_series()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _escaped_name(name: str) -> str:
    return f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name


def _told_apart(names: Sequence[str]) -> list[str]:
    """No two alike: a `'` may have made them so."""
    found: list[str] = []
    for name in names:
        while name in found:
            name = f"{name}_"
        found.append(name)
    return found

"""Writing tables: Parquet with lz4 and row groups of 128k rows (decision 0002), whatever they come from."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportUnknownLambdaType=false
from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from polars.io.plugins import register_io_source

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.errors import UserError
from concertmaster.domain.values import Column, TableRef

ROW_GROUP_ROWS = 128 * 1024
_COMPRESSION = "lz4"
_PIECE_ROWS = 16 * 1024
_BUFFER_BYTES = 64 * 1024 * 1024
_SMALL_BYTES = 4 * 1024 * 1024

_WORDS: dict[Any, str] = {
    pl.String: "string",
    pl.Boolean: "bool",
    pl.Binary: "binary",
    pl.Null: "null",
    pl.Categorical: "category",
    pl.Enum: "enum",
    pl.Date: "date",
    pl.Time: "time",
}


def type_word(dtype: pl.DataType) -> str:
    """The short lower-case word for a column's type: `int64`, `datetime[us, UTC]`, `list[string]`."""
    if isinstance(dtype, pl.Datetime):
        return (
            f"datetime[{dtype.time_unit}]"
            if dtype.time_zone is None
            else f"datetime[{dtype.time_unit}, {dtype.time_zone}]"
        )
    if isinstance(dtype, pl.Duration):
        return f"duration[{dtype.time_unit}]"
    if isinstance(dtype, pl.Decimal):
        return f"decimal[{dtype.precision},{dtype.scale}]"
    if isinstance(dtype, (pl.List, pl.Array)):
        return f"list[{type_word(cast('pl.DataType', dtype.inner))}]"
    if isinstance(dtype, pl.Struct):
        fields = ", ".join(f"{field.name}: {type_word(cast('pl.DataType', field.dtype))}" for field in dtype.fields)
        return f"struct[{fields}]"
    return _WORDS.get(dtype.base_type(), str(dtype).lower())


def in_memory(frame: pl.LazyFrame) -> bool:
    """Whether it is a data frame that is there already, and nothing has to be read or computed."""
    return frame.explain(optimized=False).startswith("DF ")


def write_lazy(frame: pl.LazyFrame, store: ArtifactStore) -> TableRef:
    """Compute a lazy frame straight into the store, in streaming fashion where Polars can."""
    with store.temporary(".parquet") as path:
        _sink(frame, path)
        return keep(path, store)


def _sink(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_parquet(path, compression=_COMPRESSION, row_group_size=ROW_GROUP_ROWS, statistics=True)


def write_frame(frame: pl.DataFrame, store: ArtifactStore) -> TableRef:
    """Store a data frame."""
    with store.temporary(".parquet") as path:
        frame.write_parquet(path, compression=_COMPRESSION, row_group_size=ROW_GROUP_ROWS, statistics=True)
        return keep(path, store)


def write_reader(reader: pa.RecordBatchReader, store: ArtifactStore) -> TableRef:
    """Store what an Arrow reader yields, a batch at a time.

    Polars writes it: its writer is 20-30 % faster than Arrow's (decision 0002). What is small is written in one go,
    because setting up its streaming engine takes some 10 ms.

    Raises:
        Exception: whatever the reader raises, as it is.
    """
    first: list[pa.RecordBatch] = []
    size_bytes = 0
    for batch in reader:
        first.append(batch)
        size_bytes += batch.nbytes
        if size_bytes > _SMALL_BYTES:
            break
    else:
        table = pa.Table.from_batches(first, reader.schema)
        return write_frame(cast("pl.DataFrame", pl.from_arrow(table)), store)
    failures: list[Exception] = []
    empty = cast("pl.DataFrame", pl.from_arrow(reader.schema.empty_table()))

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, batch_rows: int | None
    ) -> Iterator[pl.DataFrame]:
        # A sink asks for everything: the arguments only matter to queries that prune.
        del columns, predicate, rows, batch_rows
        try:
            for batch in chain(first, reader):
                yield cast("pl.DataFrame", pl.from_arrow(batch))
        except Exception as error:  # raised below: polars would wrap it and never let go of its frames
            failures.append(error)

    with store.temporary(".parquet") as path:
        _sink(register_io_source(batches, schema=empty.schema), path)
        if failures:
            raise failures.pop()
        return keep(path, store)


def keep(path: Path, store: ArtifactStore) -> TableRef:
    """Move a finished Parquet file into the store and describe it."""
    described = describe(path, "")
    return replace(described, artifact=store.put_file(path, move=True))


def describe(path: Path, digest: str) -> TableRef:
    """What events say about a Parquet file."""
    columns = tuple(Column(name, type_word(dtype)) for name, dtype in pl.read_parquet_schema(path).items())
    return TableRef(digest, sum(row_group_sizes(path)), path.stat().st_size, columns)


def frame_of_rows(rows: list[Any]) -> pl.DataFrame:
    """Rows to a frame; a column missing in some rows is null there.

    Raises:
        UserError: `node.rows_differ`, naming the row or the column that does not fit.
    """
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise UserError(
                "node.rows_differ",
                f"Row {number} of the table is a {type(row).__name__}, not a dict of column to value",
            )
    try:
        return pl.DataFrame(rows, infer_schema_length=None)
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise UserError("node.rows_differ", f"The rows do not make a table: {error}") from error


@contextmanager
def readable(*further: type[Exception]) -> Generator[None]:
    """Around reading what may have come from elsewhere: a footer can be whole where what is above it is not.

    Args:
        further: what else a reader raises then.
    Raises:
        UserError: `table.damaged`.
    """
    try:
        yield
    except (pl.exceptions.ComputeError, pa.ArrowException, *further) as error:
        reason = str(error).partition('": ')[2] or str(error)
        told = f"This table cannot be read ({reason}): it was made of a damaged file, which has to be written again"
        raise UserError("table.damaged", told) from error


def refuse_damaged(path: Path) -> None:
    """Read a Parquet file to its end; a batch is in memory.

    Raises:
        UserError: `table.damaged`.
    """
    with readable(OSError), pq.ParquetFile(path) as file:
        for _ in file.iter_batches(_PIECE_ROWS):
            pass


def row_group_sizes(path: Path) -> list[int]:
    """Rows in each row group of a Parquet file, from its footer."""
    metadata = pq.read_metadata(path)
    return [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]


class TableWriter:
    """One table out of many pieces, of which only a row group's worth is in memory; use it in a `with`.

    The first piece fixes the columns; later ones must have the same names, and types that convert without loss.
    """

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._temporary = store.temporary(".parquet")
        self._path = Path()
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None
        self._buffer: list[pa.Table] = []
        self._buffered_rows = 0
        self._buffered_bytes = 0
        self._pieces = 0
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> TableWriter:
        self._path = self._temporary.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # The file below closes the writer's descriptor even when the disk is full and closing fails.
        try:
            if self._writer is not None:
                self._writer.close()
        except OSError:
            if error is None:
                raise
        finally:
            self._temporary.__exit__(kind, error, traceback)

    def write(self, piece: pa.Table) -> None:
        """Add rows.

        Raises:
            UserError: `node.table_pieces_differ`, naming the piece and how its columns differ from the first one's.
        """
        self._pieces += 1
        if self._schema is None:
            self._schema = piece.schema.remove_metadata()
        if piece.num_rows == 0 and piece.num_columns == 0:
            return
        fitting = self._fitting(piece, self._schema)
        self._buffer.append(fitting)
        self._buffered_rows += fitting.num_rows
        self._buffered_bytes += fitting.nbytes
        if self._buffered_rows >= ROW_GROUP_ROWS or self._buffered_bytes >= _BUFFER_BYTES:
            self._flush()

    def write_row(self, row: dict[str, Any]) -> None:
        """Add one row; rows are gathered to pieces, so that each piece can find its columns' types."""
        self._rows.append(row)
        if len(self._rows) >= _PIECE_ROWS:
            self._flush_rows()

    def finish(self) -> TableRef:
        """Write what is left and store the table; no piece at all makes a table without columns and rows."""
        self._flush_rows()
        self._flush()
        if self._writer is None:
            empty = (
                pl.DataFrame()
                if self._schema is None
                else cast("pl.DataFrame", pl.from_arrow(self._schema.empty_table()))
            )
            return write_frame(empty, self._store)
        self._writer.close()
        self._writer = None
        return keep(self._path, self._store)

    def _fitting(self, piece: pa.Table, schema: pa.Schema) -> pa.Table:
        if piece.schema.equals(schema):
            return piece
        if set(piece.column_names) != set(schema.names):
            raise UserError(
                "node.table_pieces_differ",
                f"Piece {self._pieces} of the table has the columns {', '.join(piece.column_names)}; "
                f"the first piece has {', '.join(schema.names)}. Give every piece the same columns",
            )
        try:
            return piece.select(schema.names).cast(schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise UserError(
                "node.table_pieces_differ",
                f"Piece {self._pieces} of the table does not fit the column types of the first piece: {error}",
            ) from error

    def _flush_rows(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self.write(frame_of_rows(rows).to_arrow())

    def _flush(self) -> None:
        if not self._buffer or self._schema is None:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, self._schema, compression=_COMPRESSION, write_statistics=True)
        self._writer.write_table(pa.concat_tables(self._buffer), row_group_size=ROW_GROUP_ROWS)
        self._buffer, self._buffered_rows, self._buffered_bytes = [], 0, 0

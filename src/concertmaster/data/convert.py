"""Values to what a function takes, and what it returns to values; everything here blocks, so call it in a thread.

Nothing stays in memory: tables and large JSON are written to the store and travel by reference.
"""

# pyarrow and DuckDB ship few types, so what comes out of them is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn, cast

import duckdb
import polars as pl
import pyarrow as pa

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.file import File
from concertmaster.data.guard import confine
from concertmaster.data.json_value import load_json, save_json
from concertmaster.data.kinds import TABLE_KINDS, Kind, kind_of_class
from concertmaster.data.pandas_frames import arrow_of_pandas, frame_of_pandas, pandas_of
from concertmaster.data.parquet import TableWriter, frame_of_rows, write_frame, write_lazy, write_reader
from concertmaster.data.parquet_files import is_parquet, keep_file
from concertmaster.data.relations import fit_for_arrow, relation_of
from concertmaster.data.table import ParquetFile, Table
from concertmaster.domain.errors import NotFound, UserError
from concertmaster.domain.ports import ANY, PortType
from concertmaster.domain.values import FileRef, JsonValue, Stored, TableRef

_PLAIN = (dict, list, str, int, float, bool, type(None))
_READER_ROWS = 128 * 1024


def load(value: Stored, kind: Kind, store: ArtifactStore, workspace: Path) -> Any:
    """A value in the form in which a parameter wants it.

    Args:
        kind: table forms take tables, and JSON that is a list of dicts; `handle` gives Table, File or the JSON data.
        workspace: folder that file paths are relative to.
    Raises:
        UserError: `node.input_type`, the value is of another kind; `node.rows_differ`.
        NotFound: `artifacts.not_found` or `file.not_found`.
    """
    match value:
        case JsonValue():
            data = load_json(value, store)
            if kind in ("json", "handle"):
                return data
            if kind in TABLE_KINDS and isinstance(data, list):
                return load(_save_rows(cast("list[Any]", data), store), kind, store, workspace)
            given = "JSON"
        case TableRef(artifact):
            if kind in TABLE_KINDS or kind == "handle":
                return _load_table(Table(value, store.local_path(artifact)), kind, store)
            given = "a table"
        case FileRef():
            if kind in ("file", "handle"):
                return _load_file(value, store, workspace)
            given = "a file"
    wanted = "a table" if kind in TABLE_KINDS else "a file" if kind == "file" else "JSON"
    remedy = "read it with file.read first" if (given, wanted) == ("a file", "a table") else "wire another outlet to it"
    raise UserError("node.input_type", f"This input takes {wanted}, but got {given}; {remedy}")


def save(
    result: Any, store: ArtifactStore, *, workspace: Path, scratch: Path | None = None, want: PortType = ANY
) -> Stored:
    """What a node returned, as a value that can travel.

    Args:
        workspace: folder whose files are named by their path in it.
        scratch: folder whose files move into the store.
        want: type of the outlet; with kind `table` a list (or an iterator) of dicts is a table.
    Raises:
        UserError: `node.output_type`, `node.output_not_serialisable`, `node.table_pieces_differ`, `node.rows_differ`,
            `file.outside`, `file.not_found`, `path.data_folder`.
        OperationalError: `artifacts.disk_full`.
    """
    if type(result) in _PLAIN and want.kind not in ("table", "file"):
        return save_json(result, store)
    saved = _save_data(result, store, workspace=workspace, scratch=scratch, want=want)
    if saved is None:
        if isinstance(result, Iterator):
            result = list(cast("Iterator[Any]", result))
        saved = save_json(result, store) if want.kind not in ("table", "file") else _refuse(result, want)
    if want.kind in ("table", "file") and isinstance(saved, FileRef if want.kind == "table" else TableRef):
        _refuse(result, want)
    return saved


async def save_stream(pieces: AsyncIterable[Any], store: ArtifactStore) -> TableRef:
    """Write the tables of an async generator into one; the writing happens in worker threads."""
    with TableWriter(store) as writer:
        async for piece in pieces:
            await asyncio.to_thread(_write_piece, writer, piece)
        return await asyncio.to_thread(writer.finish)


def _load_table(table: Table, kind: Kind, store: ArtifactStore) -> Any:
    match kind:
        case "lazyframe":
            return table.scan()
        case "dataframe":
            return table.collect()
        case "arrow":
            return table.arrow()
        case "pandas":
            return pandas_of(table.arrow())
        case "reader":
            return table.batches()
        case "relation":
            return relation_of(table.path, table.columns, store.unfinished / f"{uuid.uuid4().hex}.duckdb")
        case _:
            return table


def _load_file(ref: FileRef, store: ArtifactStore, workspace: Path) -> File:
    if ref.artifact is not None:
        return File(store.local_path(ref.artifact), ref.name, ref.media_type, ref)
    path = confine(workspace, ref.path or "")
    if not path.is_file():
        raise NotFound("file.not_found", f"The file {ref.path} is not in the workspace any more", path=ref.path)
    return File(path, ref.name, ref.media_type, ref)


def _save_data(
    result: Any, store: ArtifactStore, *, workspace: Path, scratch: Path | None, want: PortType
) -> Stored | None:
    """Tables and files; None for what can only be JSON."""
    match result:
        case Table():
            return result.ref
        case ParquetFile(path):
            return keep_file(path, store)
        case File() | Path() if want.kind == "table":
            path = result if isinstance(result, Path) else result.path
            return keep_file(path, store) if path.is_file() and is_parquet(path) else _refuse(result, want)
        case File():
            return result.ref or _save_file(result, store, workspace=workspace, scratch=scratch)
        case Path():
            return _save_file(File(result), store, workspace=workspace, scratch=scratch)
        case pl.LazyFrame():
            return write_lazy(result, store)
        case pl.DataFrame():
            return write_frame(result, store)
        case duckdb.DuckDBPyRelation():
            return write_reader(_reader_of(result), store)
        case pa.RecordBatchReader():
            return write_reader(result, store)
        case pa.Table() | pa.RecordBatch():
            return write_frame(cast("pl.DataFrame", pl.from_arrow(result)), store)
        case list() if want.kind == "table":
            return _save_rows(cast("list[Any]", result), store)
        case Iterator():
            return _save_pieces(cast("Iterator[Any]", result), store, want)
        case _ if kind_of_class(type(result)) == "pandas":
            return write_frame(frame_of_pandas(result), store)
        case _:
            return None


def _save_file(file: File, store: ArtifactStore, *, workspace: Path, scratch: Path | None) -> FileRef:
    path = file.path.resolve()
    if not path.is_file():
        raise UserError("file.not_found", f"The node returned the file {file.path}, which does not exist")
    size_bytes = path.stat().st_size
    if scratch is not None and path.is_relative_to(scratch.resolve()):
        digest = store.put_file(path, move=True)
        return FileRef(file.name, size_bytes, artifact=digest, media_type=file.media_type)
    if path.is_relative_to(store.root):
        # The file of a Table or File of the store: named by its digest, given on as a file.
        return FileRef(file.name, size_bytes, artifact=path.name, media_type=file.media_type)
    if path.is_relative_to(workspace.resolve()):
        confine(workspace, str(path))
        relative = path.relative_to(workspace.resolve()).as_posix()
        return FileRef(file.name, size_bytes, path=relative, media_type=file.media_type)
    raise UserError(
        "file.outside",
        f"The node returned the file {file.path}, which is neither in the workspace nor in the attempt's scratch "
        f"folder; write it to context.path(..., write=True) or into context.scratch()",
        path=str(file.path),
    )


def _save_pieces(pieces: Iterator[Any], store: ArtifactStore, want: PortType) -> Stored:
    """An iterator: of tables, or of rows where the outlet is a table; anything else is a JSON list."""
    first = next(pieces, None)
    rest = pieces if first is None else chain((first,), pieces)
    if want.kind == "table" or _is_tabular(first):
        with TableWriter(store) as writer:
            for piece in rest:
                _write_piece(writer, piece)
            return writer.finish()
    return save_json(list(rest), store)


def _write_piece(writer: TableWriter, piece: Any) -> None:
    if isinstance(piece, dict):
        writer.write_row(cast("dict[str, Any]", piece))
    elif isinstance(piece, pa.RecordBatchReader | duckdb.DuckDBPyRelation):
        reader = piece if isinstance(piece, pa.RecordBatchReader) else _reader_of(piece)
        for batch in reader:
            writer.write(pa.Table.from_batches([batch]))
    else:
        writer.write(_as_arrow(piece))


def _reader_of(relation: duckdb.DuckDBPyRelation) -> pa.RecordBatchReader:
    schema, batches = fit_for_arrow(relation, _READER_ROWS)
    return pa.RecordBatchReader.from_batches(schema, batches)


def _as_arrow(piece: Any) -> pa.Table:
    """A piece of a streamed table as Arrow, without copying where the library allows."""
    match piece:
        case pa.Table():
            return piece
        case pa.RecordBatch():
            return pa.Table.from_batches([piece])
        case pl.DataFrame():
            return piece.to_arrow()
        case pl.LazyFrame():
            return piece.collect().to_arrow()
        case Table():
            return piece.arrow()
        case list():
            return frame_of_rows(cast("list[Any]", piece)).to_arrow()
        case _ if kind_of_class(type(piece)) == "pandas":
            return arrow_of_pandas(piece)
        case _:
            return _refuse(piece, PortType("table"))


def _is_tabular(piece: Any) -> bool:
    known = (pa.Table, pa.RecordBatch, pa.RecordBatchReader, pl.DataFrame, pl.LazyFrame, Table, duckdb.DuckDBPyRelation)
    return isinstance(piece, known) or kind_of_class(type(piece)) == "pandas"


def _save_rows(rows: list[Any], store: ArtifactStore) -> TableRef:
    return write_frame(frame_of_rows(rows), store)


def _refuse(result: Any, want: PortType) -> NoReturn:
    raise UserError(
        "node.output_type",
        f"The outlet carries a {want.kind}, but the node returned {type(result).__name__}; "
        + (
            "return a frame, a Table, a list of dicts or a Parquet file"
            if want.kind == "table"
            else "return a File or a Path"
        ),
    )

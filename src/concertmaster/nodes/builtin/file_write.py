"""file.write: a table as a file of the workspace, complete or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import polars as pl
from pydantic import Field

from concertmaster import Context, File, UserError, node
from concertmaster.nodes.builtin.duck.columns import demand_columns
from concertmaster.nodes.builtin.file_draft import draft, explained, publish
from concertmaster.nodes.builtin.file_read import Format, apart, format_of
from concertmaster.nodes.deferred import deferred

_BY_ENDING = {".gz": "gzip", ".zst": "zstd"}
if TYPE_CHECKING:
    from concertmaster.nodes.builtin.formats import writing
else:
    # What it imports is for those who write such files.
    writing = deferred("concertmaster.nodes.builtin.formats.writing")

# Written from memory, not as a stream.
_WHOLE = ("excel", "avro", "xml", "fixed")
_PARQUET = ("zstd", "lz4", "snappy", "gzip", "none")
_TEXT = ("gzip", "zstd", "none")
_POSSIBLE = {"parquet": _PARQUET, "avro": ("snappy", "none"), **dict.fromkeys(("excel", "xml", "fixed"), ("none",))}
_USUAL = {"parquet": "zstd", "avro": "snappy", "excel": "none", "xml": "none", "fixed": "none"}

Compression = Literal["auto", "none", "zstd", "lz4", "snappy", "gzip"]


@node(
    id="file.write",
    category="files",
    effect="write",
    idempotent=True,
    isolated_when=apart,
    summary="path",
    icon="file-output",
    title="Write file",
)
def file_write(
    table: pl.LazyFrame,
    path: Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})],
    format: Literal["auto", "csv", "parquet", "jsonl", "excel", "avro", "xml", "fixed"] = "auto",
    compression: Compression = "auto",
    mode: Literal["overwrite", "fail"] = "overwrite",
    header: bool = True,
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None,
    null: str = "",
    sheet: Annotated[str | None, Field(min_length=1, max_length=31)] = None,
    record: Annotated[str, Field(min_length=1)] = "row",
    widths: Mapping[str, Annotated[int, Field(ge=1, le=100_000)]] | None = None,
    context: Context | None = None,
) -> File:
    """Write a table to a file: CSV, Parquet, JSON lines, Excel, Avro, XML or fixed width.

    The file appears under its name only when it is complete and safe on disk; until then the old one stays. Missing
    folders are made.

    Args:
        path: The file, relative to the workspace.
        format: How to write it; `auto` goes by its ending.
        compression: `auto` is zstd for Parquet, snappy for Avro, and by the ending (`.gz`, `.zst`) for the others.
        mode: What to do when the file exists; `fail` accepts a file that is the same already.
        header: Write the column names into the first row of a CSV file.
        delimiter: Sign between CSV fields; a comma when left out, a tab for `.tsv`.
        null: What stands for "no value" in a CSV file.
        sheet: Name of the Excel sheet; `Sheet1` when left out.
        record: Name of the XML element of a row.
        widths: For a file of fixed width: name of each column, in order, to its width in signs.

    Example:
        ```yaml
        concertmaster: 1
        name: airlines-as-parquet
        nodes:
          airlines: {type: file.read, config: {path: airlines.csv}}
          copy: {type: file.write, config: {path: out/airlines.parquet}}
        edges: [airlines -> copy]
        outputs: {path: "{{ nodes.copy.path }}"}
        ```
    """
    target = context.path(path, write=True) if context else Path(path)
    known = format if format != "auto" else format_of(target, path)
    packing = _packing(target, known, compression)
    if target.is_dir():
        raise UserError("file.is_directory", f"{path} is a folder; give the file in it a name", path=path)
    with explained(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft(target, context.idempotency_key if context else None) as temporary:
            if delimiter is None:
                delimiter = "\t" if ".tsv" in target.suffixes else ","
            columns = table.lazy().collect(engine="streaming") if known in _WHOLE else None
            if columns is not None:
                if known == "excel":
                    writing.write_excel(columns, temporary, path, sheet=sheet, header=header)
                elif known == "avro":
                    writing.write_avro(columns, temporary, path, compressed=packing != "none")
                elif known == "xml":
                    writing.write_xml(columns, temporary, path, record=record)
                else:
                    writing.write_fixed(columns, temporary, path, _widths(widths, columns, path))
            else:
                _write(table.lazy(), temporary, known, packing, header=header, delimiter=delimiter, null=null)
            publish(temporary, target, path, mode)
    return File(target)


def write_streaming(
    frame: pl.LazyFrame, to: Path, format: Literal["csv", "parquet", "jsonl"], how: Compression
) -> None:
    """Write rows as they come, in the usual way of the format.

    Raises:
        UserError: `file.compression`, `file.nested`.
        OperationalError: `file.disk_full`, `file.write_failed`.
    """
    with explained(to.name):
        packing = _packing(to, format, how)
        _write(frame, to, format, packing, header=True, delimiter="\t" if ".tsv" in to.suffixes else ",", null="")


def _widths(widths: Mapping[str, int] | None, columns: pl.DataFrame, shown: str) -> Mapping[str, int]:
    if not widths:
        raise UserError("file.no_widths", f"{shown}: say in `widths` how wide each column is")
    demand_columns(widths, columns.columns)
    return widths


def _packing(target: Path, format: Format, compression: Compression) -> str:
    possible = _POSSIBLE.get(format, _TEXT)
    if compression == "auto":
        return _USUAL.get(format) or _BY_ENDING.get(target.suffix, "none")
    if compression not in possible:
        raise UserError(
            "file.compression", f"{format} cannot be compressed with {compression}; use {', '.join(possible)}"
        )
    return compression


def _write(
    frame: pl.LazyFrame, to: Path, format: Format, packing: str, *, header: bool, delimiter: str, null: str
) -> None:
    how = cast("Any", "uncompressed" if packing == "none" else packing)
    match format:
        case "parquet":
            frame.sink_parquet(to, compression=how)
        case "jsonl":
            frame.sink_ndjson(to, compression=how, check_extension=False)
        case _:
            frame.sink_csv(
                to,
                compression=how,
                check_extension=False,
                include_header=header,
                separator=delimiter,
                null_value=null,
            )

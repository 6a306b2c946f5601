"""file.read: a file of the workspace, or of another node, as a table."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import polars as pl
from pydantic import Field

from concertmaster import Context, File, Input, UserError, node
from concertmaster.data.table import ParquetFile
from concertmaster.nodes.builtin.csv.columns import COMPRESSED, CsvOptions
from concertmaster.nodes.builtin.csv.reading import as_utf8, read_csv
from concertmaster.nodes.builtin.csv.records import ready, refuse_long_record, warn_of_delimiter
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.deferred import deferred
from concertmaster.nodes.lazy import Lazy

if TYPE_CHECKING:
    from concertmaster.nodes.builtin.formats import reading
else:
    # What it imports is for those who read such files.
    reading = deferred("concertmaster.nodes.builtin.formats.reading")

EAGER_LIMIT_BYTES = 256 * 1024 * 1024
Format = Literal["csv", "parquet", "jsonl", "excel", "avro", "xml", "fixed"]
ColumnType = Literal["text", "integer", "number", "boolean", "date", "datetime"]

FORMATS: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".avro": "avro",
    ".xml": "xml",
    ".fwf": "fixed",
}
# Their bytes may be made to need any amount of memory, so they are read and written in child processes.
_APART = frozenset({"excel", "avro", "xml"})
_TYPES: Mapping[ColumnType, Any] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}


def apart(config: Any) -> bool:
    """Whether the format that a config names, or the ending of its path, is one for a child process."""
    known = config.format if config.format != "auto" else FORMATS.get(Path(config.path or "").suffix.lower())
    return known in _APART


def _size(config: Any, context: Context) -> int:
    return existing(config.path, context).stat().st_size if config.path else 0


@node(
    id="file.read",
    category="files",
    effect="read",
    lazy=Lazy(size=_size),
    isolated_when=apart,
    summary="path",
    icon="file-input",
    title="Read file",
)
def file_read(
    path: Annotated[
        Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})] | None,
        Field(json_schema_extra={"x-required-unless-wired": True}),
    ] = None,
    format: Literal["auto", "csv", "parquet", "jsonl", "excel", "avro", "xml", "fixed"] = "auto",
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None,
    has_header: bool = True,
    nulls: tuple[str, ...] = ("", "NA"),
    types: Mapping[str, ColumnType] | None = None,
    dates: bool = False,
    encoding: str = "utf-8",
    quote: Annotated[str, Field(max_length=1)] = '"',
    skip_rows: Annotated[int, Field(ge=0)] = 0,
    ragged: bool = False,
    sheet: Annotated[str | int | None, Field(json_schema_extra={"examples": ["Sheet1"]})] = None,
    record: Annotated[str | None, Field(min_length=1)] = None,
    widths: Mapping[str, Annotated[int, Field(ge=1, le=100_000)]] | None = None,
    file: Input[Any] = None,
    context: Context | None = None,
) -> pl.LazyFrame | ParquetFile:
    """Read a file as a table: CSV, Parquet, JSON lines, Excel, Avro, XML or fixed width.

    The types of CSV columns come from every row, not from the first ones: a column that turns from whole numbers to
    decimals in its last row is a column of decimals. Numbers with zeros before them, such as postal codes, stay text.
    Blank lines are skipped. A row that does not fit the header is an error that names its line, and so is one beyond
    64 MiB. `.gz` and `.zst` are unpacked on the way. XML and files of fixed width get their types in the same way.

    Args:
        path: The file, relative to the workspace; in place of one that is wired in.
        format: How the file is written; `auto` goes by its ending. Of a file that is wired in say so if it is Excel,
            Avro or XML.
        delimiter: Sign between CSV fields; a comma when left out, a tab for `.tsv`.
        has_header: The first CSV row holds the column names.
        nulls: CSV values that stand for "no value".
        types: Types of CSV columns that should not be found out, such as integer for numbers with leading zeros.
        dates: Recognise dates and times in CSV columns.
        encoding: Of a CSV file: `utf-8`, `windows-1252`, `utf-16`, and so on.
        quote: Sign around CSV fields; empty when the file uses none.
        skip_rows: Lines to leave out at the top of a CSV file.
        ragged: Fill short CSV rows with nulls and cut long ones, instead of refusing them.
        sheet: Name of an Excel sheet, or its number from 1; the first when left out.
        record: Name of the XML elements that are rows; the children of the outermost element when left out.
        widths: For files of fixed width: name of each column, in order, to its width in signs.

    Example:
        ```yaml
        concertmaster: 1
        name: read-airlines
        nodes:
          airlines: {type: file.read, config: {path: airlines.csv}}
        outputs: {rows: "{{ nodes.airlines.rows }}"}
        ```
    """
    wired = path is None
    source, path = _source(file, path, context)
    known = format if format != "auto" else format_of(source, path)
    if wired and format == "auto" and known in _APART:
        raise UserError(
            "file.format_needed",
            f"{path} is to be read in a process of its own, which has to be known before: set `format: {known}`",
            path=path,
        )
    if known == "parquet":
        frame = _read_parquet(source, path)
        return frame if context is None else ParquetFile(source)
    if known == "jsonl":
        return _read_jsonl(source, path, types)
    if known not in ("csv", "fixed"):
        columns: pl.DataFrame = (
            reading.read_excel(source, path, sheet, has_header=has_header, skip_rows=skip_rows)
            if known == "excel"
            else reading.read_avro(source, path)
            if known == "avro"
            else reading.read_xml(source, path, record)
        )
        return _typed(columns, path, nulls, types, dates, context) if known == "xml" else columns.lazy()
    if known == "fixed":
        if not widths:
            raise UserError("file.no_widths", f"{path} is of fixed width: say in `widths` how wide each column is")
        with as_utf8(source, path, encoding, context.scratch if context else None) as text:
            refuse_long_record(text, path, None)
            columns = reading.read_fixed(text, path, widths, skip_rows=skip_rows, ragged=ragged)
        return _typed(columns, path, nulls, types, dates, context)
    if delimiter is None:
        delimiter = "\t" if ".tsv" in source.suffixes else ","
    options = CsvOptions(delimiter, quote or None, has_header, skip_rows, nulls, dates=dates, ragged=ragged)
    with as_utf8(source, path, encoding, context.scratch if context else None) as text:
        options = ready(text, path, options)
        options = replace(options, types=_given_types(text, path, options, types or {}))
        large = context is not None and text.stat().st_size > EAGER_LIMIT_BYTES
        rows = read_csv(text, path, options, spill=context.scratch() / "rows.parquet" if context and large else None)
    warn_of_delimiter(rows, path, options, context)
    return rows


def _source(file: Any, path: str | None, context: Context | None) -> tuple[Path, str]:
    """The file to read, under a name with the right ending, and what messages call it."""
    if path is not None:
        return existing(path, context), path
    if not isinstance(file, File):
        raise UserError("file.missing", "There is no file to read: fill in `path`, or wire a file in")
    if context is None or file.path.suffix == Path(file.name).suffix:
        return file.path, file.name
    # An artifact is named by its digest.
    named = context.scratch() / f"read-{Path(file.name).name}"
    named.symlink_to(file.path)
    return named, file.name


def _typed(
    columns: pl.DataFrame,
    name: str,
    nulls: tuple[str, ...],
    types: Mapping[str, ColumnType] | None,
    dates: bool,
    context: Context | None,
) -> pl.LazyFrame:
    """Columns of text with the types that they would have in a CSV file."""
    with tempfile.TemporaryDirectory(dir=context.scratch() if context else None) as folder:
        text = Path(folder) / "rows.csv"
        columns.write_csv(text, quote_style="necessary")
        options = CsvOptions(",", '"', True, 0, nulls, dates=dates, ragged=False)
        options = replace(options, types=_given_types(text, name, options, types or {}))
        return read_csv(text, name, options).collect().lazy()


def existing(path: str, context: Context | None) -> Path:
    """The file of that path.

    Raises:
        UserError: `file.not_found` or `file.is_directory`, saying where it was looked for and what is there.
    """
    file = context.path(path) if context else Path(path)
    if file.is_file():
        return file
    if file.is_dir():
        inside = sorted(entry.name for entry in file.iterdir() if entry.is_file())[:5]
        holds = f"; it holds {', '.join(inside)}" if inside else ""
        raise UserError("file.is_directory", f"{path} is a folder, not a file{holds}", path=path)
    there = [entry.name for entry in file.parent.iterdir() if entry.is_file()] if file.parent.is_dir() else None
    meant = "; that folder does not exist" if there is None else hint(file.name, there, most=2, cutoff=0.8)
    raise UserError("file.not_found", f"There is no file {path}: looked for {file}{meant}", path=path)


def format_of(file: Path, shown: str) -> Format:
    """The format that a file's ending stands for.

    Raises:
        UserError: `file.unknown_format`.
    """
    suffix = Path(file.stem).suffix if file.suffix in COMPRESSED else file.suffix
    found = FORMATS.get(suffix.lower())
    if found is None:
        raise UserError(
            "file.unknown_format",
            f"The ending of {shown} does not say how it is written; set `format` to csv, parquet, jsonl, excel, ... "
            f"(known endings: {', '.join(FORMATS)})",
            path=shown,
        )
    return found


def _given_types(file: Path, name: str, options: CsvOptions, types: Mapping[str, ColumnType]) -> Mapping[str, Any]:
    if not types or not file.stat().st_size:
        return {}
    try:
        header = pl.read_csv(file, n_rows=0, infer_schema=False, **options.arguments()).columns
    except pl.exceptions.PolarsError:
        return {}  # The read itself says what is wrong, with its line.
    for column in types:
        if column not in header:
            meant = hint(column, header) or f"; it has {', '.join(header)}"
            raise UserError(
                "file.unknown_column", f"{name} has no column '{column}' (named in `types`){meant}", column=column
            )
    return {column: _TYPES[type_] for column, type_ in types.items()}


def _read_parquet(file: Path, name: str) -> pl.LazyFrame:
    frame = pl.scan_parquet(file)
    try:
        frame.collect_schema()
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
        raise UserError(
            "file.unreadable", f"{name} is no complete Parquet file: {reason}. Write it again", path=name
        ) from error
    return frame


def _read_jsonl(file: Path, name: str, types: Mapping[str, ColumnType] | None) -> pl.LazyFrame:
    if not file.stat().st_size:
        raise UserError("file.empty", f"{name} is empty", path=name)
    refuse_long_record(file, name, None)
    given = {column: _TYPES[type_] for column, type_ in (types or {}).items()}
    try:
        return pl.read_ndjson(file, infer_schema_length=None, schema_overrides=given).lazy()
    except pl.exceptions.PolarsError as error:
        _refuse_broken_line(file, name)
        reason = str(error).split("\n", 1)[0]
        raise UserError("file.unreadable", f"{name} cannot be read as JSON lines: {reason}", path=name) from error


def _refuse_broken_line(file: Path, name: str) -> None:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row: object = json.loads(line.strip())
                reason = None if isinstance(row, dict) else 'each line has to be an object, such as {"id": 1}'
            except json.JSONDecodeError as error:
                reason = f"no valid JSON ({error.msg} at character {error.pos + 1})"
            except UnicodeDecodeError:
                reason = "not UTF-8"
            if reason:
                raise UserError("file.broken_row", f"{name}, line {number}: {reason}", path=name, line=number)

"""Reading a CSV file: types, broken rows, encodings, and every failure as a message with file, line and remedy."""

from __future__ import annotations

import codecs
import mmap
import re
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from concertmaster import UserError
from concertmaster.nodes.builtin.csv.columns import COMPRESSED, CsvOptions, failed_column, read_frame
from concertmaster.nodes.builtin.csv.columns import with_whole_column_types as with_types
from concertmaster.nodes.builtin.csv.rows import count_rows, find_broken_row, find_value
from concertmaster.nodes.builtin.csv.zeros import keeping_zeros

_CHUNK_BYTES = 1024 * 1024
_BAD_VALUE = re.compile(r"could not parse `(.*?)` as dtype `([^`]*)` at column", re.DOTALL)
_TYPE_WORDS = {"i64": "an integer", "f64": "a number", "bool": "true or false", "date": "a date"}


def read_csv(path: Path, name: str, options: CsvOptions, *, spill: Path | None = None) -> pl.LazyFrame:
    """Read a UTF-8 file.

    Args:
        name: what messages call the file.
        spill: a Parquet file to stream the rows into, for a file too large for memory.
    Raises:
        UserError: `file.empty`, `file.encoding`, `file.broken_row`, `file.bad_value`, `file.unknown_column` or
            `file.unreadable`.
    """
    if path.suffix not in COMPRESSED:
        _refuse_utf16(path, name)
    try:
        options = keeping_zeros(path, options)
        if spill is None:
            return _checked(read_frame(path, options), path, name, options).lazy()
        with_types(path, options, lambda types: _stream(path, options, types, spill))
    except pl.exceptions.NoDataError as error:
        raise UserError("file.empty", f"{name} is empty: there is not even a header", path=name) from error
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise _explained(error, path, name, options) from error
    if options.ragged or count_rows(path, options) is not None:
        return pl.scan_parquet(spill)
    _refuse_broken_row(path, name, options)
    return pl.scan_parquet(spill)


@contextmanager
def as_utf8(path: Path, name: str, encoding: str, scratch: Callable[[], Path] | None) -> Generator[Path]:
    """The file as UTF-8: itself, or a copy that lives as long as the context.

    Raises:
        UserError: `file.encoding`.
    """
    try:
        known = codecs.lookup(encoding).name
    except LookupError as error:
        raise UserError(
            "file.encoding", f"There is no encoding '{encoding}'; use utf-8, latin-1, windows-1252, utf-16, ..."
        ) from error
    if known in ("utf-8", "utf-8-sig", "ascii"):
        yield path
        return
    with tempfile.TemporaryDirectory(dir=scratch() if scratch else None) as folder:
        copy = Path(folder) / path.name
        try:
            with (
                path.open("r", encoding=known, newline="") as source,
                copy.open("w", encoding="utf-8", newline="") as to,
            ):
                while chunk := source.read(_CHUNK_BYTES):
                    to.write(chunk)
        except UnicodeError as error:
            raise UserError(
                "file.encoding", f"{name} is not {encoding} text ({error}); set another `encoding`", path=name
            ) from error
        yield copy


def _stream(path: Path, options: CsvOptions, types: pl.Schema, target: Path) -> None:
    pl.scan_csv(path, schema=types, **options.arguments()).sink_parquet(target)


def _checked(frame: pl.DataFrame, path: Path, name: str, options: CsvOptions) -> pl.DataFrame:
    """Refuse broken rows that polars let pass, and drop blank lines.

    Both leave a null in the last column, and quotes can hide whole rows; without either there is nothing to do.
    """
    if options.ragged or not frame.width:
        return frame
    complete = frame.width == 1 or not frame.get_column(frame.columns[-1]).null_count()
    if complete and not _has_quotes(path, options):
        return frame
    rows = count_rows(path, options)
    if rows is None or rows > frame.height:
        _refuse_broken_row(path, name, options)
        if rows is not None:
            raise UserError("file.unreadable", f"{name}: the quotes do not pair up; set `quote: ''` if it uses none")
    elif rows < frame.height and frame.width > 1:
        return frame.filter(~pl.all_horizontal(pl.all().is_null()))
    return frame


def _has_quotes(path: Path, options: CsvOptions) -> bool:
    if options.quote is None or not path.stat().st_size or path.suffix in COMPRESSED:
        return options.quote is not None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(options.quote.encode()) >= 0


def _refuse_broken_row(path: Path, name: str, options: CsvOptions) -> None:
    broken = find_broken_row(path, options)
    if broken is not None:
        raise UserError(
            "file.broken_row",
            f"{name}, line {broken.line}: {broken.what}. Correct the line; if the file is written differently, set "
            "`delimiter` or `quote` ('' for none), or `ragged: true` to fill short rows and cut long ones",
            path=name,
            line=broken.line,
        )


def _explained(error: Exception, path: Path, name: str, options: CsvOptions) -> Exception:
    """What a failure of polars means for the person who owns the file."""
    if path.suffix not in COMPRESSED:
        _refuse_foreign_bytes(path, name)
    column = failed_column(error)
    value = _BAD_VALUE.search(str(error))
    if column is not None and value is not None and options.types:
        header = pl.read_csv(path, n_rows=0, **options.arguments()).columns
        if column < len(header) and header[column] in options.types:
            return _bad_value(path, name, options, header[column], column, value[1].strip('"'), value[2])
    _refuse_broken_row(path, name, options)
    reason = str(error).split("\n", 1)[0]
    return UserError("file.unreadable", f"{name} cannot be read as CSV: {reason}", path=name)


def _bad_value(
    path: Path, name: str, options: CsvOptions, column: str, index: int, value: str, dtype: str
) -> UserError:
    found = find_value(path, options, index, lambda text: text == value)
    line = f", line {found[0]}" if found else ""
    return UserError(
        "file.bad_value",
        f"{name}{line}: {value!r} in column '{column}' is not {_TYPE_WORDS.get(dtype, dtype)}. Correct the value, "
        f"add it to `nulls`, or set the column's type to text",
        path=name,
        line=found[0] if found else None,
        column=column,
    )


def _refuse_utf16(path: Path, name: str) -> None:
    """Raise for the mark at the start of UTF-16, whose bytes can pass for a strange CSV file."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise UserError("file.encoding", f"{name} looks like UTF-16; set `encoding: utf-16`", path=name)


def _refuse_foreign_bytes(path: Path, name: str) -> None:
    """Raise when the file is no UTF-8 text, naming the line."""
    with path.open("rb") as file:
        decoder = codecs.getincrementaldecoder("utf-8")()
        line = 1
        while chunk := file.read(_CHUNK_BYTES):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                byte = error.object[error.start]
                raise UserError(
                    "file.encoding",
                    f"{name}, line {line}: byte 0x{byte:02x} is not UTF-8. Set `encoding`, for example windows-1252",
                    path=name,
                    line=line,
                ) from error
            line += chunk.count(b"\n")

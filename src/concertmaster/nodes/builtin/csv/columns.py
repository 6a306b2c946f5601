"""Reading CSV with column types from the whole column, at nearly the price of a sample.

Asking polars to infer from every row costs four times the read itself (0.36 s against 0.10 s on 31 MB). So the types
come from the first rows, and the read is then checked for everything that could make whole-column inference say
something else. Trap: the result must equal `infer_schema_length=None`; tests/property/test_csv_types.py holds it to
that, with one stated exception: integers beyond 64 bits become decimal(38, 0), or text beyond 38 digits, because
neither Arrow nor DuckDB can take 128-bit integers.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

T = TypeVar("T")

SAMPLE_ROWS = 2_000
COMPRESSED = (".gz", ".zst")
WIDE_INTEGER = pl.Decimal(38, 0)
# Starts that polars' number parser skips or accepts while its inference calls such a value text.
_LENIENT_BYTES = (b" ", b"\t", b"+")
_LENIENT_START = r"^[ \t+]"
_INTEGER_LIMIT = 2.0**63
_FAILED_COLUMN = re.compile(r"at column '.*' \(column number (\d+)\)\n\nThe current offset", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How a CSV file is written.

    Attributes:
        types: column types that are given, not inferred.
        dates: recognise dates and times.
        ragged: short rows are filled with nulls, fields beyond the header dropped.
        line_end: the sign at the end of each line; a return before a newline is none.
    """

    delimiter: str = ","
    quote: str | None = '"'
    has_header: bool = True
    skip_rows: int = 0
    nulls: tuple[str, ...] = ("", "NA")
    types: Mapping[str, Any] = field(default_factory=lambda: {})
    dates: bool = False
    ragged: bool = False
    line_end: str = "\n"

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments common to polars' `read_csv` and `scan_csv`, without types."""
        return {
            "separator": self.delimiter,
            "quote_char": self.quote,
            "has_header": self.has_header,
            "skip_rows": self.skip_rows,
            "null_values": list(self.nulls),
            "try_parse_dates": self.dates,
            "truncate_ragged_lines": self.ragged,
            "eol_char": self.line_end,
        }


def read_frame(path: Path, options: CsvOptions, *, sample_rows: int = SAMPLE_ROWS) -> pl.DataFrame:
    """Read a file into memory.

    Args:
        sample_rows: rows from which the types are taken at first.
    Raises:
        polars.exceptions.PolarsError: it is not readable as CSV, or a value does not fit its given type.
    """
    frame = None
    if not options.dates and path.suffix not in COMPRESSED:
        frame = _read_optimistically(path, options, sample_rows)
    if frame is None:
        return with_whole_column_types(path, options, lambda types: _read(path, options, types))
    return frame


def with_whole_column_types(path: Path, options: CsvOptions, read: Callable[[pl.Schema], T]) -> T:
    """Call `read` with the types that inference over every row gives.

    A column of integers that no type of ours can hold is handed on as text.
    """
    types = _types(path, options, None)
    portable = pl.Schema({name: WIDE_INTEGER if type_ == pl.Int128 else type_ for name, type_ in types.items()})
    for _ in range(len(portable)):
        try:
            return read(portable)
        except pl.exceptions.ComputeError as error:
            column = failed_column(error)
            name = portable.names()[column] if column is not None and column < len(portable) else None
            if name is None or name in options.types or portable[name] not in (WIDE_INTEGER, pl.Int64, pl.Float64):
                raise
            portable[name] = pl.String()
    return read(portable)


def failed_column(error: Exception) -> int | None:
    """Index of the column whose value did not parse, out of polars' message."""
    found = _FAILED_COLUMN.search(str(error))
    return int(found[1]) - 1 if found else None


def _types(path: Path, options: CsvOptions, rows: int | None) -> pl.Schema:
    """Types by so many of the first rows, or by all of them."""
    lazy = pl.scan_csv(path, infer_schema_length=rows, schema_overrides=options.types, **options.arguments())
    return lazy.collect_schema()


def _read(path: Path, options: CsvOptions, types: pl.Schema) -> pl.DataFrame:
    return pl.read_csv(path, schema=types, **options.arguments())


def _read_optimistically(path: Path, options: CsvOptions, sample_rows: int) -> pl.DataFrame | None:
    """The file read with the types of its first rows; None when whole-column inference might say something else."""
    try:
        return _read_as_sampled(path, options, sample_rows)
    except pl.exceptions.ComputeError as error:
        if failed_column(error) is None:
            raise
        return None


def _read_as_sampled(path: Path, options: CsvOptions, sample_rows: int) -> pl.DataFrame | None:
    types = _types(path, options, sample_rows)
    inferred = {name: type_ for name, type_ in types.items() if name not in options.types}
    if pl.Int128 in inferred.values():
        return None
    numeric = [name for name, type_ in inferred.items() if type_ == pl.Int64 or type_ == pl.Float64]
    if numeric and _has_lenient_number(path, options, numeric):
        return None
    frame = _read(path, options, types)
    floats = [name for name in numeric if inferred[name] == pl.Float64]
    # The parser takes `nan` and `infinity` for numbers, inference does not; and inference calls a column text when
    # decimals, integers and integers beyond 64 bits meet in it.
    if any(not (frame[name].abs() < _INTEGER_LIMIT).all() for name in floats):
        return None
    sample = frame.head(sample_rows)
    without_value = [name for name in inferred if sample[name].null_count() == sample.height]
    if any(frame[name].null_count() < frame.height for name in without_value):
        return None
    return frame


def _has_lenient_number(path: Path, options: CsvOptions, columns: list[str]) -> bool:
    """Whether a value such as ` 5` or `+5` stands in one of the columns; most files settle it by their bytes alone."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if all(content.find(byte) < 0 for byte in _LENIENT_BYTES if byte != options.delimiter.encode()):
            return False
    texts = pl.scan_csv(path, infer_schema=False, **options.arguments()).select(columns)
    found = texts.select(pl.all().str.contains(_LENIENT_START).any()).collect(engine="streaming")
    return any(found.row(0))

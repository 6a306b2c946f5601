"""Finding the broken row of a CSV file: polars fills short rows with nulls in silence and names no line.

A quick count by pyarrow's parser says whether there is anything to find (0.07 s for 31 MB); only then Python's `csv`
walks the file for the line. Lines are physical lines, counted from 1, as an editor shows them.
"""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from concertmaster.nodes.builtin.csv.columns import CsvOptions
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv
else:
    pa, arrow_csv = deferred("pyarrow"), deferred("pyarrow.csv")

_BLOCK_BYTES = 16 * 1024 * 1024
_FIELD_LIMIT = 128 * 1024 * 1024
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """Where a row is broken, and how, in words."""

    line: int
    what: str


def count_rows(path: Path, options: CsvOptions) -> int | None:
    """Number of rows without blank lines and header; None when some row has too few or too many fields."""
    quoting = options.quote is not None
    try:
        with arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                block_size=_BLOCK_BYTES, autogenerate_column_names=True, skip_rows=options.skip_rows
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=options.delimiter, quote_char=options.quote if quoting else False, newlines_in_values=quoting
            ),
            convert_options=arrow_csv.ConvertOptions(include_columns=["f0"], column_types={"f0": pa.binary()}),
        ) as reader:
            found = sum(batch.num_rows for batch in reader)
    except pa.ArrowInvalid:
        return None
    return found - options.has_header


def find_broken_row(path: Path, options: CsvOptions) -> BrokenRow | None:
    """The first row with a wrong number of fields or a quote that does not close."""
    width: int | None = None
    for line, text, fields in _records(path, options):
        if isinstance(fields, str):
            return BrokenRow(line, f"{fields} in {_shown(text)}")
        if not fields:
            continue
        if options.quote and text.count(options.quote) % 2:
            return BrokenRow(line, f"a quote is opened and not closed in {_shown(text)}")
        if width is None:
            width = len(fields)
        elif len(fields) != width and not options.ragged:
            count = f"{len(fields)} field{'' if len(fields) == 1 else 's'}"
            return BrokenRow(line, f"{count} instead of {width}: {_shown(text)}")
    return None


def find_value(path: Path, options: CsvOptions, column: int, matches: Callable[[str], bool]) -> tuple[int, str] | None:
    """Line and text of the first value in a column (counted from 0) that `matches`, the header left out."""
    for line, _, fields in islice(_records(path, options), options.has_header, None):
        if not isinstance(fields, str) and column < len(fields) and matches(fields[column]):
            return line, fields[column]
    return None


def _records(path: Path, options: CsvOptions) -> Iterator[tuple[int, str, list[str] | str]]:
    """First line, raw text and fields of each record; a text instead of fields says what is wrong, and ends it."""
    csv.field_size_limit(_FIELD_LIMIT)
    with _opened(path) as file:
        lines = _Lines(islice(file, options.skip_rows, None), options.skip_rows)
        reader = csv.reader(
            lines,
            delimiter=options.delimiter,
            quotechar=options.quote,
            quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
            strict=True,
        )
        while True:
            start = lines.begin()
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                unclosed = "unexpected end of data" in str(error)
                yield start, lines.text(), "a quote is opened and not closed" if unclosed else f"a bad quote ({error})"
                return
            yield start, lines.text(), fields


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast("IO[str]", gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline=""))
    return path.open("r", encoding="utf-8-sig", errors="replace", newline="")


class _Lines:
    """Hands lines to `csv.reader` and remembers those of the record at hand."""

    def __init__(self, lines: Iterator[str], skipped: int) -> None:
        self._lines = lines
        self._number = skipped
        self._record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._record.append(line)
        return line

    def begin(self) -> int:
        """Start a record; its first line."""
        self._record = []
        return self._number + 1

    def text(self) -> str:
        """The record as it stands in the file."""
        return "".join(self._record)


def _shown(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + "…")

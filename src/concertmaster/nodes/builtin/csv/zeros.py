"""Columns whose numbers begin with zeros, such as postal codes: they are text, for as numbers they would lose them.

Trap: looking at every value of a column costs as much as reading it. Nearly all files are settled by their bytes: a
zero before a digit at the start of a field stands in none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from concertmaster.nodes.builtin.csv.columns import COMPRESSED, CsvOptions
from concertmaster.nodes.builtin.csv.records import numbers_of

_ZEROS = r"^0[0-9]+(\.[0-9]*)?$"
_CHUNK_BYTES = 1024 * 1024
_ZERO, _NINE = b"09"


def keeping_zeros(path: Path, options: CsvOptions) -> CsvOptions:
    """The options with the type text for every column that has a number with zeros before it, where none is given.

    Raises:
        polars.exceptions.PolarsError: it is not readable as CSV.
    """
    if path.suffix not in COMPRESSED and not _may_have_zeros(path, options):
        return options
    texts = pl.scan_csv(path, infer_schema=False, **options.arguments()).drop(*options.types, strict=False)
    found = texts.select(pl.all().str.contains(_ZEROS).any()).collect(engine="streaming")
    padded = {name: pl.String() for name in found.columns if found[name].item()}
    return replace(options, types={**options.types, **padded}) if padded else options


def _may_have_zeros(path: Path, options: CsvOptions) -> bool:
    """Whether a field of the file begins with a zero before another digit, by the bytes alone."""
    before = sorted({ord("\n"), ord("\r"), options.delimiter.encode()[-1], *(options.quote or "").encode()[-1:]})
    tail = b"\n"
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            chunk = tail + chunk
            if _has_zeros(chunk, [sign for sign in before if sign in chunk]):
                return True
            tail = chunk[-2:]
    return False


def _has_zeros(chunk: bytes, before: Sequence[int]) -> bool:
    """Whether a zero and a digit follow on one of the signs.

    Each sign is looked for in all bytes at once, and masks of bits are put over each other: a third of what the regular
    expressions of polars take, which are the fastest there are.
    """
    places = len(chunk) - 2
    if places < 1 or not before:
        return False
    numbers = numbers_of(chunk)
    starts = numbers == before[0]
    for sign in before[1:]:
        starts |= numbers == sign
    following = numbers.slice(2, places)
    digits = (following >= _ZERO) & (following <= _NINE)
    return (starts.slice(0, places) & (numbers == _ZERO).slice(1, places) & digits).any()

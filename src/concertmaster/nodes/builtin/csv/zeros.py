"""Columns whose numbers begin with zeros, such as postal codes: they are text, for as numbers they would lose them.

Trap: looking at every value of a column costs as much as reading it. Nearly all files are settled by their bytes: a
zero before a digit at the start of a field stands in none of them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import polars as pl

from concertmaster.nodes.builtin.csv.columns import COMPRESSED, CsvOptions

_ZEROS = r"^0[0-9]+(\.[0-9]*)?$"
_CHUNK_BYTES = 1024 * 1024


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
    field = re.escape(f"{options.delimiter}{options.quote or ''}\n\r")
    pattern, tail = f"[{field}]0[0-9]", "\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            # Every byte is a sign of this encoding, and the regular expressions of polars are several times as fast.
            text = tail + chunk.decode("latin-1")
            if pl.Series([text]).str.contains(pattern).item():
                return True
            tail = text[-2:]
    return False

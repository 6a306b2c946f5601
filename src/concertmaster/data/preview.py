"""One page of a table as JSON, read from only those row groups that hold it.

How cells become JSON: dates, times and date-times ISO 8601, durations ISO 8601, decimals text, bytes base64,
NaN and infinities null, whole numbers beyond ±2^53 text (a browser would round them), lists and structs likewise
inside. The column's type in `schema` says what a text stands for.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import polars as pl

from concertmaster.data.parquet import readable, row_group_sizes, type_word
from concertmaster.domain.errors import UserError
from concertmaster.domain.sizes import format_size

_EXACT = 2**53
MAX_LIMIT = 10_000
LARGEST_ORDER = 256 * 1024 * 1024


def page(path: Path, *, offset: int = 0, limit: int = 100, sort: str | None = None) -> dict[str, Any]:
    """A page of a Parquet file.

    Args:
        path: of the file.
        offset: rows to leave out, in the chosen order.
        limit: most rows to give, up to `MAX_LIMIT`.
        sort: a column, `-column` for descending; nulls come last. Only that column is loaded for it.
    Returns:
        `{schema: [{name, type}], items: [row], total, next}`; `next` is the offset of the page after, or None.
    Raises:
        UserError: `table.unknown_column`, `table.not_sortable`, `table.bad_page`, `table.damaged`,
            `table.sorted_too_far`.
    """
    if offset < 0 or not 0 < limit <= MAX_LIMIT:
        raise UserError("table.bad_page", f"offset counts from 0, limit goes from 1 to {MAX_LIMIT}")
    with readable():
        return _page(path, offset=offset, limit=limit, sort=sort)


def _page(path: Path, *, offset: int, limit: int, sort: str | None) -> dict[str, Any]:
    schema = pl.read_parquet_schema(path)
    sizes = row_group_sizes(path)
    total = sum(sizes)
    if sort:
        rows = _rows_at(path, _order(path, schema, sort, sizes, offset=offset, limit=limit), sizes)
    else:
        rows = pl.scan_parquet(path).slice(offset, limit).collect()
    return {
        "schema": [{"name": name, "type": type_word(dtype)} for name, dtype in schema.items()],
        "items": json_rows(rows),
        "total": total,
        "next": offset + limit if offset + limit < total else None,
    }


def json_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a (small) frame as JSON data."""
    columns: list[Sequence[Any]] = []
    for series in frame.iter_columns():
        convert = _converter(series.dtype)
        if series.dtype.is_temporal():
            series = _iso(series)
        values = series.to_list()
        columns.append(values if convert is None else [None if value is None else convert(value) for value in values])
    names = frame.columns
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _order(path: Path, schema: Any, sort: str, sizes: list[int], *, offset: int, limit: int) -> list[int]:
    """Row numbers of the page, in its order; of the column, a row group and what may come on the page are in memory."""
    descending = sort.startswith("-") and sort not in schema
    column = sort[1:] if descending else sort
    if column not in schema:
        raise UserError("table.unknown_column", f"No column '{column}'; there are: {', '.join(schema)}", column=column)
    if isinstance(schema[column], (pl.Struct, pl.Object)):
        raise UserError("table.not_sortable", f"Rows cannot be ordered by '{column}' ({type_word(schema[column])})")
    number = "row" if column != "row" else "row_number"
    scan = pl.scan_parquet(path).select(pl.col(column)).with_row_index(number)
    best = scan.head(0).collect()
    start = 0
    for size in sizes:
        piece = scan.slice(start, size).collect()
        start += size
        best = pl.concat([best, piece]).sort(column, descending=descending, nulls_last=True, maintain_order=True)
        best = best.head(offset + limit)
        if best.estimated_size() > LARGEST_ORDER:
            raise UserError(
                "table.sorted_too_far",
                f"Row {offset + 1:,} in the order of '{column}' needs more memory than {format_size(LARGEST_ORDER)}; "
                "look at earlier rows, or let a table.sort node store the order",
            )
    return cast("list[int]", best[number].slice(offset).to_list())


def _rows_at(path: Path, numbers: list[int], sizes: list[int]) -> pl.DataFrame:
    """The numbered rows, one row group in memory at a time."""
    scan = pl.scan_parquet(path)
    pieces: list[pl.DataFrame] = []
    positions: list[int] = []
    start = 0
    for size in sizes:
        here = [(position, number - start) for position, number in enumerate(numbers) if start <= number < start + size]
        if here:
            pieces.append(scan.slice(start, size).collect()[[row for _, row in here]])
            positions.extend(position for position, _ in here)
        start += size
    if not pieces:
        return scan.head(0).collect()
    return pl.concat(pieces)[sorted(range(len(positions)), key=positions.__getitem__)]


def _iso(series: pl.Series) -> pl.Series:
    return series.dt.to_string("iso:strict")


def _converter(dtype: pl.DataType) -> Callable[[Any], Any] | None:
    """What turns a cell of this type into JSON; None when it is JSON already."""
    if dtype.is_float():
        return _finite
    if dtype.is_integer():
        return _whole if isinstance(dtype, (pl.Int64, pl.UInt64, pl.Int128, pl.UInt128)) else None
    if isinstance(dtype, (pl.String, pl.Boolean, pl.Null, pl.Categorical, pl.Enum)) or dtype.is_temporal():
        return None
    return _plain


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _whole(value: int) -> int | str:
    return value if -_EXACT <= value <= _EXACT else str(value)


def _plain(value: Any) -> Any:
    """Any cell, also inside lists and structs."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return _whole(value)
        case float():
            return _finite(value)
        case Decimal():
            return format(value, "f")
        case bytes():
            return base64.b64encode(value).decode()
        case timedelta():
            return _iso(pl.Series([value]))[0]
        case dict():
            return {name: _plain(item) for name, item in cast("dict[str, Any]", value).items()}
        case list() | tuple() | pl.Series():
            return [_plain(item) for item in cast("list[Any]", value)]
        case _:
            return value.isoformat() if hasattr(value, "isoformat") else str(value)

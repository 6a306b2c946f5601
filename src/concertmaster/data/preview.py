"""One page of a table as JSON, read from only those row groups that hold it.

How cells become JSON: dates, times and date-times ISO 8601, durations ISO 8601, decimals text, bytes base64,
NaN and infinities null, whole numbers beyond ±2^53 text (a browser would round them), lists and structs likewise
inside. The column's type in `schema` says what a text stands for.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import polars as pl

from concertmaster.data.parquet import readable, row_group_sizes, type_word
from concertmaster.data.where import predicate, unknown_column
from concertmaster.domain.errors import UserError
from concertmaster.domain.sizes import format_size

_EXACT = 2**53
MAX_LIMIT = 10_000
LARGEST_ORDER = 256 * 1024 * 1024


def page(
    path: Path, *, offset: int = 0, limit: int = 100, sort: str | None = None, where: Sequence[str] = ()
) -> dict[str, Any]:
    """A page of a Parquet file.

    Args:
        path: of the file.
        offset: rows to leave out, in the chosen order.
        limit: most rows to give, up to `MAX_LIMIT`.
        sort: a column, `-column` for descending; nulls come last. Only that column is loaded for it.
        where: conditions that rows have to meet, see `data.where`. Only their columns are loaded for it.
    Returns:
        `{schema: [{name, type}], items: [row], total, next}`: `total` rows meet the conditions, `next` is the offset of
        the page after, or None.
    Raises:
        UserError: `table.unknown_column`, `table.not_sortable`, `table.bad_page`, `table.damaged`,
            `table.sorted_too_far`, `where.*`.
    """
    if offset < 0 or not 0 < limit <= MAX_LIMIT:
        raise UserError("table.bad_page", f"offset counts from 0, limit goes from 1 to {MAX_LIMIT}")
    with readable():
        return _page(path, offset=offset, limit=limit, sort=sort, where=where)


def _page(path: Path, *, offset: int, limit: int, sort: str | None, where: Sequence[str]) -> dict[str, Any]:
    schema = pl.read_parquet_schema(path)
    sizes = row_group_sizes(path)
    total = sum(sizes)
    condition = predicate(where, schema)
    if sort:
        numbers, total = _order(path, schema, sort, sizes, condition, offset=offset, limit=limit)
        rows = _rows_at(path, numbers, sizes)
    elif condition is not None:
        numbers, total = _matching(path, schema, sizes, condition, offset=offset, limit=limit)
        rows = _rows_at(path, numbers, sizes)
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


def sort_key(schema: Mapping[str, pl.DataType], sort: str) -> tuple[str, bool]:
    """The column of `column` or `-column`, and whether it goes down.

    Raises:
        UserError: `table.unknown_column`, `table.not_sortable`.
    """
    descending = sort.startswith("-") and sort not in schema
    column = sort[1:] if descending else sort
    if column not in schema:
        raise unknown_column(column, schema)
    if isinstance(schema[column], (pl.Struct, pl.Object)):
        raise UserError("table.not_sortable", f"Rows cannot be ordered by '{column}' ({type_word(schema[column])})")
    return column, descending


def _numbered(path: Path, schema: Mapping[str, pl.DataType]) -> tuple[pl.LazyFrame, str]:
    """The rows with their numbers, in a column of a name that no other one has."""
    number = "row"
    while number in schema:
        number += "_"
    return pl.scan_parquet(path).with_row_index(number), number


def _matching(
    path: Path, schema: Mapping[str, pl.DataType], sizes: list[int], condition: pl.Expr, *, offset: int, limit: int
) -> tuple[list[int], int]:
    """Row numbers of the page, and how many rows meet the condition; a row group of its columns is in memory."""
    scan, number = _numbered(path, schema)
    found: list[int] = []
    total = start = 0
    for size in sizes:
        piece = scan.slice(start, size).filter(condition).select(number).collect().to_series()
        start += size
        first = max(offset - total, 0)
        found += piece.slice(first, max(offset + limit - total - first, 0)).to_list()
        total += len(piece)
    return found, total


def _order(
    path: Path,
    schema: Mapping[str, pl.DataType],
    sort: str,
    sizes: list[int],
    condition: pl.Expr | None,
    *,
    offset: int,
    limit: int,
) -> tuple[list[int], int]:
    """Row numbers of the page, in its order, and how many rows meet the condition; of the columns, a row group and
    what may come on the page are in memory."""
    column, descending = sort_key(schema, sort)
    scan, number = _numbered(path, schema)
    best = scan.head(0).select(number, column).collect()
    total = start = 0
    for size in sizes:
        rows = scan.slice(start, size)
        piece = (rows if condition is None else rows.filter(condition)).select(number, column).collect()
        start += size
        total += len(piece)
        best = pl.concat([best, piece]).sort(column, descending=descending, nulls_last=True, maintain_order=True)
        best = best.head(offset + limit)
        if best.estimated_size() > LARGEST_ORDER:
            raise sorted_too_far(column, f"Row {offset + 1:,} in the order of '{column}'")
    return best[number].slice(offset).to_list(), total


def sorted_too_far(column: str, what: str) -> UserError:
    """The error for an order that would take more memory than one may."""
    return UserError(
        "table.sorted_too_far",
        f"{what} needs more memory than {format_size(LARGEST_ORDER)}; "
        "look at earlier rows, or let a table.sort node store the order",
        column=column,
    )


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

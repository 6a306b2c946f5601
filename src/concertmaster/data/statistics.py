"""Statistics of a stored table's columns: from the footer of its file as far as that says it, else by one scan."""

# pyarrow and DuckDB ship few types, so what comes out of them is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl
import pyarrow.parquet as pq

from concertmaster.data.parquet import readable, type_word
from concertmaster.data.preview import json_rows
from concertmaster.data.where import unknown_column

_MEMORY_MB = 512
_THREADS = 2
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """What is in a column.

    Attributes:
        nulls: rows without a value.
        distinct: about how many different values, within a few percent; None for lists, structs and the like.
        minimum, maximum: as JSON, long texts cut; None without any value, and for what has no order.
    """

    name: str
    type: str
    nulls: int
    distinct: int | None
    minimum: Any
    maximum: Any

    def as_json(self) -> dict[str, Any]:
        """`ColumnStatistics` of the REST contract."""
        return {
            "name": self.name,
            "type": self.type,
            "nulls": self.nulls,
            "distinct": self.distinct,
            "min": self.minimum,
            "max": self.maximum,
        }


# Rows without a value, and the outermost values as JSON.
_Bounds = tuple[int, tuple[Any, Any]]


def column_names(path: Path, columns: Sequence[str]) -> list[str]:
    """The columns that are asked for, all of them when none is.

    Raises:
        UserError: `table.unknown_column`.
    """
    known = list(pl.read_parquet_schema(path))
    for name in columns:
        if name not in known:
            raise unknown_column(name, known)
    return list(columns) or known


def statistics(path: Path, columns: Sequence[str]) -> list[ColumnStatistics]:
    """Statistics of some columns of a Parquet file; memory does not grow with its size.

    Raises:
        UserError: `table.damaged`.
    """
    with readable(duckdb.InvalidInputException, duckdb.IOException):
        return _statistics(path, columns)


def _statistics(path: Path, columns: Sequence[str]) -> list[ColumnStatistics]:
    schema = pl.read_parquet_schema(path)
    bounds = _footer(path, schema)
    bounds |= _scanned(path, schema, [name for name in columns if name not in bounds])
    distinct = _distinct(path, schema, columns)
    found: list[ColumnStatistics] = []
    for name in columns:
        nulls, (low, high) = bounds[name]
        found.append(ColumnStatistics(name, type_word(schema[name]), nulls, distinct.get(name), low, high))
    return found


def _footer(path: Path, schema: Mapping[str, pl.DataType]) -> dict[str, _Bounds]:
    """Columns about which every row group tells all; nested ones are several columns in the file."""
    metadata = pq.read_metadata(path)
    places = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    found: dict[str, _Bounds] = {}
    for place, name in enumerate(places):
        # The path of a field of a struct may be the name of another column.
        if name not in schema or _is_nested(schema[name]) or places.count(name) > 1:
            continue
        parts = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
        if all(part is not None and part.has_null_count for part in parts):
            ends = _ends(schema[name], parts, metadata)
            if ends is not None:
                found[name] = sum(part.null_count for part in parts), _as_json(schema[name], ends)
    return found


def _ends(dtype: pl.DataType, parts: Sequence[Any], metadata: Any) -> tuple[Any, Any] | None:
    """The outermost values; None where the row groups do not say which these are."""
    # Writers cut long texts there, and disagree about what is not a number; Python has no nanoseconds.
    nanoseconds = isinstance(dtype, pl.Datetime) and dtype.time_unit == "ns"
    if nanoseconds or not (dtype.is_integer() or isinstance(dtype, pl.Date | pl.Datetime | pl.Boolean)):
        return None
    ends: list[tuple[Any, Any]] = []
    for group, part in enumerate(parts):
        if part.has_min_max:
            ends.append((part.min, part.max))
        elif part.null_count < metadata.row_group(group).num_rows:
            return None
    if not ends:
        return None, None
    return min(low for low, _ in ends), max(high for _, high in ends)


def _scanned(path: Path, schema: Mapping[str, pl.DataType], names: Sequence[str]) -> dict[str, _Bounds]:
    if not names:
        return {}
    asked: list[pl.Expr] = []
    for place, name in enumerate(names):
        column = pl.col(name)
        asked.append(column.null_count().alias(f"n{place}"))
        if not (_is_nested(schema[name]) or isinstance(schema[name], pl.Null)):
            asked += [column.min().alias(f"l{place}"), column.max().alias(f"h{place}")]
    (row,) = json_rows(pl.scan_parquet(path).select(asked).collect(engine="streaming"))
    return {
        name: (row[f"n{place}"], (_cut(row.get(f"l{place}")), _cut(row.get(f"h{place}"))))
        for place, name in enumerate(names)
    }


def _distinct(path: Path, schema: Mapping[str, pl.DataType], names: Sequence[str]) -> dict[str, int]:
    flat = [name for name in names if not _is_nested(schema[name])]
    if not flat:
        return {}
    settings: dict[str, Any] = {"memory_limit": f"{_MEMORY_MB}MB", "threads": _THREADS, "temp_directory": ""}
    # By their places: DuckDB does not tell upper from lower case.
    places = {name: f"c{place}" for place, name in enumerate(schema)}
    told = [f"least(approx_count_distinct({places[name]}), count({places[name]}))" for name in flat]
    text = f"SELECT {', '.join(told)} FROM read_parquet(?) AS stored({', '.join(places.values())})"
    with duckdb.connect(":memory:", config=settings) as con:
        row = con.execute(text, [str(path)]).fetchone()
    return dict(zip(flat, cast("tuple[int, ...]", row), strict=True))


def _as_json(dtype: pl.DataType, ends: tuple[Any, Any]) -> tuple[Any, Any]:
    low, high = json_rows(pl.DataFrame({"end": pl.Series(list(ends), dtype=dtype)}))
    return low["end"], high["end"]


def _cut(value: Any) -> Any:
    long = isinstance(value, str) and len(value) > _SHOWN_CHARACTERS
    return f"{value[:_SHOWN_CHARACTERS]}…" if long else value


def _is_nested(dtype: pl.DataType) -> bool:
    return dtype.is_nested() or isinstance(dtype, pl.Object)

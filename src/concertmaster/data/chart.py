"""What is drawn of a table: its rows counted, or a column aggregated, over the bins or values of another column.

The table is read a row group at a time and partial results are joined, so memory does not grow with its size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from concertmaster.data.parquet import readable, row_group_sizes, type_word
from concertmaster.data.preview import json_rows
from concertmaster.data.where import predicate, unknown_column
from concertmaster.domain.errors import UserError

MAX_VALUES = 100_000
AGGREGATES = ("count", "sum", "mean", "min", "max")
_SHOWN_CHARACTERS = 200
_JOINED = (pl.col("rows").sum(), pl.col("filled").sum(), pl.col("sum").sum(), pl.col("low").min(), pl.col("high").max())


def chart(
    path: Path, *, x: str, y: str | None = None, agg: str = "count", bins: int = 30, where: Sequence[str] = ()
) -> dict[str, Any]:
    """`Chart` of the REST contract.

    Args:
        x: numbers and times go into `bins` of one width, of everything else the most frequent values are told.
        y: a column of numbers; without one rows are counted.
        agg: of `AGGREGATES`, of y; rows where y is null or no number do not count.
        bins: most points.
        where: conditions that rows have to meet, see `data.where`.
    Raises:
        UserError: `table.unknown_column`, `table.damaged`, `where.*`, `chart.no_numbers`, `chart.not_plain`,
            `chart.too_many_values`.
    """
    with readable():
        schema = pl.read_parquet_schema(path)
        for name in (x, y):
            if name is not None and name not in schema:
                raise unknown_column(name, schema)
        _demand_drawable(schema, x, y, agg)
        drawn = _Drawn(path, schema, x, y, agg, predicate(where, schema))
        return drawn.binned(bins) if _is_continuous(schema[x]) else drawn.by_value(bins)


def _demand_drawable(schema: Mapping[str, pl.DataType], x: str, y: str | None, agg: str) -> None:
    if agg != "count" and y is None:
        raise UserError("chart.no_numbers", f"'{agg}' of what? Name a column of numbers as y, or take agg=count")
    if y is not None and agg != "count" and not schema[y].is_numeric():
        message = f"'{agg}' needs numbers, and '{y}' is {type_word(schema[y])}; take another column, or agg=count"
        raise UserError("chart.no_numbers", message, column=y)
    if schema[x].is_nested() or isinstance(schema[x], (pl.Object, pl.Binary, pl.Null)):
        raise UserError("chart.not_plain", f"'{x}' is {type_word(schema[x])}, which cannot be drawn", column=x)


def _is_continuous(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.is_temporal()


@dataclass(frozen=True, slots=True)
class _Bins:
    """Bins of one width in the units of x, whole numbers where x has such."""

    low: float
    high: float
    width: float
    count: int

    @staticmethod
    def of(low: float, high: float, most: int) -> _Bins:
        """At most so many, from the lowest to the highest."""
        if isinstance(low, int) and isinstance(high, int):
            width = -(-(high - low + 1) // most)
            return _Bins(low, high, width, -(-(high - low + 1) // width))
        # Divided first: the difference of two numbers may be none any more.
        width = high / most - low / most
        return _Bins(low, high, width, most) if width > 0 else _Bins(low, high, 1.0, 1)

    def index(self, cell: pl.Expr) -> pl.Expr:
        """The bin of a cell; what is at the very end belongs to the last one."""
        if isinstance(self.low, int):
            place = (cell.cast(pl.Int128) - self.low) // int(self.width)
        else:
            place = ((cell / self.count - self.low / self.count) / self.width * self.count).floor()
        return place.cast(pl.Int64).clip(0, self.count - 1)

    def edges(self) -> list[float]:
        """Their ends, one more than there are bins."""
        inner = [self.low + place * self.width for place in range(self.count)]
        return [*inner, self.high]


@dataclass(frozen=True, slots=True)
class _Drawn:
    path: Path
    schema: Mapping[str, pl.DataType]
    x: str
    y: str | None
    agg: str
    condition: pl.Expr | None

    def binned(self, most: int) -> dict[str, Any]:
        """Over bins of x."""
        dtype = self.schema[self.x]
        cell = _units(pl.col(self.x), dtype)
        rows = empty = 0
        ends: list[Any] = []
        for piece in self._pieces():
            told = piece.select(
                pl.len().alias("rows"), cell.count().alias("filled"), cell.min().alias("low"), cell.max().alias("high")
            ).row(0, named=True)
            rows += told["rows"]
            empty += told["rows"] - told["filled"]
            ends += [end for end in (told["low"], told["high"]) if end is not None]
        if not ends:
            return self._told("bins", [], rows=rows, empty=empty)
        bins = _Bins.of(min(ends), max(ends), most)
        parts = [
            piece.filter(cell.is_not_null()).group_by(bins.index(cell).alias("bin")).agg(self._aggregates())
            for piece in self._pieces()
        ]
        found = {row["bin"]: row for row in pl.concat(parts).group_by("bin").agg(_JOINED).iter_rows(named=True)}
        shown = _shown(bins.edges(), dtype)
        points = [
            {"x": None, "start": shown[place], "end": shown[place + 1], **self._point(found.get(place))}
            for place in range(bins.count)
        ]
        return self._told("bins", points, rows=rows, empty=empty)

    def by_value(self, most: int) -> dict[str, Any]:
        """Over the most frequent values of x."""
        joined: pl.DataFrame | None = None
        rows = 0
        dtype = self.schema[self.x]
        cell = pl.col(self.x).cast(pl.String) if isinstance(dtype, (pl.Categorical, pl.Enum)) else pl.col(self.x)
        for piece in self._pieces():
            rows += piece.height
            part = piece.group_by(cell.alias("x")).agg(self._aggregates())
            joined = part if joined is None else pl.concat([joined, part]).group_by("x").agg(_JOINED)
            if len(joined) > MAX_VALUES:
                raise UserError(
                    "chart.too_many_values",
                    f"'{self.x}' has more than {MAX_VALUES:,} different values; draw a column with fewer",
                    column=self.x,
                )
        if joined is None:
            return self._told("values", [], rows=0, empty=0)
        empty = sum(joined.filter(pl.col("x").is_null())["rows"].to_list())
        ordered = joined.filter(pl.col("x").is_not_null()).sort("rows", "x", descending=[True, False])
        values = [row["x"] for row in json_rows(ordered.head(most).select("x"))]
        told = ordered.head(most).iter_rows(named=True)
        points = [
            {"x": _cut(value), "start": None, "end": None, **self._point(row)}
            for value, row in zip(values, told, strict=True)
        ]
        rest = ordered.slice(most)
        others = None
        if len(rest):
            others = {"values": len(rest), **self._point(rest.select(_JOINED).row(0, named=True))}
        return self._told("values", points, rows=rows, empty=empty, others=others)

    def _pieces(self) -> Iterator[pl.DataFrame]:
        """The columns of the rows that meet the condition, a row group at a time."""
        columns = list(dict.fromkeys([self.x, *([] if self.y is None else [self.y])]))
        scan, start = pl.scan_parquet(self.path), 0
        for size in row_group_sizes(self.path):
            rows = scan.slice(start, size)
            start += size
            yield (rows if self.condition is None else rows.filter(self.condition)).select(columns).collect()

    def _aggregates(self) -> list[pl.Expr]:
        if self.y is None or not self.schema[self.y].is_numeric():
            filled = pl.len() if self.y is None else pl.col(self.y).count()
            nothing = pl.lit(None, dtype=pl.Float64)
            names = [nothing.alias(name) for name in ("sum", "low", "high")]
            return [pl.len().cast(pl.Int64).alias("rows"), filled.cast(pl.Int64).alias("filled"), *names]
        value = pl.col(self.y).cast(pl.Float64)
        value = pl.when(value.is_finite()).then(value)
        return [
            pl.len().cast(pl.Int64).alias("rows"),
            value.count().cast(pl.Int64).alias("filled"),
            value.sum().alias("sum"),
            value.min().alias("low"),
            value.max().alias("high"),
        ]

    def _point(self, row: Mapping[str, Any] | None) -> dict[str, Any]:
        if row is None:
            return {"rows": 0, "value": 0 if self.agg == "count" else None}
        if self.agg == "count":
            return {"rows": row["rows"], "value": row["filled"]}
        if not row["filled"]:
            return {"rows": row["rows"], "value": None}
        told = {"sum": row["sum"], "mean": row["sum"] / row["filled"], "min": row["low"], "max": row["high"]}
        value = told[self.agg]
        return {"rows": row["rows"], "value": value if math.isfinite(value) else None}

    def _told(
        self, kind: str, points: list[dict[str, Any]], *, rows: int, empty: int, others: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        def column(name: str) -> dict[str, str]:
            return {"name": name, "type": type_word(self.schema[name])}

        return {
            "kind": kind,
            "x": column(self.x),
            "y": None if self.y is None else column(self.y),
            "agg": self.agg,
            "points": points,
            "rows": rows,
            "empty": empty,
            "others": others,
        }


def _units(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A cell as a number; what is none is null."""
    if dtype.is_temporal():
        return cell.to_physical()
    if dtype.is_integer():
        return cell
    number = cell.cast(pl.Float64)
    return pl.when(number.is_finite()).then(number)


def _shown(edges: Sequence[float], dtype: pl.DataType) -> list[Any]:
    """Ends of bins as in `items` of a page."""
    if dtype.is_temporal():
        physical = pl.Int32 if isinstance(dtype, pl.Date) else pl.Int64
        series = pl.Series("edge", edges, dtype=physical).cast(dtype)
    else:
        series = pl.Series("edge", edges, dtype=pl.Int128 if isinstance(edges[0], int) else pl.Float64)
    return [row["edge"] for row in json_rows(series.to_frame())]


def _cut(value: Any) -> Any:
    long = isinstance(value, str) and len(value) > _SHOWN_CHARACTERS
    return f"{value[:_SHOWN_CHARACTERS]}…" if long else value

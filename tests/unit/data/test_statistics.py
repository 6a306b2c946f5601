"""Statistics of a stored table: the same whether the footer of the file tells them or a scan does."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from concertmaster.data.statistics import column_names, statistics
from concertmaster.domain.errors import UserError

Ends = tuple[Any, Any]
NAN, INF = float("nan"), float("inf")


def told(path: Path) -> dict[str, dict[str, Any]]:
    found = [one.as_json() for one in statistics(path, column_names(path, []))]
    json.dumps(found, allow_nan=False)
    return {one["name"]: one for one in found}


def of(path: Path, name: str = "x") -> tuple[int, int | None, Ends]:
    found = told(path)[name]
    return found["nulls"], found["distinct"], (found["min"], found["max"])


COLUMNS: list[tuple[list[Any], Any, tuple[int, int | None, Ends]]] = [
    ([1, None, -3, 2, 2], pl.Int64(), (1, 3, (-3, 2))),
    ([200, 5], pl.UInt8(), (0, 2, (5, 200))),
    ([2**64 - 1, 0], pl.UInt64(), (0, 2, (0, str(2**64 - 1)))),
    ([True, False, None], pl.Boolean(), (1, 2, (False, True))),
    ([1.5, NAN, None], pl.Float64(), (1, 2, (1.5, 1.5))),
    ([1.5, INF], pl.Float64(), (0, 2, (1.5, None))),
    (["b", "a", None, ""], pl.String(), (1, 3, ("", "b"))),
    (["a" * 201, "b" * 200], pl.String(), (0, 2, ("a" * 200 + "…", "b" * 200))),
    ([b"a", b"\xff"], pl.Binary(), (0, 2, ("YQ==", "/w=="))),
    ([Decimal("1.20"), Decimal("-3.00")], pl.Decimal(10, 2), (0, 2, ("-3.00", "1.20"))),
    ([dt.date(2013, 1, 31), None], pl.Date(), (1, 1, ("2013-01-31", "2013-01-31"))),
    ([dt.time(5), dt.time(6)], pl.Time(), (0, 2, ("05:00:00", "06:00:00"))),
    ([dt.timedelta(1), dt.timedelta(2)], pl.Duration("us"), (0, 2, ("P1D", "P2D"))),
    (
        [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)],
        pl.Datetime("us"),
        (0, 2, ("0001-01-01T00:00:00.000000", "9999-12-31T00:00:00.000000")),
    ),
    (
        [dt.datetime(2013, 1, 1, tzinfo=dt.UTC)],
        pl.Datetime("ms", "Europe/Berlin"),
        (0, 1, ("2013-01-01T01:00:00.000+01:00", "2013-01-01T01:00:00.000+01:00")),
    ),
    ([], pl.Int64(), (0, 0, (None, None))),
    ([], pl.String(), (0, 0, (None, None))),
    ([None, None], pl.Int64(), (2, 0, (None, None))),
    ([None, None], pl.Null(), (2, 0, (None, None))),
    ([[1], None], pl.List(pl.Int64()), (1, None, (None, None))),
    ([{"a": 1}, {"a": 2}], pl.Struct({"a": pl.Int64()}), (0, None, (None, None))),
]


@pytest.mark.parametrize("footer", [True, False], ids=["footer", "scan"])
@pytest.mark.parametrize(("values", "dtype", "expected"), COLUMNS, ids=[str(dtype) for _, dtype, _ in COLUMNS])
def test_a_column(tmp_path: Path, values: list[Any], dtype: Any, expected: Any, footer: bool) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"x": pl.Series(values, dtype=dtype)}).write_parquet(path, statistics=footer)
    assert of(path) == expected


@pytest.mark.parametrize("footer", [True, False], ids=["footer", "scan"])
def test_nanoseconds_are_not_cut_off(tmp_path: Path, footer: bool) -> None:
    numbers = pl.Series([1577836800123456789, -(2**63) + 1, 2**63 - 1], dtype=pl.Int64)
    path = tmp_path / "x.parquet"
    pl.DataFrame({"x": numbers.cast(pl.Datetime("ns"))}).write_parquet(path, statistics=footer)
    assert of(path) == (0, 3, ("1677-09-21T00:12:43.145224193", "2262-04-11T23:47:16.854775807"))


def test_row_groups_are_put_together(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"x": [3, 1, None, None, 6, 5], "t": ["a", "b", None, None, "c", "c"]}).write_parquet(
        path, row_group_size=2
    )
    assert pq.read_metadata(path).num_row_groups == 3
    assert of(path) == (2, 4, (1, 6))
    assert of(path, "t") == (2, 3, ("a", "c"))


def test_names_are_told_apart(tmp_path: Path) -> None:
    """By case, and from the path that a field of a struct has in the file."""
    path = tmp_path / "x.parquet"
    rows = {"x": [1, 2], "X": ["q", "q"], "s": [{"a": 7}, {"a": 8}], "s.a": [5, None]}
    pq.write_table(pa.table({name: pa.array(values) for name, values in rows.items()}), path)
    assert (of(path), of(path, "X")) == ((0, 2, (1, 2)), (0, 1, ("q", "q")))
    assert (of(path, "s"), of(path, "s.a")) == ((0, None, (None, None)), (1, 1, (5, 5)))


def test_columns_are_chosen_and_unknown_ones_named(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"a": [1], "b": [2]}).write_parquet(path)
    assert (column_names(path, []), column_names(path, ["b"])) == (["a", "b"], ["b"])
    assert [one.name for one in statistics(path, ["b"])] == ["b"]
    with pytest.raises(UserError, match="No column 'c'; there are: a, b") as error:
        column_names(path, ["c"])
    assert error.value.code == "table.unknown_column"

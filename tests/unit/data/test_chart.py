"""What is drawn of a table: every row is in one point, whatever the types, and the points are few."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.chart import chart
from concertmaster.data.parquet import ROW_GROUP_ROWS, write_frame
from concertmaster.domain.errors import UserError

NAN = float("nan")


def drawn(frame: pl.DataFrame, folder: Path, **options: Any) -> dict[str, Any]:
    store = ArtifactStore(folder)
    told = chart(store.local_path(write_frame(frame, store).artifact), **options)
    json.dumps(told, allow_nan=False)
    counted = sum(point["rows"] for point in told["points"]) + (told["others"] or {"rows": 0})["rows"]
    assert counted + told["empty"] == told["rows"]
    return told


def bars(told: dict[str, Any]) -> list[tuple[Any, Any, int, Any]]:
    return [(point["start"], point["end"], point["rows"], point["value"]) for point in told["points"]]


def test_numbers_go_into_bins_of_one_width(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": [0.0, 0.4, 1.0, 2.0, NAN, None, float("inf")], "y": [1, 2, 3, None, 5, 6, 7]})
    told = drawn(frame, tmp_path, x="x", bins=2)
    assert (told["kind"], told["rows"], told["empty"], told["others"]) == ("bins", 7, 3, None)
    assert bars(told) == [(0.0, 1.0, 2, 2), (1.0, 2.0, 2, 2)]
    assert bars(drawn(frame, tmp_path, x="x", y="y", agg="sum", bins=2)) == [(0.0, 1.0, 2, 3.0), (1.0, 2.0, 2, 3.0)]
    assert [bar[3] for bar in bars(drawn(frame, tmp_path, x="x", y="y", agg="mean", bins=2))] == [1.5, 3.0]
    # Rows with a y, which is what counts.
    assert [bar[3] for bar in bars(drawn(frame, tmp_path, x="x", y="y", bins=2))] == [2, 1]


def test_whole_numbers_have_whole_bins(tmp_path: Path) -> None:
    assert bars(drawn(pl.DataFrame({"x": [1, 2, 2, 4]}), tmp_path, x="x", bins=30)) == [
        (1, 2, 1, 1),
        (2, 3, 2, 2),
        (3, 4, 0, 0),
        (4, 4, 1, 1),
    ]
    told = drawn(pl.DataFrame({"x": [-(2**63), 0, 2**63 - 1]}), tmp_path, x="x", bins=2)
    assert bars(told) == [(str(-(2**63)), 0, 1, 1), (0, str(2**63 - 1), 2, 2)]


def test_times_have_bins_too(tmp_path: Path) -> None:
    days = [dt.date(2024, 3, day) for day in (1, 1, 2, 4)]
    assert bars(drawn(pl.DataFrame({"x": days}), tmp_path, x="x", bins=4)) == [
        ("2024-03-01", "2024-03-02", 2, 2),
        ("2024-03-02", "2024-03-03", 1, 1),
        ("2024-03-03", "2024-03-04", 0, 0),
        ("2024-03-04", "2024-03-04", 1, 1),
    ]
    at = pl.Series([dt.datetime(2024, 3, 1), dt.datetime(2024, 3, 2)], dtype=pl.Datetime("us", "Europe/Paris"))
    first, last = bars(drawn(at.to_frame("x"), tmp_path, x="x", bins=2))
    assert (first[0], last[1]) == ("2024-03-01T01:00:00.000000+01:00", "2024-03-02T01:00:00.000000+01:00")
    took = pl.DataFrame({"x": [dt.timedelta(seconds=1), dt.timedelta(seconds=3)]})
    assert [bar[2] for bar in bars(drawn(took, tmp_path, x="x", bins=2))] == [1, 1]


def test_of_everything_else_the_most_frequent_values_are_told(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": ["b", "a", "a", "c", None, "d"], "y": [1.0, 2.0, 4.0, 8.0, 16.0, NAN]})
    told = drawn(frame, tmp_path, x="x", y="y", agg="max", bins=2)
    assert [(point["x"], point["rows"], point["value"]) for point in told["points"]] == [("a", 2, 4.0), ("b", 1, 1.0)]
    assert (told["kind"], told["empty"], told["others"]) == ("values", 1, {"rows": 2, "values": 2, "value": 8.0})
    flags = drawn(pl.DataFrame({"x": [True, False, True]}), tmp_path, x="x")
    assert [(point["x"], point["value"]) for point in flags["points"]] == [(True, 2), (False, 1)]
    kinds = pl.DataFrame({"x": pl.Series(["p", "q", "p"], dtype=pl.Categorical())})
    assert [point["x"] for point in drawn(kinds, tmp_path, x="x")["points"]] == ["p", "q"]
    long = drawn(pl.DataFrame({"x": ["z" * 5_000]}), tmp_path, x="x")
    assert len(long["points"][0]["x"]) == 201


def test_decimals_large_tables_and_conditions(tmp_path: Path) -> None:
    rows = ROW_GROUP_ROWS + 10
    frame = pl.DataFrame(
        {
            "x": pl.Series([Decimal(n % 4) for n in range(rows)], dtype=pl.Decimal(10, 1)),
            "k": [f"k{n % 3}" for n in range(rows)],
        }
    )
    told = drawn(frame, tmp_path, x="x", bins=3, where=["k:eq:k1"])
    assert told["rows"] == len([n for n in range(rows) if n % 3 == 1])
    by_key = drawn(frame, tmp_path, x="k", y="x", agg="sum", where=["x:gt:0"])
    wanted = {f"k{key}": float(sum(n % 4 for n in range(rows) if n % 3 == key)) for key in range(3)}
    assert {point["x"]: point["value"] for point in by_key["points"]} == wanted


def test_nothing_to_draw(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": [None, None], "t": [None, None]}, schema={"x": pl.Float64, "t": pl.String})
    for x in ("x", "t"):
        told = drawn(frame, tmp_path, x=x)
        assert (told["points"], told["rows"], told["empty"]) == ([], 2, 2)
        told = drawn(frame, tmp_path, x=x, where=["t:eq:a"])
        assert (told["points"], told["rows"], told["empty"]) == ([], 0, 0)
    assert bars(drawn(pl.DataFrame({"x": [7.5, 7.5]}), tmp_path, x="x", bins=9)) == [(7.5, 7.5, 2, 2)]


FLOATS = st.none() | st.floats() | st.floats(-10, 10)


@given(st.lists(FLOATS, max_size=20), st.integers(1, 50), st.sampled_from(["count", "sum", "mean", "min", "max"]))
def test_every_number_is_in_a_bin(values: list[float | None], bins: int, agg: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64)})
        told = drawn(frame, Path(folder), x="x", y="x", agg=agg, bins=bins)
    assert len(told["points"]) <= bins
    for before, after in zip(told["points"], told["points"][1:], strict=False):
        assert before["start"] <= before["end"] == after["start"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"x": "nmae"}, "table.unknown_column"),
        ({"x": "name", "y": "nope"}, "table.unknown_column"),
        ({"x": "name", "agg": "sum"}, "chart.no_numbers"),
        ({"x": "n", "y": "name", "agg": "mean"}, "chart.no_numbers"),
        ({"x": "list"}, "chart.not_plain"),
        ({"x": "bytes"}, "chart.not_plain"),
        ({"x": "n", "where": ["n:gt:a"]}, "where.bad_value"),
    ],
)
def test_what_cannot_be_drawn(tmp_path: Path, options: dict[str, Any], code: str) -> None:
    frame = pl.DataFrame({"name": ["a"], "n": [1], "list": [[1]], "bytes": [b"a"]})
    with pytest.raises(UserError) as caught:
        drawn(frame, tmp_path, **options)
    assert caught.value.code == code


def test_too_many_values_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concertmaster.data.chart.MAX_VALUES", 10)
    with pytest.raises(UserError) as caught:
        drawn(pl.DataFrame({"x": [str(n) for n in range(11)]}), tmp_path, x="x")
    assert caught.value.code == "chart.too_many_values"

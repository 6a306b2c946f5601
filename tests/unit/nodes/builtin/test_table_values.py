"""table.fill, table.profile, table.split and table.diff."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import Sql, UserError
from concertmaster.nodes.builtin.table_diff import table_diff
from concertmaster.nodes.builtin.table_fill import table_fill
from concertmaster.nodes.builtin.table_profile import table_profile
from concertmaster.nodes.builtin.table_split import table_split
from node_tables import AWKWARD, awkward, frame_of, rows_of, stored

GAPS = {
    "g": ["a", "b", "a", None, "  "],
    "x": [None, 1, 3, None, 5],
    "d": [date(2020, 1, 1), date(2020, 1, 1), None, None, None],
    "b": [True, None, None, False, None],
    "m": [Decimal("1.5"), None, None, None, None],
}


def test_fill_with_constants_in_the_type_of_the_column(tmp_path: Path) -> None:
    values: Any = {"g": "?", "x": 0, "d": "2021-02-03", "b": False, "m": 2}
    frame = frame_of(table_fill(stored(tmp_path, GAPS), values, blank=True))
    assert frame["g"].to_list() == ["a", "b", "a", "?", "?"]
    assert frame["x"].to_list() == [0, 1, 3, 0, 5]
    assert frame["d"].to_list()[2:] == [date(2021, 2, 3)] * 3
    assert frame["b"].to_list() == [True, False, False, False, False]
    assert frame["m"].to_list() == [Decimal("1.5"), *[Decimal(2)] * 4]
    assert frame_of(table_fill(stored(tmp_path, GAPS), {"x": 0.5}))["x"].to_list() == [0.5, 1, 3, 0.5, 5]


def test_fill_with_what_other_rows_have(tmp_path: Path) -> None:
    table = stored(tmp_path, GAPS)
    methods: Any = {"x": "backward", "d": "forward", "g": "most_common", "b": "max"}
    frame = frame_of(table_fill(table, methods=methods))
    assert frame["x"].to_list() == [1, 1, 3, 5, 5]
    assert frame["d"].to_list() == [date(2020, 1, 1)] * 5
    assert frame["g"].to_list() == ["a", "b", "a", "a", "  "]
    assert frame["b"].to_list() == [True, True, True, False, True]
    grouped = frame_of(table_fill(table, {"x": -1}, {"x": "mean"}, by=["g"]))
    assert grouped["x"].to_list() == [3.0, 1.0, 3.0, -1.0, 5.0]
    ordered = frame_of(table_fill(table, methods={"x": "forward"}, order_by=["-x", "g"]))
    assert ordered["x"].to_list() == [1, 1, 3, 1, 5]


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({}, "There is nothing to fill"),
        ({"values": {"xx": 1}}, "no column 'xx'; .*did you mean 'x'"),
        ({"values": {"x": "y"}}, "'x' is BIGINT and cannot take 'y'"),
        ({"values": {"x": True}}, "'x' is BIGINT and cannot take True"),
        ({"values": {"d": "soon"}}, "'d' is DATE and cannot take 'soon'"),
        ({"methods": {"g": "mean"}}, "'g' is VARCHAR and has no mean"),
        ({"methods": {"x": "mean"}, "by": ["h"]}, "no column 'h'"),
    ],
)
def test_fills_that_cannot_be_are_refused(tmp_path: Path, config: Any, word: str) -> None:
    with pytest.raises(UserError, match=word):
        table_fill(stored(tmp_path, GAPS), **config)


def test_profile_tells_about_each_column(tmp_path: Path) -> None:
    table = stored(tmp_path, {"n": [1.0, 2.0, 3.0, None, float("inf")], "t": ["a", "bbb", "a", "", None]})
    first, second = frame_of(table_profile(table)).rows(named=True)
    assert (first["column"], first["type"], first["rows"]) == ("n", "DOUBLE", 5)
    assert (first["missing"], first["missing_percent"], first["distinct"]) == (1, 20.0, 4)
    assert (first["mean"], first["deviation"], first["min"], first["max"]) == (2.0, 1.0, "1.0", "inf")
    assert (second["shortest"], second["longest"], second["mean"], second["min"]) == (0, 3, None, "")
    assert second["common"][0] == "a"


def test_profile_of_every_type_and_of_nothing(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "span": [timedelta(seconds=1)],
            "kind": pl.Series(["x"], dtype=pl.Categorical),
            "none": [None],
            "list": [[1]],
            "struct": [{"a b": 1}],
            "bytes": [b"x"],
            "small": pl.Series([1], dtype=pl.UInt8),
        }
    )
    facts = frame_of(table_profile(stored(tmp_path, frame)))
    assert facts["column"].to_list() == frame.columns
    assert facts["missing"].to_list() == [0, 0, 1, 0, 0, 0, 0]
    empty = frame_of(table_profile(stored(tmp_path, pl.DataFrame(schema={"a": pl.Int64})), ["a"]))
    assert (empty["rows"][0], empty["missing_percent"][0]) == (0, None)
    with pytest.raises(UserError, match="no column 'z'"):
        table_profile(stored(tmp_path, frame), ["z"])


def test_split_by_conditions(tmp_path: Path) -> None:
    table = stored(tmp_path, {"x": [1, None, 3, 4, 5]})
    cases: Any = {"big": Sql("x > $p1", {"p1": 3}), "odd": Sql("x % 2 = 1 -- odd")}
    parts = {name: rows_of(part) for name, part in table_split(table, cases).items()}
    assert parts == {"big": [(4,), (5,)], "odd": [(1,), (3,)], "rest": [(None,)]}
    parts = {name: rows_of(part) for name, part in table_split(table, cases, mode="all").items()}
    assert parts == {"big": [(4,), (5,)], "odd": [(1,), (3,), (5,)], "rest": [(None,)]}


def test_split_at_random_gives_every_row_once(tmp_path: Path) -> None:
    table = stored(tmp_path, {"x": range(10_000)})

    def parts(seed: int) -> dict[str, list[int]]:
        made = table_split(table, {"train": 0.8, "test": 0.15}, seed=seed)
        return {name: frame_of(part)["x"].to_list() for name, part in made.items()}

    first = parts(0)
    assert sorted(row for part in first.values() for row in part) == list(range(10_000))
    assert [round(len(part) / 10_000, 1) for part in first.values()] == [0.8, 0.2, 0.0]
    assert all(part == sorted(part) for part in first.values())
    assert first == parts(0) != parts(1)


@pytest.mark.parametrize(
    ("cases", "word"),
    [
        ({"a": 0.5, "b": Sql("x > 1")}, "all cases a condition, or all a fraction"),
        ({"a": 0.8, "b": 0.3}, "add up to 1.1"),
        ({"a": Sql("y > 1")}, "no column 'y'"),
        ({"a": Sql("x > 1) or (1 = 1")}, "case a"),
    ],
)
def test_splits_that_cannot_be_are_refused(tmp_path: Path, cases: Any, word: str) -> None:
    with pytest.raises(UserError, match=word):
        table_split(stored(tmp_path, {"x": [1]}), cases)


NEW = {"k": [1, 2, 3, None], "x": [1.0, 2.5, 3.0, 9.0], "s": ["a", "b", None, "n"], "new": [1] * 4}
OLD = {"s": ["a", "B", "c", "n"], "k": [1, 2, 4, None], "x": [1.001, 2.0, 3.0, 9.0], "gone": [1] * 4}


def test_diff_of_rows(tmp_path: Path) -> None:
    frame = frame_of(table_diff(stored(tmp_path, NEW), stored(tmp_path, OLD), ["k"]))
    assert frame.columns == ["change", "changed", "k", "x", "x_old", "s", "s_old"]
    assert sorted(frame.rows(), key=str) == [
        ("added", None, 3, 3.0, None, None, None),
        ("changed", "x", 1, 1.0, 1.001, "a", "a"),
        ("changed", "x, s", 2, 2.5, 2.0, "b", "B"),
        ("column added", "new", None, None, None, None, None),
        ("column removed", "gone", None, None, None, None, None),
        ("removed", None, 4, None, 3.0, None, "c"),
    ]
    assert rows_of(table_diff(stored(tmp_path, NEW), stored(tmp_path, NEW), ["k"])) == []


def test_diff_of_cells_within_a_tolerance(tmp_path: Path) -> None:
    new, old = stored(tmp_path, NEW), stored(tmp_path, OLD)
    frame = frame_of(table_diff(new, old, ["k"], ignore=["new", "gone"], tolerance=0.01, layout="cells"))
    assert frame.columns == ["k", "change", "column", "old", "new"]
    assert frame.sort("k", "column").rows() == [
        (2, "changed", "s", "B", "b"),
        (2, "changed", "x", "2.0", "2.5"),
        (3, "added", None, None, None),
        (4, "removed", None, None, None),
    ]


def test_diff_of_whole_rows_counts_duplicates(tmp_path: Path) -> None:
    new, old = stored(tmp_path, {"a": [1, 1, 2, None]}), stored(tmp_path, {"a": [1, 3, None]})
    assert rows_of(table_diff(new, old)) == [("added", 1), ("added", 2), ("removed", 3)]


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"on": ["kk"]}, "no column 'kk'; .*did you mean 'k'"),
        ({"on": ["new"]}, "no column 'new'; the columns are: s, k, x"),
        ({"on": ["k"], "ignore": ["zz"]}, "no column 'zz'"),
        ({"layout": "cells"}, "need `on`"),
        ({"tolerance": 1}, "need `on`"),
    ],
)
def test_diffs_that_cannot_be_are_refused(tmp_path: Path, config: Any, word: str) -> None:
    with pytest.raises(UserError, match=word):
        table_diff(stored(tmp_path, NEW), stored(tmp_path, OLD), **config)


def test_diff_names_the_key_that_is_there_twice_and_the_type_that_differs(tmp_path: Path) -> None:
    twice = stored(tmp_path, {"k": [1, 1], "x": [1, 2]})
    with pytest.raises(UserError, match="In the older table, 2 rows have the same k: 1; add a column"):
        table_diff(stored(tmp_path, {"k": [1], "x": [1]}), twice, ["k"])
    with pytest.raises(UserError, match="'x' was VARCHAR and is BIGINT"):
        table_diff(twice, stored(tmp_path, {"k": [1], "x": ["1"]}), ["k"])


def test_columns_of_any_name(tmp_path: Path) -> None:
    table = awkward(tmp_path)
    filled = table_fill(
        table, dict.fromkeys(AWKWARD, 1), dict.fromkeys(AWKWARD, "forward"), by=AWKWARD, order_by=AWKWARD
    )
    assert frame_of(filled).equals(table.collect())
    assert frame_of(table_profile(table, AWKWARD))["column"].to_list() == AWKWARD
    other = stored(tmp_path, {name: [n, n + 100 + (n > 0)] for n, name in enumerate(AWKWARD)})
    cells = frame_of(table_diff(table, other, AWKWARD[:1], layout="cells"))
    assert sorted(cells["column"]) == sorted(AWKWARD[1:])
    assert frame_of(table_diff(table, other, AWKWARD[:1])).height == 1
    names = {"change": [1], "changed": [2], "present": [3], "x": [1], "x_old": [1]}
    changes = frame_of(
        table_diff(stored(tmp_path, names), stored(tmp_path, {**names, "x": [2], "present": [0]}), ["change"])
    )
    assert changes.rows(named=True)[0]["changed_"] == "present, x"

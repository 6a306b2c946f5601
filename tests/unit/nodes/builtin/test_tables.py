"""table.select, table.sort, table.sample and table.join."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from tests.node_tables import frame_of, stored

from concertmaster import Sql, UserError
from concertmaster.nodes.builtin import table_join as joining
from concertmaster.nodes.builtin.table_join import table_join
from concertmaster.nodes.builtin.table_sample import table_sample
from concertmaster.nodes.builtin.table_select import table_select
from concertmaster.nodes.builtin.table_sort import table_sort

LEFT = pl.LazyFrame({"k": [3, 1, None, 2], "v": ["c", "a", "n", "b"]})
RIGHT = pl.LazyFrame({"k": [1, 1, 9, None], "v": ["x", "y", "z", "w"]})


def rows(result: Any) -> list[tuple[Any, ...]]:
    if isinstance(result, pl.LazyFrame):
        return result.collect().rows()
    return cast("pl.DataFrame", pl.from_arrow(result.read_all())).rows()


def test_select_keeps_drops_renames_computes_and_adds() -> None:
    frame: Any = pl.DataFrame({"a": [1, 2], "b c": ["x", "y"]})
    assert rows(table_select(frame, ["b c", "a"])) == [("x", 1), ("y", 2)]
    assert rows(table_select(frame, ["a"], mode="drop")) == [("x",), ("y",)]
    assert rows(table_select(frame, {"n": Sql("b c"), "m": Sql("a * $p1", {"p1": 3})})) == [("x", 3), ("y", 6)]
    assert rows(table_select(frame, {"a": Sql("a + 1"), "d": Sql("a")}, mode="add")) == [(2, "x", 1), (3, "y", 2)]
    with pytest.raises(UserError, match="no column 'q'; the columns are: a, b c"):
        table_select(frame, ["q"])
    with pytest.raises(UserError, match="leave at least one"):
        table_select(frame, ["a", "b c"], mode="drop")
    with pytest.raises(UserError, match="names as a list"):
        table_select(frame, {"a": Sql("a")}, mode="drop")


def test_sort_by_several_columns_in_both_directions() -> None:
    frame = pl.LazyFrame({"a": [1, 2, None, 2], "-b": [1, 2, 3, 4]})
    assert rows(table_sort(frame, ["-a", "-b"])) == [(2, 2), (2, 4), (1, 1), (None, 3)]
    assert rows(table_sort(frame, ["a", "--b"], nulls="first")) == [(None, 3), (1, 1), (2, 4), (2, 2)]
    with pytest.raises(UserError, match="no column 'z'"):
        table_sort(frame, ["-z"])


def test_sample_is_repeatable_exact_and_in_order() -> None:
    frame = pl.LazyFrame({"__row": range(1000)})
    first = [row[0] for row in rows(table_sample(frame, rows=50, seed=1))]
    assert len(first) == 50
    assert first == sorted(first) != list(range(50))
    assert first == [row[0] for row in rows(table_sample(frame, rows=50, seed=1))]
    assert first != [row[0] for row in rows(table_sample(frame, rows=50, seed=2))]
    assert len(rows(table_sample(frame, fraction=0.1))) == 100
    assert rows(table_sample(frame, rows=2, method="head")) == [(0,), (1,)]
    assert len(rows(table_sample(frame, rows=5000))) == 1000
    assert rows(table_sample(frame, rows=0)) == []
    for wrong in ({}, {"rows": 1, "fraction": 0.5}):
        with pytest.raises(UserError, match="either `rows` or `fraction`"):
            table_sample(frame, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("inner", [(1, "a", "x"), (1, "a", "y")]),
        ("left", [(3, "c", None), (1, "a", "x"), (1, "a", "y"), (None, "n", None), (2, "b", None)]),
        ("semi", [(1, "a")]),
        ("anti", [(3, "c"), (None, "n"), (2, "b")]),
        ("right", [("a", 1, "x"), ("a", 1, "y"), (None, 9, "z"), (None, None, "w")]),
    ],
)
def test_join_kinds_keep_order_and_missing_values_match_nothing(how: Any, expected: list[tuple[Any, ...]]) -> None:
    assert rows(table_join(LEFT, RIGHT, on=["k"], how=how)) == expected


def test_full_and_cross_join_and_other_names() -> None:
    full = rows(table_join(LEFT, RIGHT, on=["k"], how="full"))
    assert len(full) == 7
    assert (9, None, "z") in full
    assert len(rows(table_join(LEFT, RIGHT, how="cross"))) == 16
    other = RIGHT.rename({"k": "key"})
    assert table_join(LEFT, other, left_on=["k"], right_on=["key"], suffix="_2").collect().columns == ["k", "v", "v_2"]


def test_large_tables_join_as_small_ones_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"k": [3, 1, None, 2, 1], "j": ["a", "b", "c", None, "b"], "v": [1.5, 2.0, 3.0, 4.0, 5.0]}
    left = stored(tmp_path, {**rows, "list": [[1], [2], None, [], [3]]})
    keys = pl.Series([1, 3, 3, 2, None], dtype=pl.Int32)
    right = stored(tmp_path, {"k": [1, 1, 9, None, 2], "j": ["b", "b", "q", "c", "z"], "v": list("xyzwu"), "key": keys})
    on: list[dict[str, Any]] = [{"on": ["k"]}, {"on": ["j", "k"]}, {"left_on": ["k"], "right_on": ["key"]}]
    for how in ("inner", "left", "right", "full", "semi", "anti", "cross"):
        for keys_of in [{}] if how == "cross" else on:
            monkeypatch.setattr(joining, "_SMALL_BYTES", 1 << 30)
            small = frame_of(table_join(left, right, how=how, **keys_of).collect(engine="streaming"))  # type: ignore[union-attr]
            monkeypatch.setattr(joining, "_SMALL_BYTES", -1)
            large = frame_of(table_join(left, right, how=how, **keys_of))
            assert large.equals(small), (how, keys_of)


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({}, "Set `on`"),
        ({"on": ["k"], "left_on": ["k"]}, "Set `on`"),
        ({"left_on": ["k"], "right_on": ["k", "v"]}, "in pairs"),
        ({"on": ["k"], "how": "cross"}, "leave out `on`"),
        ({"on": ["z"]}, "Left table \\(port `in`\\): .*no column 'z'"),
        ({"left_on": ["k"], "right_on": ["zz"]}, "Right table \\(port `right`\\): .*no column 'zz'"),
        ({"left_on": ["k"], "right_on": ["v"]}, "'k' is Int64 on the left and 'v' is String"),
    ],
)
def test_joins_that_cannot_be_are_refused(config: dict[str, Any], word: str) -> None:
    with pytest.raises(UserError, match=word):
        table_join(LEFT, RIGHT, **config)

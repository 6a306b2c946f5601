"""table.union, table.pivot and table.unpivot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import Sql, UserError
from concertmaster.nodes.builtin.table_pivot import table_pivot
from concertmaster.nodes.builtin.table_union import table_union
from concertmaster.nodes.builtin.table_unpivot import table_unpivot
from node_tables import AWKWARD, awkward, frame_of, rows_of, stored

COUNT = {"n": Sql("count()")}


def test_union_goes_by_name_and_widens_numbers(tmp_path: Path) -> None:
    first = stored(tmp_path, {"A": [1, 2], "b": ["x", "y"]})
    second = stored(tmp_path, {"c": [None], "a": [1.5]})
    frame = frame_of(table_union([first, second], source="table"))
    assert frame.columns == ["table", "A", "b", "c"]
    assert frame.rows() == [(1, 1.0, "x", None), (1, 2.0, "y", None), (2, 1.5, None, None)]
    assert rows_of(table_union([first, second], columns="common")) == [(1.0,), (2.0,), (1.5,)]
    assert rows_of(table_union([second, first], columns="common")) == [(1.5,), (1.0,), (2.0,)]
    assert rows_of(table_union([first])) == [(1, "x"), (2, "y")]
    with pytest.raises(UserError, match="Table 2 has no column 'b'; use `columns: all`"):
        table_union([first, second], columns="same")
    with pytest.raises(UserError, match="'A' is BIGINT in table 1 and VARCHAR in table 2; convert one"):
        table_union([first, stored(tmp_path, {"a": ["t"]})])
    with pytest.raises(UserError, match="already; choose another name"):
        table_union([first], source="B")
    with pytest.raises(UserError, match="no column in common"):
        table_union([first, stored(tmp_path, {"z": [1]})], columns="common")
    with pytest.raises(UserError, match="wire at least one"):
        table_union([])


def test_union_keeps_the_order_of_many_rows(tmp_path: Path) -> None:
    parts = [stored(tmp_path, {"n": range(start, start + 200_000)}) for start in (0, 200_000)]
    assert frame_of(table_union(parts))["n"].to_list() == list(range(400_000))


FLIGHTS = {"g": ["b", "a", "b", None], "m": [10, 2, 2, None], "x": [1.0, 2.0, 3.0, 4.0]}


def test_pivot_makes_columns_sorted_by_value(tmp_path: Path) -> None:
    frame = frame_of(table_pivot(stored(tmp_path, FLIGHTS), ["g"], "m", COUNT, fill=0))
    assert frame.columns == ["g", "2", "10", "missing"]
    assert frame.rows() == [("a", 1, 0, 0), ("b", 1, 1, 0), (None, 0, 0, 1)]


def test_pivot_with_several_measures_and_chosen_values(tmp_path: Path) -> None:
    measures = {"n": Sql("count()"), "s": Sql("round(sum(x) * $p1, 1)", {"p1": 2})}
    frame = frame_of(table_pivot(stored(tmp_path, FLIGHTS), ["g"], "m", measures, values=["10", "7"]))
    assert frame.columns == ["g", "10_n", "10_s", "7_n", "7_s"]
    assert frame.rows() == [("a", None, None, None, None), ("b", 1, 2.0, None, None), (None, None, None, None, None)]


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"by": ["g"], "names_from": "g"}, "it makes rows or columns"),
        ({"by": ["G"], "names_from": "m"}, "no column 'G'.*did you mean 'g'|no column 'G'"),
        ({"by": ["g"], "names_from": "mm"}, "no column 'mm'"),
        ({"by": ["g"], "names_from": "m", "values": ["g"]}, "a second column 'g'"),
        ({"by": ["g"], "names_from": "m", "measures": {"n": Sql("x")}}, "must appear in the GROUP BY"),
    ],
)
def test_pivots_that_cannot_be_are_refused(tmp_path: Path, config: Any, word: str) -> None:
    with pytest.raises(UserError, match=word):
        table_pivot(stored(tmp_path, FLIGHTS), **{"measures": COUNT, **config})


def test_pivot_of_too_many_values_is_refused(tmp_path: Path) -> None:
    table = stored(tmp_path, {"g": range(1001), "h": range(1001)})
    with pytest.raises(UserError, match=r"'h' has more than 1,000 values; choose some"):
        table_pivot(table, ["g"], "h", COUNT)
    assert frame_of(table_pivot(table, ["g"], "h", COUNT, values=["7"])).columns == ["g", "7"]


def test_unpivot_makes_rows_in_order(tmp_path: Path) -> None:
    table = stored(tmp_path, {"k": [1, 2], "a": [1, None], "b": [2.5, 3.5], "c": ["x", "y"]})
    frame = frame_of(table_unpivot(table, ["a", "b"], ["k"]))
    assert frame.columns == ["k", "name", "value"]
    assert frame.rows() == [(1, "a", 1.0), (1, "b", 2.5), (2, "a", None), (2, "b", 3.5)]
    assert rows_of(table_unpivot(table, ["a"], missing=False, name="n'", value='v"')) == [(1, 2.5, "x", "a", 1)]
    assert rows_of(table_unpivot(table, keep=["k"], as_text=True))[:3] == [
        (1, "a", "1"),
        (1, "b", "2.5"),
        (1, "c", "x"),
    ]


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"keep": ["k"]}, "'a' is BIGINT and 'c' is VARCHAR, which do not go into one column; set `as_text`"),
        ({}, "Say which `columns`"),
        ({"columns": ["a"], "keep": ["a"]}, "'a' cannot be in `columns` and in `keep`"),
        ({"columns": ["a"], "name": "c"}, "two columns 'c'"),
        ({"columns": ["a"], "name": "v", "value": "V"}, "two columns 'v'"),
        ({"columns": ["aa"]}, "no column 'aa'; .*did you mean 'a'"),
        ({"keep": ["k", "a", "c"]}, "none is left"),
    ],
)
def test_unpivots_that_cannot_be_are_refused(tmp_path: Path, config: Any, word: str) -> None:
    with pytest.raises(UserError, match=word):
        table_unpivot(stored(tmp_path, {"k": [1], "a": [1], "c": ["x"]}), **config)


def test_columns_and_values_of_any_name(tmp_path: Path) -> None:
    table = awkward(tmp_path)
    assert frame_of(table_union([table, table])).columns == AWKWARD
    long = frame_of(table_unpivot(table, keep=[AWKWARD[0]]))
    assert long["name"].to_list() == AWKWARD[1:] * 2
    assert long["value"].to_list() == [n + row for row in (0, 100) for n in range(1, len(AWKWARD))]
    values = stored(tmp_path, pl.DataFrame({"k": [1] * len(AWKWARD), "it's": AWKWARD, "*": range(len(AWKWARD))}))
    wide = frame_of(table_pivot(values, ["k"], "it's", {"v": Sql('sum("*")')}, values=AWKWARD))
    assert wide.columns == ["k", *AWKWARD]
    assert wide.rows() == [(1, *range(len(AWKWARD)))]

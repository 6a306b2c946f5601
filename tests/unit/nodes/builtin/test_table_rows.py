"""table.dedupe, table.window, and table.sort of what does not fit into memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import OperationalError, Sql, Table, UserError
from concertmaster.nodes.builtin.table_dedupe import table_dedupe
from concertmaster.nodes.builtin.table_sort import table_sort
from concertmaster.nodes.builtin.table_window import table_window
from node_context import PlainContext
from node_tables import AWKWARD, awkward, frame_of, rows_of, stored

ROWS = {"g": ["a", "b", "a", "a", None, None], "x": [3, 1, 3, 1, 5, None]}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"by": ["g"]}, [("a", 3), ("b", 1), (None, 5)]),
        ({"by": ["g"], "keep": "last"}, [("b", 1), ("a", 1), (None, None)]),
        ({"by": ["g"], "keep": "none"}, [("b", 1)]),
        ({"by": ["g"], "keep": "repeated"}, [("a", 3), ("a", 3), ("a", 1), (None, 5), (None, None)]),
        ({"by": ["g"], "order_by": ["x"]}, [("b", 1), ("a", 1), (None, 5)]),
        ({"by": ["g"], "order_by": ["-x"]}, [("a", 3), ("b", 1), (None, 5)]),
        # A missing value is never the last one, and of equal rows the later is.
        ({"by": ["g"], "order_by": ["x"], "keep": "last"}, [("b", 1), ("a", 3), (None, 5)]),
        ({}, [("a", 3), ("b", 1), ("a", 1), (None, 5), (None, None)]),
        ({"keep": "repeated"}, [("a", 3), ("a", 3)]),
    ],
)
def test_dedupe_keeps_one_in_order(tmp_path: Path, config: Any, expected: list[Any]) -> None:
    assert rows_of(table_dedupe(stored(tmp_path, ROWS), **config)) == expected


def test_of_equal_rows_the_last_is_the_later_one(tmp_path: Path) -> None:
    table = stored(tmp_path, {"g": [1, 1, 1], "o": [1, 2, 2], "n": ["a", "b", "c"]})
    assert rows_of(table_dedupe(table, ["g"], order_by=["o"], keep="last")) == [(1, 2, "c")]
    assert rows_of(table_dedupe(table, ["g"], order_by=["-o"])) == [(1, 2, "b")]


def test_dedupe_refuses_what_means_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no column 'h'; the columns are: g, x"):
        table_dedupe(stored(tmp_path, ROWS), ["h"])
    with pytest.raises(UserError, match="leave it out with `keep: none`"):
        table_dedupe(stored(tmp_path, ROWS), ["g"], order_by=["x"], keep="none")


def test_window_looks_at_the_rows_around(tmp_path: Path) -> None:
    columns = {
        "n": Sql("row_number()"),
        "rank": Sql("rank()"),
        "sum": Sql("sum(x) -- so far"),
        "step": Sql("x - lag(x) over w"),
        "before": Sql("lag(x, $p1)", {"p1": 1}),
        "x": Sql("count(*) filter (x > $p1)", {"p1": 1}),
    }
    frame = frame_of(table_window(stored(tmp_path, ROWS), columns, ["g"], ["-x"], frame="running"))
    assert frame.columns == ["g", "x", "n", "rank", "sum", "step", "before"]
    assert frame.rows() == [
        ("a", 1, 1, 1, 3, None, None),
        ("b", 0, 1, 1, 1, None, None),
        ("a", 2, 2, 1, 6, 0, 3),
        ("a", 2, 3, 3, 7, -2, 3),
        (None, 1, 1, 1, 5, None, None),
        (None, 1, 2, 2, 5, None, 5),
    ]


def test_window_frames(tmp_path: Path) -> None:
    def sums(**config: Any) -> list[Any]:
        table = stored(tmp_path, {"x": [1, 2, 4, 8]})
        return frame_of(table_window(table, {"s": Sql("sum(x)")}, **config))["s"].to_list()

    assert sums() == [15, 15, 15, 15]
    assert sums(frame="running") == [1, 3, 7, 15]
    assert sums(frame="running", order_by=["-x"]) == [15, 14, 12, 8]
    assert sums(frame="rolling", rows=2) == [1, 3, 6, 12]
    for wrong in ({"frame": "rolling"}, {"rows": 2}):
        with pytest.raises(UserError, match="set both, or neither"):
            sums(**wrong)


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("x - 1", "sql.no_window", "has to be a call such as sum"),
        ("x", "sql.no_window", "has to be a call"),
        ("round(sum(x), 1)", "sql.no_window", "round.. looks at one row; put `over w`"),
        ("sum(y)", "sql.unknown_column", "no column 'y'"),
        ("sum(x)) over w, (1", "sql.syntax", "column 'n'"),
        ("sum(x) as a from input window z as () union all select 1", "sql.not_an_expression", "one SQL expression"),
        ("sum((select max(x) from read_text('/etc/passwd')))", "sql.not_allowed", "read_text"),
    ],
)
def test_expressions_that_are_no_window_are_refused(tmp_path: Path, text: str, code: str, word: str) -> None:
    with pytest.raises(UserError, match=word) as caught:
        table_window(stored(tmp_path, ROWS), {"n": Sql(text)})
    assert caught.value.code == code


def test_columns_of_any_name(tmp_path: Path) -> None:
    table = awkward(tmp_path)
    assert rows_of(table_dedupe(table, AWKWARD, order_by=["--minus"])) == table.collect().rows()
    window = frame_of(table_window(table, {"it's": Sql('sum("größe 🎉")')}, ["select"], ["--minus", *AWKWARD]))
    assert window.columns == AWKWARD
    assert window["it's"].to_list() == [3, 103]
    assert rows_of(table_sort(table, ["--minus", 'quo"te'])) == table.collect().rows()[::-1]
    assert rows_of(table_sort(table, ["-minus"], limit=1)) == table.collect().rows()[:1]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """About 130 MB once unpacked, where the queries below may use 100."""
    numbers = pl.int_range(800_000, eager=True).shuffle(7)
    texts = numbers.cast(pl.String).str.zfill(20).str.reverse().repeat_by(8).list.join("")
    return stored(tmp_path_factory.mktemp("large"), pl.DataFrame({"n": numbers, "t": texts}))


def test_a_table_larger_than_memory_is_sorted_on_disk(large: Table, tmp_path: Path) -> None:
    assert large.size_bytes > 8 * 2**20
    done = frame_of(table_sort(large, ["-n"], memory_mb=100, context=PlainContext(tmp_path)))
    assert done["n"].is_sorted(descending=True)
    assert done.height == large.rows
    with pytest.raises(OperationalError, match="raise `memory_mb`"):
        frame_of(table_sort(large, ["-n"], memory_mb=100))


def test_duplicates_are_found_in_a_table_larger_than_memory(large: Table, tmp_path: Path) -> None:
    deduped: Any = table_dedupe(large, ["n"], memory_mb=100, context=PlainContext(tmp_path))
    assert sum(batch.num_rows for batch in deduped) == large.rows

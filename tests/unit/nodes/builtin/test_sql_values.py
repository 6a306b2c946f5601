"""Functions of SQL that make large values of small ones: bounded, and otherwise as DuckDB has them."""

from __future__ import annotations

from typing import Any, cast

import polars as pl
import pytest

from concertmaster import Sql, UserError
from concertmaster.nodes.builtin.duck.bounds import LARGEST_VALUE
from concertmaster.nodes.builtin.table_sql import table_filter, table_sql

FRAME: Any = pl.DataFrame({"n": [3], "many": [LARGEST_VALUE + 1], "t": ["ab"]})


def value_of(expression: str) -> Any:
    reader = table_sql(FRAME, query=Sql(f"select {expression} as value from input"))
    return cast("pl.DataFrame", pl.from_arrow(reader.read_all()))["value"].to_list()[0]


@pytest.mark.parametrize(
    "expression",
    [
        f"repeat('ab', {LARGEST_VALUE})",
        f"'ab'.repeat({LARGEST_VALUE})",
        "repeat(t, many)",
        "repeat([n], many)",
        "repeat(t::blob, many)",
        f"lpad('x', {LARGEST_VALUE + 1}, 'y')",
        f"rpad(t, {LARGEST_VALUE + 1}, 'y')",
        "list_sum(range(many))",
        "list_aggregate(generate_series(0, many), 'sum')",
        "range(many, 0, -1)",
        "range(date '2000-01-01', date '2030-01-01', interval 1 hour)",
        "list_resize([n], many)",
        "array_resize([n], many, 0)",
        f"bitstring('1', {LARGEST_VALUE + 1})",
        "printf('%262145d', n)",
        "printf('%*d', 262145, n)",
        "printf('%2$.262145d', n, n)",
        "format('{:262145d}', n)",
        "format('{:{}}', n, 262145)",
        "[repeat('x', y) for y in [many]]",
    ],
)
def test_what_would_make_a_huge_value_is_refused(expression: str) -> None:
    with pytest.raises(UserError) as caught:
        value_of(expression)
    assert caught.value.code == "sql.value_too_large"
    assert "use lpad" in caught.value.message or "could take the memory of the server" in caught.value.message


def test_expressions_of_other_nodes_are_bounded_too() -> None:
    with pytest.raises(UserError) as caught:
        table_filter(FRAME, Sql("length(repeat(t, many)) > 1")).read_all()
    assert caught.value.code == "sql.value_too_large"


@pytest.mark.parametrize("call", ["system.main.repeat('ab', 2)", "main.repeat('ab', 2)"])
def test_nothing_goes_past_the_bounds_by_a_schema(call: str) -> None:
    with pytest.raises(UserError) as caught:
        value_of(call)
    assert caught.value.code == "sql.not_allowed"
    assert "Functions are named without a schema" in caught.value.message


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("repeat(t, n)", "ababab"),
        ("repeat(t, 131072).length()", 262144),
        ("repeat(null, 2)", None),
        ("repeat([n], 2)", [3, 3]),
        ("lpad(t, 5, 'x') || rpad(t, 1, 'x')", "xxxaba"),
        ("range(n)", [0, 1, 2]),
        ("range(9, 1, -4)", [9, 5]),
        ("range(1, 2, 0)", []),
        ("len(generate_series(date '2024-01-01', date '2024-01-03', interval 1 day))", 3),
        ("len(range(timestamptz '2024-01-01', timestamptz '2024-03-01', interval 1 month))", 2),
        ("list_resize([n], 2)", [3, None]),
        ("bitstring('1', 4)::varchar", "0001"),
        ("printf('tel. 123456789: %3d %% 1000000', n)", "tel. 123456789:   3 % 1000000"),
        ("format('123456789 {:>3} {{1000000}} {:,}', t, 1234567)", "123456789  ab {1000000} 1,234,567"),
        ("sum(n) over (partition by lpad(t, 3, 'x'))", 3),
    ],
)
def test_what_makes_small_values_is_as_it_was(expression: str, expected: Any) -> None:
    assert value_of(expression) == expected


def test_the_functions_that_give_rows_have_no_bound() -> None:
    query = "select count(*) as n from range(300000) a, unnest(range(2)) b, generate_series(1, 300000) c where c.c = a"
    reader = table_sql(query=Sql(query.replace("c.c = a", "c.generate_series = a.range")))
    assert reader.read_all().to_pylist() == [{"n": 599_998}]

"""table.rename, table.cast and table.derive."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import Sql, UserError
from concertmaster.nodes.builtin.table_cast import table_cast
from concertmaster.nodes.builtin.table_derive import table_derive
from concertmaster.nodes.builtin.table_rename import table_rename
from node_tables import AWKWARD, awkward, frame_of, rows_of, stored


def test_rename_by_name_and_by_rule() -> None:
    frame = pl.LazyFrame({"Dep. Delay": [1], "airTime": [2], "HTTPCode": [3], " x  y ": [4], "!": [5]})
    assert frame_of(table_rename(frame, style="snake_case")).columns == [
        "dep_delay", "air_time", "http_code", "x_y", "column",
    ]  # fmt: skip
    assert frame_of(table_rename(frame, {"!": "A b"}, style="lower", prefix="p_", suffix="?")).columns == [
        "p_dep. delay?", "p_airtime?", "p_httpcode?", "p_ x  y ?", "A b",
    ]  # fmt: skip
    assert frame_of(table_rename(frame, {"airTime": "!", "!": "airTime"})).rows() == [(1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("config", "code", "word"),
    [
        ({}, "rename.nothing", "set `columns`"),
        ({"columns": {"aa": "x"}}, "sql.unknown_column", "no column 'aa'"),
        ({"columns": {"name": "Name"}}, "rename.double_column", "'name' and 'Name' would both be called 'Name'"),
        ({"style": "lower"}, "rename.double_column", "'name' and 'Name' would both"),
        ({"columns": {"name": ""}}, "rename.empty", "'name' would have no name"),
    ],
)
def test_names_that_cannot_be_are_refused(config: dict[str, Any], code: str, word: str) -> None:
    with pytest.raises(UserError, match=word) as caught:
        table_rename(pl.LazyFrame({"name": [1], "Name": [2]}), **config)
    assert caught.value.code == code


def test_a_rename_makes_columns_that_sql_can_tell_apart(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'a' and 'A' have the same name in SQL; rename one"):
        table_derive(stored(tmp_path, {"a": [1], "A": [2]}), {"b": Sql("1")})
    with pytest.raises(UserError, match="A column has no name"):
        table_derive(stored(tmp_path, {"": [1]}), {"b": Sql("1")})
    renamed: Any = table_rename(stored(tmp_path, {"a": [1], "A": [2], "": [3]}).scan(), {"A": "other", "": "third"})
    assert rows_of(table_derive(renamed, {"sum": Sql("a + other + third")})) == [(1, 2, 3, 6)]


def test_cast_reads_every_type(tmp_path: Path) -> None:
    table = stored(
        tmp_path,
        {
            "whole": [" 42 ", "-7.0", " ", None],
            "part": ["1.5", "1e3", "", None],
            "money": ["1.005", "-3", "", None],
            "flag": ["true", "no", "T", None],
            "day": ["31.12.2024", "1.1.2025", "", None],
            "moment": ["2024-01-01T10:00:00+02:00", "2024-01-01 10:00", "", None],
            "clock": ["10:30", "23:59:59.5", "", None],
            "shown": [date(2024, 1, 31), date(2025, 12, 1), None, None],
            "float": [1.0, -2.0, None, None],
        },
    )
    types: Any = {
        "whole": "integer", "part": "number", "money": "decimal", "flag": "boolean", "day": "date",
        "moment": "datetime_utc", "clock": "time", "shown": "text", "float": "integer",
    }  # fmt: skip
    frame = frame_of(table_cast(table, types, formats={"day": "%d.%m.%Y", "shown": "%Y/%m"}))
    assert frame["whole"].to_list() == [42, -7, None, None]
    assert frame["part"].to_list() == [1.5, 1000, None, None]
    assert frame["money"].to_list() == [Decimal("1.01"), Decimal(-3), None, None]
    assert frame["flag"].to_list() == [True, False, True, None]
    assert frame["day"].to_list() == [date(2024, 12, 31), date(2025, 1, 1), None, None]
    moments = [datetime(2024, 1, 1, 8, tzinfo=UTC), datetime(2024, 1, 1, 10, tzinfo=UTC)]
    assert frame["moment"].to_list() == [*moments, None, None]
    assert frame["clock"].to_list() == [time(10, 30), time(23, 59, 59, 500_000), None, None]
    assert frame["shown"].to_list() == ["2024/01", "2025/12", None, None]
    assert frame["float"].to_list() == [1, -2, None, None]


@pytest.mark.parametrize(
    ("value", "type_", "word"),
    [
        ("1.5", "integer", "Column 'it''s': '1.5' is no integer; `on_error: null`"),
        ("1e3", "integer", "is no integer"),
        (1.5, "integer", "'1.5' is no integer"),
        (1e300, "integer", "is no integer"),
        (Decimal("1.5"), "integer", "is no integer"),
        ("1,5", "number", "'1,5' is no number"),
        ("maybe", "boolean", "'maybe' is no boolean"),
        ("2024-02-30", "date", "'2024-02-30' is no date"),
        ("x" * 500, "datetime_utc", "'" + "x" * 100 + "' is no datetime utc"),
        (1, "date", "'1' is no date"),
        ([1], "integer", r"'\[1\]' is no integer"),
        (timedelta(1), "number", "is no number"),
    ],
)
def test_a_value_that_does_not_convert_is_named_or_made_missing(
    tmp_path: Path, value: Any, type_: Any, word: str
) -> None:
    table = stored(tmp_path, {"it's": [value]})
    with pytest.raises(UserError, match=word.replace("''", "'")) as caught:
        rows_of(table_cast(table, {"it's": type_}))
    assert caught.value.code == "cast.failed"
    assert rows_of(table_cast(table, {"it's": type_}, on_error="null")) == [(None,)]


@pytest.mark.parametrize(
    ("columns", "formats", "word"),
    [
        ({"dat": "date"}, {}, "no column 'dat'; .*did you mean 'date'"),
        ({"date": "date"}, {"date": "%Q"}, "The format '%Q' of column 'date' is wrong"),
        ({"date": "date"}, {"n": "%Y"}, "`formats` has 'n'"),
        ({"n": "integer"}, {"n": "%Y"}, "'n' goes from BIGINT to integer"),
    ],
)
def test_casts_that_cannot_be_are_refused(tmp_path: Path, columns: Any, formats: Any, word: str) -> None:
    with pytest.raises(UserError, match=word):
        table_cast(stored(tmp_path, {"date": ["2024"], "n": [1]}), columns, formats=formats)


def test_derive_adds_replaces_and_sees_what_is_above(tmp_path: Path) -> None:
    table = stored(tmp_path, {"a": [1, 2], "b": ["x", None]})
    columns = {"a": Sql("a * 10"), "c": Sql("a + $p1", {"p1": 1}), "d": Sql("c * 2"), "copy": Sql("b")}
    frame = frame_of(table_derive(table, columns))
    assert frame.columns == ["a", "b", "c", "d", "copy"]
    assert frame.rows() == [(10, "x", 2, 4, "x"), (20, None, 3, 6, None)]
    with pytest.raises(UserError, match="no column 'aa'; the columns are: a, b; did you mean 'a'"):
        rows_of(table_derive(table, {"c": Sql("aa + 1")}))
    with pytest.raises(UserError, match="the expression of column 'c'"):
        table_derive(table, {"c": Sql("1, 2")})


def test_times_between_times_stay_durations(tmp_path: Path) -> None:
    for unit in ("ms", "us", "ns"):
        frame = pl.DataFrame({"d": [timedelta(days=1), None]}, schema={"d": pl.Duration(unit)})
        derived = frame_of(
            table_derive(stored(tmp_path, frame), {"twice": Sql("d * 2"), "month": Sql("interval 1 month")})
        )
        assert derived.rows() == [(timedelta(1), timedelta(2), timedelta(30)), (None, None, timedelta(30))]
    moments = stored(tmp_path, {"t": [datetime(2024, 1, 2, 3)]})
    assert rows_of(table_derive(moments, {"since": Sql("t - timestamp '2024-01-01'")}))[0][1] == timedelta(1, hours=3)


def test_columns_of_any_name(tmp_path: Path) -> None:
    table = awkward(tmp_path)
    assert (
        frame_of(table_rename(table.scan(), {name: name[::-1] + "!" for name in AWKWARD})).rows()
        == frame_of(table).rows()
    )
    cast = frame_of(table_cast(table, dict.fromkeys(AWKWARD, "text")))
    assert cast.columns == AWKWARD
    assert cast.rows()[1] == tuple(str(n + 100) for n in range(len(AWKWARD)))
    derived = frame_of(
        table_derive(table, {name: Sql(name) for name in [*AWKWARD, 'new "']} | {'new "': Sql('"it\'s" + 1')})
    )
    assert derived.columns == [*AWKWARD, 'new "']
    assert derived['new "'].to_list() == [2, 102]

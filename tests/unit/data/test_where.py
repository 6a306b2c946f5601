"""Conditions on rows: which rows they let through, by the type of the column, and what they refuse."""

from __future__ import annotations

import datetime as dt
import operator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.parquet import ROW_GROUP_ROWS, write_frame
from concertmaster.data.preview import page
from concertmaster.data.where import predicate
from concertmaster.domain.errors import UserError

NAN = float("nan")


def kept(values: list[Any], *where: str, dtype: pl.DataType | None = None) -> list[int]:
    """The places of the rows that are let through; the column is `x`."""
    frame = pl.DataFrame({"x": pl.Series(values, dtype=dtype)}).with_row_index("place")
    condition = predicate(where, frame.schema)
    assert condition is not None
    return frame.filter(condition)["place"].to_list()


AT = dt.datetime(2024, 3, 1, 12, 30, 0, 5)
HOURS = [dt.datetime(2024, 3, 31, hour) for hour in (0, 12)]
CASES: list[tuple[list[Any], pl.DataType | None, str, list[int]]] = [
    ([1, 2, 3, None], None, "x:gt:1", [1, 2]),
    ([1, 2, 3, None], None, "x:eq:2", [1]),
    ([1, 2, 3, None], None, "x:ne:2", [0, 2, 3]),
    ([1, 2, 3, None], None, "x:lt:2.5", [0, 1]),
    ([1, 2, 3, None], None, "x:ge:2.5", [2]),
    ([1, 2, 3], None, "x:eq:2.0", [1]),
    ([1, 2, 3, None], None, "x:eq:2.5", []),
    ([1, 2, 3, None], None, "x:ne:2.5", [0, 1, 2, 3]),
    ([1, 2, 3, None], None, 'x:in:[1, "3", null]', [0, 2, 3]),
    ([1, None], None, "x:null", [1]),
    ([1, None], None, "x:not_null", [0]),
    ([-(2**63), 2**63 - 1, None], None, "x:le:99999999999999999999", [0, 1]),
    ([-(2**63), 2**63 - 1], None, "x:gt:99999999999999999999", []),
    ([-(2**63), 2**63 - 1], None, "x:gt:-99999999999999999999.5", [0, 1]),
    ([2**53, 2**53 + 1], None, f"x:eq:{2**53 + 1}", [1]),
    ([0, 255], pl.UInt8(), "x:lt:300", [0, 1]),
    ([0, 255], pl.UInt8(), "x:ge:-1", [0, 1]),
    ([2**64 - 1, 1], pl.UInt64(), f"x:eq:{2**64 - 1}", [0]),
    ([1.5, NAN, None, float("inf")], None, "x:gt:1", [0, 3]),
    ([1.5, NAN, None, float("inf")], None, "x:ne:1.5", [1, 2, 3]),
    ([1.5, NAN, None], None, "x:null", [1, 2]),
    ([1.5, NAN, None], None, "x:not_null", [0]),
    ([1.0, float("inf")], None, "x:eq:inf", [1]),
    ([0.1, 0.2], pl.Float32(), "x:eq:0.1", [0]),
    ([0.1, 3e38], pl.Float32(), "x:lt:1e300", [0, 1]),
    ([Decimal("1.20"), Decimal("1.21"), None], pl.Decimal(10, 2), "x:gt:1.205", [1]),
    ([Decimal("1.20"), Decimal("1.21"), None], pl.Decimal(10, 2), "x:eq:1.2", [0]),
    ([Decimal("-1.20"), Decimal("1.21")], pl.Decimal(10, 2), "x:le:-1.195", [0]),
    ([Decimal("9" * 38)], pl.Decimal(38, 0), f"x:ge:{'9' * 38}", [0]),
    ([Decimal("9" * 38)], pl.Decimal(38, 0), f"x:lt:{'9' * 50}", [0]),
    (["Paris", "paris", None, ""], None, "x:eq:Paris", [0]),
    (["Paris", "paris", None, ""], None, "x:contains:ARI", [0, 1]),
    (["a.c", "abc"], None, "x:contains:a.c", [0]),
    (["a:b", "ab"], None, "x:starts:a:", [0]),
    (["ab", "ba", None], None, "x:ends:a", [1]),
    (["", None], None, "x:eq:", [0]),
    (["a", "b"], pl.Categorical(), 'x:in:["b"]', [1]),
    (["low", "high"], pl.Enum(["low", "high"]), "x:gt:hz", [0]),
    ([True, False, None], None, "x:eq:true", [0]),
    ([True, False, None], None, "x:ne:true", [1, 2]),
    ([dt.date(2024, 2, 29), dt.date(2024, 3, 1)], None, "x:lt:2024-03-01", [0]),
    ([dt.date(2024, 2, 29), dt.date(2024, 3, 1)], None, "x:le:2024-02-29T12:00", [0]),
    ([AT, AT + dt.timedelta(microseconds=1)], None, "x:gt:2024-03-01T12:30:00.000005", [1]),
    ([AT], None, "x:eq:2024-03-01 12:30:00.000005", [0]),
    ([AT], None, "x:gt:2024-03-01T12:30:00.000004999", [0]),
    ([AT, AT], pl.Datetime("ms"), "x:eq:2024-03-01T12:30", [0, 1]),
    (HOURS, pl.Datetime("us", "UTC"), "x:ge:2024-03-31T14:00:00+02:00", [1]),
    # Read in the column's own zone, summer time and all: in Paris this is 10:00 in UTC.
    (HOURS, pl.Datetime("us", "Europe/Paris"), "x:ge:2024-03-31T13:00:00", [1]),
    ([dt.time(5), dt.time(6, 0, 1)], None, "x:gt:06:00", [1]),
    ([dt.timedelta(hours=1), dt.timedelta(hours=-1)], None, "x:ge:60m", [0]),
    ([dt.timedelta(hours=1), dt.timedelta(hours=-1)], None, "x:lt:-PT30M", [1]),
    ([[1], None, []], None, "x:null", [1]),
    ([{"a": 1}, None], None, "x:not_null", [0]),
    ([b"a", None], None, "x:null", [1]),
    ([None, None], None, "x:null", [0, 1]),
]


@pytest.mark.parametrize(("values", "dtype", "where", "rows"), CASES)
def test_the_value_is_read_by_the_type_of_the_column(
    values: list[Any], dtype: pl.DataType | None, where: str, rows: list[int]
) -> None:
    assert kept(values, where, dtype=dtype) == rows


def test_what_a_page_shows_finds_its_row(tmp_path: Path) -> None:
    """Every cell as it is shown is a value that a condition takes."""
    frame = pl.DataFrame(
        {
            "i": pl.Series([1, 2**60]),
            "t": pl.Series([dt.datetime(2024, 3, 1, 1), AT], dtype=pl.Datetime("ns", "America/New_York")),
            "ns": pl.Series([1, 1_709_296_200_000_000_001]).cast(pl.Datetime("ns")),
            "d": pl.Series([Decimal("1.10"), Decimal("-0.01")], dtype=pl.Decimal(20, 2)),
            "p": pl.Series([dt.timedelta(0), dt.timedelta(days=3, seconds=7)]),
        }
    )
    store = ArtifactStore(tmp_path)
    path = store.local_path(write_frame(frame, store).artifact)
    whole = page(path)
    for place, row in enumerate(whole["items"]):
        for name, value in row.items():
            found = page(path, where=[f"{name}:eq:{value}"])
            assert (found["total"], found["items"]) == (1, [whole["items"][place]]), (name, value)


COMPARED = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq}
NUMBERS = st.integers(-(2**70), 2**70) | st.integers(-300, 300)


@given(
    st.sampled_from(["Int8", "UInt8", "Int64", "UInt64"]),
    st.data(),
    NUMBERS,
    st.integers(0, 99),
    st.sampled_from(sorted(COMPARED)),
)
def test_whole_numbers_are_compared_as_numbers_are(
    kind: str, data: st.DataObject, whole: int, hundredths: int, op: str
) -> None:
    dtype = getattr(pl, kind)()
    bits = int(kind.lstrip("UInt"))
    low, high = (0, 2**bits - 1) if kind.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    near = st.integers(max(low, min(whole, high) - 2), min(high, max(whole, low) + 2))
    values = data.draw(st.lists(st.none() | near | st.integers(low, high), max_size=6))
    text = f"{whole}.{hundredths:02}"
    wanted = [
        place for place, value in enumerate(values) if value is not None and COMPARED[op](Decimal(value), Decimal(text))
    ]
    assert kept(values, f"x:{op}:{text}", dtype=dtype) == wanted


REFUSED: list[tuple[str, str, str]] = [
    ("peple:gt:1", "table.unknown_column", "did you mean 'people'?"),
    ("people", "where.invalid", "column:op:value"),
    ("", "where.invalid", "column:op:value"),
    ("people:more:1", "where.invalid", "use one of eq, ne"),
    ("people:gte:1", "where.invalid", "did you mean"),
    ("people:gt", "where.invalid", "people:gt:VALUE"),
    ("people:null:1", "where.invalid", "people:null"),
    ("people:gt:many", "where.bad_value", "no number"),
    ("people:gt:1e9", "where.bad_value", "no number"),
    ("people:gt:", "where.bad_value", "no number"),
    (f"people:gt:{'9' * 100}", "where.bad_value", "no number"),
    ("share:gt:nan", "where.bad_value", "use null"),
    ("share:gt:1,5", "where.bad_value", "no number"),
    ("people:contains:1", "where.unfit", "texts only"),
    ("open:gt:true", "where.unfit", "eq or ne"),
    ("open:eq:yes", "where.bad_value", "true nor false"),
    ("day:gt:yesterday", "where.bad_value", "2024-03-01"),
    ("day:gt:2024-02-30", "where.bad_value", "2024-03-01"),
    ("at:gt:2024-03-01T12:00Z", "where.bad_value", "zone"),
    ("at:gt:2024-03-01T25:00", "where.bad_value", "no date or time"),
    ("clock:gt:25:00", "where.bad_value", "time of day"),
    ("took:gt:long", "where.bad_value", "90s"),
    ("tags:eq:a", "where.unfit", "null or not_null"),
    ("place:in:[1]", "where.unfit", "null or not_null"),
    ("city:in:a,b", "where.bad_value", "JSON list"),
    ("city:in:[]", "where.bad_value", "JSON list"),
    ("city:in:[[1]]", "where.bad_value", "JSON list"),
    (f"city:in:{[1] * 101}", "where.bad_value", "1 to 100"),
    ("city:eq:" + "x" * 5_000, "where.too_many", "characters"),
]
SCHEMA = {
    "city": pl.String(),
    "people": pl.Int64(),
    "share": pl.Float64(),
    "open": pl.Boolean(),
    "day": pl.Date(),
    "at": pl.Datetime("us"),
    "clock": pl.Time(),
    "took": pl.Duration("us"),
    "tags": pl.List(pl.String()),
    "place": pl.Struct({"x": pl.Int64()}),
}


@pytest.mark.parametrize(("where", "code", "told"), REFUSED)
def test_what_does_not_fit_says_what_would(where: str, code: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        predicate([where], SCHEMA)
    assert caught.value.code == code
    assert told in caught.value.message


def test_there_is_a_limit_to_conditions() -> None:
    assert predicate([], SCHEMA) is None
    assert predicate(["people:gt:1"] * 20, SCHEMA) is not None
    with pytest.raises(UserError, match="use fewer"):
        predicate(["people:gt:1"] * 21, SCHEMA)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_gets_through_to_the_engine(column: str, text: str) -> None:
    """Whatever is written, it is a condition or refused; never an error of the library below."""
    schema = {column: pl.Int64(), "when": pl.Datetime("us", "Europe/Paris"), "name": pl.String()}
    for where in (text, f"{column}:{text}", f"{column}:eq:{text}", f"when:lt:{text}", f"name:contains:{text}"):
        with suppress(UserError):
            condition = predicate([where], schema)
            assert condition is not None
            pl.DataFrame(schema=schema).filter(condition)


def test_names_may_have_colons_and_the_longest_is_meant() -> None:
    frame = pl.DataFrame({"a": ["x"], "a:eq": ["y"], "": ["z"]})
    for where, rows in {"a:eq:x": 1, "a:eq:y": 0, "a:eq:eq:y": 1, "a:eq:eq:x": 0, ":eq:z": 1}.items():
        condition = predicate([where], frame.schema)
        assert condition is not None
        assert len(frame.filter(condition)) == rows, where


def test_pages_of_what_is_let_through(tmp_path: Path) -> None:
    rows = 2 * ROW_GROUP_ROWS + 1_000
    store = ArtifactStore(tmp_path)
    frame = pl.DataFrame({"row": range(rows), "k": [n % 1_000 for n in range(rows)], "s": [n % 7 for n in range(rows)]})
    path = store.local_path(write_frame(frame, store).artifact)
    wanted = [n for n in range(rows) if n % 1_000 == 3 and n % 7 != 2]
    conditions = ["k:eq:3", "s:ne:2"]
    found: list[int] = []
    offset: int | None = 0
    while offset is not None:
        part = page(path, where=conditions, offset=offset, limit=50)
        assert part["total"] == len(wanted)
        found += [row["row"] for row in part["items"]]
        offset = part["next"]
    assert found == wanted
    ordered = sorted(wanted, key=lambda n: (-(n % 7), n))
    for offset in (0, 100, len(wanted) - 1, len(wanted) + 10):
        part = page(path, where=conditions, sort="-s", offset=offset, limit=5)
        assert [row["row"] for row in part["items"]] == ordered[offset : offset + 5]
        assert part["total"] == len(wanted)
    assert page(path, where=["k:eq:5000"]) == page(path, where=["k:gt:5000"]) | {"total": 0, "items": [], "next": None}

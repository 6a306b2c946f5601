"""table.validate: what each expectation finds, where rows go, and what the report says."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from pydantic import ValidationError

from concertmaster import Table, UserError
from concertmaster.nodes.builtin.table_validate import table_validate
from concertmaster.nodes.node_type import node_type_of
from node_context import PlainContext
from node_tables import AWKWARD, awkward, frame_of, rows_of, stored

DATA = {
    "id": [1, 2, 2, None],
    "code": ["AA", "bb", None, "CC"],
    "x": [1.5, -3.0, 99.0, None],
    "day": [date(2024, 1, 1), date(2024, 2, 1), None, date(2024, 3, 1)],
}


def validate(table: Table, *expectations: dict[str, Any], tables: Any = None, **config: Any) -> dict[str, Any]:
    """Read the config as the engine does, and call the node."""
    context = config.pop("context", None)
    type_ = node_type_of(table_validate)
    assert type_ is not None
    model: Any = type_.config_model.model_validate({"expectations": expectations, **config})
    given = {name: getattr(model, name) for name in ("expectations", "decide", "on_invalid", "memory_mb")}
    return cast("dict[str, Any]", table_validate(table, context=context, **given, **(tables or {})))


def missed(folder: Path, expectation: dict[str, Any], **config: Any) -> list[int]:
    """Numbers of the rows that are invalid, from 1."""
    numbered = stored(folder, {**DATA, "row": [1, 2, 3, 4]})
    result = validate(numbered, expectation, **config)
    return frame_of(result["invalid"])["row"].to_list() if "invalid" in result else []


@pytest.mark.parametrize(
    ("expectation", "rows"),
    [
        ({"expect": "not_null", "columns": ["id", "code"]}, [3, 4]),
        ({"expect": "unique", "columns": ["id"]}, [2, 3]),
        ({"expect": "unique", "columns": ["id", "code"]}, []),
        ({"expect": "range", "column": "x", "min": 0}, [2]),
        ({"expect": "range", "column": "x", "min": -3, "max": 98.9}, [3]),
        ({"expect": "range", "column": "day", "max": "2024-02-01"}, [4]),
        ({"expect": "range", "column": "code", "min": "B"}, [1]),
        ({"expect": "regex", "column": "code", "pattern": "[A-Z]+"}, [2]),
        ({"expect": "regex", "column": "id", "pattern": "1"}, [2, 3]),
        ({"expect": "one_of", "column": "code", "values": ["AA", "bb"]}, [4]),
        ({"expect": "one_of", "column": "id", "values": [1]}, [2, 3]),
        ({"expect": "condition", "condition": "x > 0 -- positive"}, [2]),
        ({"expect": "row_count", "min": 4, "max": 4}, []),
        ({"expect": "row_count", "max": 3}, [1, 2, 3, 4]),
        ({"expect": "columns", "columns": ["day", "id"]}, []),
        ({"expect": "columns", "columns": ["day", "id"], "others": False}, [1, 2, 3, 4]),
        ({"expect": "types", "types": {"id": "integer", "x": "number", "code": "text", "day": "date"}}, []),
        ({"expect": "types", "types": {"id": "number"}}, []),
        ({"expect": "types", "types": {"x": "integer"}}, [1, 2, 3, 4]),
        ({"expect": "fresh", "column": "day", "within": "1d"}, [1, 2, 3, 4]),
        ({"expect": "fresh", "column": "day", "within": "36500d"}, []),
        ({"expect": "fresh", "column": "id", "within": "1d"}, [1, 2, 3, 4]),
    ],
)
def test_rows_that_miss_it(tmp_path: Path, expectation: dict[str, Any], rows: list[int]) -> None:
    assert missed(tmp_path, expectation) == rows
    assert missed(tmp_path, {**expectation, "severity": "warning"}) == []


def test_references_to_other_tables(tmp_path: Path) -> None:
    tables = {"codes": stored(tmp_path, {"c": ["AA", None], "n": [1.0, 2.0]})}

    def rows(**expectation: Any) -> list[int]:
        return missed(tmp_path, {"expect": "referential", "table": "codes", **expectation}, tables=tables)

    assert rows(columns=["code"], references=["c"]) == [2, 4]
    assert rows(columns=["id"], references=["n"]) == []
    assert rows(columns=["code", "id"], references=["c", "n"]) == [2]
    with pytest.raises(
        UserError, match=r"no table 'code': wire it to a port .* Wired are: codes; did you mean 'codes'"
    ):
        missed(tmp_path, {"expect": "referential", "columns": ["code"], "table": "code"}, tables=tables)
    with pytest.raises(UserError, match="Table 'codes': There is no column 'code'"):
        rows(columns=["code"])
    with pytest.raises(UserError, match="they go in pairs"):
        rows(columns=["code"], references=["c", "n"])


def test_rows_go_their_ways_with_what_is_wrong(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "node"):
        result = validate(
            stored(tmp_path, DATA),
            {"expect": "not_null", "columns": ["id"]},
            {"expect": "range", "column": "x", "min": 0, "max": 50, "title": "x is sane"},
            {"expect": "regex", "column": "code", "pattern": "[A-Z]{2}", "severity": "warning"},
            {"expect": "row_count"},
            context=PlainContext(tmp_path),
        )
    assert rows_of(result["valid"]) == [(1, "AA", 1.5, date(2024, 1, 1))]
    invalid = frame_of(result["invalid"])
    assert invalid.columns == [*DATA, "problems"]
    assert invalid["problems"].to_list() == ["x is sane", "x is sane", "'id' is not missing"]
    report = result["report"]
    assert {key: report[key] for key in ("passed", "rows", "valid", "invalid", "failed", "warnings")} == {
        "passed": False, "rows": 4, "valid": 1, "invalid": 3, "failed": 2, "warnings": 1,
    }  # fmt: skip
    assert report["summary"] == "1 of 4 expectations are met, 1 with a warning; 3 of 4 rows are invalid"
    assert report["expectations"][1] == {
        "expectation": "x is sane",
        "passed": False,
        "severity": "error",
        "missed_rows": 2,
        "missed_percent": 50.0,
        "problem": "2 of 4 rows miss it (50.0 %): row 2: '-3.0'; row 3: '99.0'",
    }
    assert "| **failed** | x is sane | 2 of 4 rows miss it" in report["markdown"]
    assert "x is sane: 2 of 4 rows miss it (50.0 %): row 2: '-3.0'; row 3: '99.0'" in caplog.messages


def test_an_outlet_without_rows_is_not_taken(tmp_path: Path) -> None:
    table = stored(tmp_path, DATA)
    good = validate(table, {"expect": "row_count"})
    assert (set(good), good["valid"]) == ({"valid", "report"}, table)
    bad = validate(table, {"expect": "columns", "columns": ["nope"]})
    assert set(bad) == {"invalid", "report"}
    assert set(frame_of(bad["invalid"])["problems"]) == {"There is no column 'nope'"}
    empty = stored(tmp_path, pl.DataFrame(schema={"a": pl.Int64}))
    assert set(validate(empty, {"expect": "unique", "columns": ["a"]})) == {"valid", "report"}
    assert set(validate(empty, {"expect": "row_count"})) == {"invalid", "report"}


def test_the_table_as_a_whole(tmp_path: Path) -> None:
    table = stored(tmp_path, DATA)
    most = {"expect": "range", "column": "x", "max": 50}
    tolerated = validate(table, {**most, "tolerance": 0.25}, decide="table")
    assert (tolerated["valid"], tolerated["report"]["passed"]) == (table, True)
    assert "(tolerated)" in tolerated["report"]["expectations"][0]["problem"]
    failed = validate(table, most, decide="table")
    assert set(failed) == {"invalid", "report"}
    assert frame_of(failed["invalid"])["problems"].to_list() == [None, None, "'x' is at most 50", None]
    with pytest.raises(
        UserError, match=r"0 of 1 expectations are met; 1 of 4 rows are invalid. 'x' is at most 50: 1 of"
    ):
        validate(table, most, on_invalid="fail")
    assert validate(table, {**most, "severity": "warning"}, on_invalid="fail")["valid"] == table


@pytest.mark.parametrize(
    ("expectation", "problem"),
    [
        ({"expect": "not_null", "columns": ["idd"]}, "There is no column 'idd'; did you mean 'id'?"),
        ({"expect": "range", "column": "id", "min": "x"}, "'id' is BIGINT, which cannot be compared with 'x'"),
        ({"expect": "condition", "condition": "xx > 1"}, "There is no column 'xx'"),
        ({"expect": "types", "types": {"xx": "text"}}, "There is no column 'xx'"),
        ({"expect": "fresh", "column": "dai", "within": "1d"}, "did you mean 'day'"),
        ({"expect": "fresh", "column": "code", "within": "1d"}, "'code' has no date or time"),
        ({"expect": "fresh", "column": "day", "within": "1d"}, "The latest is 2024-03-01 00:00:00 UTC"),
    ],
)
def test_what_cannot_be_checked_is_a_failed_expectation(tmp_path: Path, expectation: Any, problem: str) -> None:
    report = validate(stored(tmp_path, DATA), expectation)["report"]
    assert not report["passed"]
    assert problem in report["expectations"][0]["problem"]


@pytest.mark.parametrize(
    ("expectation", "word"),
    [
        ({"expect": "regex", "column": "code", "pattern": "["}, "is no regular expression: missing ]"),
        ({"expect": "condition", "condition": "x > 1, 2"}, "the condition"),
        ({"expect": "condition", "condition": "x in (select 1 from read_text('/etc/passwd'))"}, "read_text"),
        ({"expect": "condition", "condition": "getenv('HOME') is null"}, "getenv"),
    ],
)
def test_expectations_that_are_wrong_fail_the_node(tmp_path: Path, expectation: Any, word: str) -> None:
    with pytest.raises(UserError, match=word):
        validate(stored(tmp_path, DATA), expectation)


@pytest.mark.parametrize(
    "expectation",
    [
        {"expect": "range", "column": "x"},
        {"expect": "nothing"},
        {"expect": "not_null"},
        {"expect": "not_null", "columns": [], "column": "x"},
        {"expect": "fresh", "column": "x", "within": "soon"},
        {"expect": "regex", "column": "x", "pattern": "a", "tolerance": 1},
    ],
)
def test_configs_that_are_wrong_are_refused(tmp_path: Path, expectation: Any) -> None:
    with pytest.raises(ValidationError):
        validate(stored(tmp_path, DATA), expectation)


def test_fresh_counts_in_utc(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for moments in ([now - timedelta(minutes=5)], [(now - timedelta(minutes=5)).replace(tzinfo=None)]):
        table = stored(tmp_path, {"at": moments})
        assert validate(table, {"expect": "fresh", "column": "at", "within": "10m"})["report"]["passed"]
        assert not validate(table, {"expect": "fresh", "column": "at", "within": "2m"})["report"]["passed"]


def test_columns_of_any_name(tmp_path: Path) -> None:
    ranges = [{"expect": "range", "column": name, "min": n, "max": 99} for n, name in enumerate(AWKWARD)]
    result = validate(awkward(tmp_path), *ranges, {"expect": "unique", "columns": AWKWARD})
    assert rows_of(result["valid"]) == [tuple(range(len(AWKWARD)))]
    assert result["report"]["failed"] == len(AWKWARD)
    table = stored(tmp_path, {"problems": [1], "Row": [2], "f0": [3], "missed": [None]})
    invalid = frame_of(validate(table, {"expect": "not_null", "columns": ["missed", "f0"]})["invalid"])
    assert invalid.rows() == [(1, 2, 3, None, "'missed' is not missing")]
    assert invalid.columns[-1] == "problems_"

"""Inputs of `run`: read by the type of their schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from concertmaster.cli.inputs import read_inputs
from concertmaster.domain.errors import Invalid, UserError


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, "7", 7),
        ({"type": "integer"}, "-7", -7),
        ({"type": "number"}, "7", 7.0),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "string"}, "7", "7"),
        ({"type": "string"}, "a=b", "a=b"),
        ({"type": "string"}, "", ""),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "No", False),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": ["string", "integer"]}, "7", 7),
        ({"type": ["string", "integer"]}, "seven", "seven"),
        ({}, "[1]", [1]),
        ({}, "seven", "seven"),
    ],
)
def test_a_value_is_read_by_its_type(schema: dict[str, Any], text: str, value: object) -> None:
    found = read_inputs({"x": schema}, [f"x={text}"])["x"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer"}, "7.5"),
        ({"type": "integer"}, "seven"),
        ({"type": "number"}, ""),
        ({"type": "boolean"}, "maybe"),
        ({"type": "array"}, "{}"),
        ({"type": "object"}, "{"),
    ],
)
def test_what_is_not_of_the_type_is_refused_by_pointer(schema: dict[str, Any], text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_inputs({"x": schema}, [f"x={text}"])
    assert [problem.pointer for problem in refused.value.problems] == ["/inputs/x"]


def test_all_wrong_inputs_are_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_inputs({"a": {"type": "integer"}, "b": {"type": "integer"}}, ["a=x", "b=y", "c"])
    assert [problem.pointer for problem in refused.value.problems] == ["/inputs/a", "/inputs/b", "/inputs"]


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "inputs.yaml"
    file.write_text("month: 1\nname: x\n")
    assert read_inputs({"month": {"type": "integer"}}, ["month=7"], file=file) == {"month": 7, "name": "x"}
    file = tmp_path / "inputs.json"
    file.write_text('{"month": 2}')
    assert read_inputs({}, [], file=file) == {"month": 2}


def test_a_file_that_is_no_mapping_or_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "inputs.yaml"
    with pytest.raises(UserError, match=r"inputs\.yaml"):
        read_inputs({}, [], file=file)
    for text in ("- 1\n", "a: [", "7"):
        file.write_text(text)
        with pytest.raises(Invalid):
            read_inputs({}, [], file=file)

"""Inputs: schemas are checked, defaults filled in, wrong values named."""

from __future__ import annotations

from typing import Any

import pytest
from spec_snapshot import Snapshot

from concertmaster.domain.validation import check_inputs, validate
from concertmaster.domain.workflow import Node, Trigger, Workflow

FLOW = Workflow(
    "x",
    inputs={
        "month": {"type": "integer", "minimum": 1, "maximum": 12, "default": 1},
        "city": {"type": "string"},
        "note": {"type": ["string", "null"]},
        "day": {"type": "string", "format": "date", "default": "2024-01-01"},
    },
)


def test_defaults_are_filled_in_and_what_accepts_null_may_be_left_out() -> None:
    assert check_inputs(FLOW, {"city": "Rome"}) == ({"month": 1, "city": "Rome", "note": None, "day": "2024-01-01"}, [])


@pytest.mark.parametrize(
    ("inputs", "code", "pointer"),
    [
        ({}, "input.missing", "/inputs/city"),
        ({"city": "Rome", "moth": 3}, "input.unknown", "/inputs/moth"),
        ({"city": "Rome", "month": 13}, "input.invalid", "/inputs/month"),
        ({"city": "Rome", "month": "7"}, "input.invalid", "/inputs/month"),
        ({"city": "Rome", "day": "tomorrow"}, "input.invalid", "/inputs/day"),
        ({"city": float("nan")}, "document.number", "/inputs/city"),
    ],
)
def test_wrong_inputs_are_named(inputs: dict[str, Any], code: str, pointer: str) -> None:
    _, problems = check_inputs(FLOW, inputs)
    assert (code, pointer) in [(problem.code, problem.pointer) for problem in problems]


@pytest.mark.parametrize(
    ("schema", "value", "message", "fix"),
    [
        ({"maximum": 9}, 77, "77 is greater than the maximum of 9", None),
        ({"type": "integer"}, "x", "`a` must be a whole number, not a text", None),
        ({"type": "string", "format": "duration"}, "2 days", "'2 days' is no duration", "2d"),
        ({"type": "string", "format": "date"}, "tomorrow", "'tomorrow' is no date", "2026-01-31"),
        ({"properties": {"n": {"maximum": 9}}}, {"n": 77}, "`n`: 77 is greater than the maximum of 9", None),
    ],
)
def test_messages_say_what_is_wrong_and_what_to_write(schema: Any, value: Any, message: str, fix: str | None) -> None:
    (problem,) = check_inputs(Workflow("x", inputs={"a": schema}), {"a": value})[1]
    assert problem.message == message
    assert fix is None or fix in (problem.fix or "")


@pytest.mark.parametrize(
    ("schema", "code", "pointer"),
    [
        ({"type": "integr"}, "input.schema", "/inputs/a/type"),
        ({"minimum": "3"}, "input.schema", "/inputs/a/minimum"),
        ({"$ref": "http://127.0.0.1:1/schema"}, "input.schema", "/inputs/a"),
        ({"$ref": "#/$defs/nothing"}, "input.schema", "/inputs/a"),
        ({"type": "integer", "default": "x"}, "input.default", "/inputs/a/default"),
        ({"type": "object", "properties": {"b": {"type": "integer"}}, "default": {"b": "x"}}, "input.default",
         "/inputs/a/default/b"),
    ],
)  # fmt: skip
def test_schemas_of_inputs_and_their_defaults_are_checked(schema: dict[str, Any], code: str, pointer: str) -> None:
    problems = validate(Workflow("x", inputs={"a": schema}), Snapshot())
    assert (code, pointer) in [(problem.code, problem.pointer) for problem in problems]


def test_a_trigger_must_give_what_has_no_default() -> None:
    def codes(trigger: Trigger) -> list[str]:
        flow = Workflow("x", inputs=FLOW.inputs, triggers={"t": trigger})
        return [problem.code for problem in validate(flow, Snapshot()) if problem.severity == "error"]

    assert codes(Trigger("schedule", {"interval": "1h"})) == ["trigger.missing_input"]
    assert codes(Trigger("manual")) == []
    assert codes(Trigger("schedule", {"interval": "1h"}, inputs={"city": "{{ trigger.id }}"})) == []


@pytest.mark.parametrize(("type_", "told"), [("http.respond", []), ("data.set", ["trigger.no_answer"])])
def test_a_webhook_that_waits_for_a_node_which_there_is_not_is_told(type_: str, told: list[str]) -> None:
    hook = Trigger("webhook", {"path": "x", "respond": "node"})
    problems = validate(Workflow("x", nodes={"a": Node(type_)}, triggers={"t": hook}), Snapshot())
    assert [problem.code for problem in problems if problem.code.startswith("trigger.")] == told

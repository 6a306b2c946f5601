"""Waits that outlast their execution."""

from __future__ import annotations

import pytest

from concertmaster.domain.document import parse
from concertmaster.domain.validation import validate
from concertmaster.nodes.builtin.flow_loops import flow_for_each
from concertmaster.nodes.builtin.flow_people import flow_approve
from concertmaster.nodes.builtin.flow_wait import flow_wait
from concertmaster.nodes.node_type import node_type_of
from concertmaster.nodes.registry import Registry

FUNCTIONS = (flow_approve, flow_for_each, flow_wait)
REGISTRY = Registry([found for function in FUNCTIONS if (found := node_type_of(function)) is not None])

BODY = "{nodes: {b: {type: flow.wait, config: {duration: 8d}}}}"
IN_A_LOOP = f"{{type: flow.for_each, config: {{items: [1]}}, body: {BODY}}}"


def found(node: str, policy: str = "{timeout: 7d}") -> list[tuple[str, str, str]]:
    head = "concertmaster: 1\nname: waits\ninputs: {n: {type: integer, default: 1}}"
    text = f"{head}\npolicy: {policy}\nnodes: {{a: {node}}}"
    workflow = parse(text).workflow
    assert workflow is not None
    return [(problem.severity, problem.code, problem.pointer) for problem in validate(workflow, REGISTRY)]


@pytest.mark.parametrize(
    ("node", "at"),
    [
        ("{type: flow.wait, config: {duration: 8d}}", "/nodes/a/config/duration"),
        ("{type: flow.wait, config: {duration: P1W}}", "/nodes/a/config/duration"),
        ("{type: flow.wait, config: {event: paid, timeout: 30d}}", "/nodes/a/config/timeout"),
        ("{type: flow.approve, config: {title: Go?, due: 30d}}", "/nodes/a/config/due"),
        (IN_A_LOOP, "/nodes/a/body/nodes/b/config/duration"),
    ],
)
def test_a_wait_that_outlasts_its_execution_is_told(node: str, at: str) -> None:
    assert found(node) == [("warning", "wait.too_long", at)]
    assert found(node, "{timeout: 60d}") == []
    # How long executions may take by themselves is a setting of the server.
    assert found(node, "{}") == []


@pytest.mark.parametrize(
    "node",
    [
        "{type: flow.wait, config: {duration: 6d}}",
        "{type: flow.wait, config: {event: paid}}",
        "{type: flow.wait, config: {duration: '{{ inputs.n }}d'}}",
        "{type: flow.approve, config: {title: Go?}}",
    ],
)
def test_a_wait_that_fits_is_not(node: str) -> None:
    assert found(node) == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("{n: {type: integr}}", [("error", "form.schema", "/nodes/a/config/form/n/type")]),
        ("{n: {type: integer, default: two}}", [("error", "form.default", "/nodes/a/config/form/n/default")]),
        ("{n: {type: integer, minimum: 1}}", []),
        ("{n: {type: '{{ vars.type }}'}}", [("error", "expression.unknown_var", "/nodes/a/config/form/n/type")]),
        ("'{{ inputs.form }}'", [("error", "expression.unknown_input", "/nodes/a/config/form")]),
    ],
)
def test_a_form_is_checked_as_inputs_are(form: str, said: list[tuple[str, str, str]]) -> None:
    assert found(f"{{type: flow.approve, config: {{title: Go?, form: {form}}}}}") == said


def test_a_form_that_nobody_fills_in_is_told_of_where_it_counts_as_approved() -> None:
    form = "{n: {type: integer}, m: {type: integer, default: 1}, o: {type: [integer, 'null']}}"
    node = "{type: flow.approve, config: {title: Go?, due: 1h, when_due: %s, form: " + form + "}}"
    assert found(node % "approve") == [("warning", "form.unfilled", "/nodes/a/config/form/n")]
    assert found(node % "reject") == []


def test_a_wait_that_is_none_is_told_of_once() -> None:
    assert [code for _, code, _ in found("{type: flow.wait, config: {duration: soon}}")] == ["config.invalid"]

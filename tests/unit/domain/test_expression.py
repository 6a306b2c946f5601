"""Expressions through their public door: what they compute, what they say when they can't."""

from __future__ import annotations

from typing import Any

import pytest

from concertmaster.domain.expression import (
    ExpressionError,
    Reference,
    compile_config,
    compile_value,
    evaluate,
)

SCOPE: dict[str, Any] = {
    "input": [1, 2, {"a": {"b": "x"}}],
    "inputs": {"month": 3, "name": "O'Hara", "nothing": None, "items": [{"n": 2, "t": "b"}, {"n": 1, "t": "a"}]},
    "nodes": {"late": {"rows": 5, "columns": ["a", "b"]}, "skipped": None},
    "item": {"id": 1},
    "index": 0,
    "trigger": {"scheduled_at": {"iso": "2024-03-01T05:06:07+00:00", "month": 3}},
    "vars": {},
    "execution": {"id": "e1"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ inputs.month }}", 3),
        ("{{ nodes.late.rows > 0 }}", True),
        ("{{ nodes['late']['rows'] }}", 5),
        ("{{ nodes.skipped.rows.anything }}", None),
        ("{{ nodes.skipped.rows | default(0) }}", 0),
        ("{{ nodes.late.nope | default('x') }}", "x"),
        ("{{ inputs.nope is defined }}", False),
        ("{{ inputs.nothing is defined and inputs.nothing is none }}", True),
        ("{{ input[-1].a.b }}", "x"),
        ("{{ input[0:2] }}", [1, 2]),
        ("{{ 'hello'[1:-1:2] }}", "el"),
        ("{{ inputs.items }}", [{"n": 2, "t": "b"}, {"n": 1, "t": "a"}]),
        ("{{ inputs.items[inputs.month - 2].t }}", "a"),
        ("{{ 1 + 2 * 3 - 4 / 2 }}", 5.0),
        ("{{ 7 // 2 + 7 % 4 + 2 ** 3 }}", 14),
        ("{{ 'a' + 'b' ~ 1 ~ none ~ true ~ [1] }}", "ab1true[1]"),
        ("{{ [1] + [2, 'x'] }}", [1, 2, "x"]),
        ("{{ (1, 2) }}", [1, 2]),
        ("{{ {'a': {'b': inputs.month}} }}", {"a": {"b": 3}}),
        ("{{ 'yes' if inputs.month == 3 else 'no' }}", "yes"),
        ("{{ 'yes' if false }}", None),
        ("{{ 1 < inputs.month <= 3 }}", True),
        ("{{ 'a' in nodes.late.columns and 'z' not in nodes.late.columns }}", True),
        ("{{ 'a' in none }}", False),
        ("{{ none or 'x' }}", "x"),
        ("{{ [3, 1, 2] | sort | join('-') }}", "1-2-3"),
        ("{{ inputs.items | sort(attribute='n') | map(attribute='t') }}", ["a", "b"]),
        ("{{ inputs.items | selectattr('n', '>', 1) | first }}", {"n": 2, "t": "b"}),
        ("{{ inputs.items | sum(attribute='n') }}", 3),
        ("{{ ['x', 'y'] | map('upper') }}", ["X", "Y"]),
        ("{{ [{'a': {'b': 1}}, {'a': none}, {}] | map(attribute='a.b', default=0) }}", [1, None, 0]),
        ("{{ [[1, 2], [3]] | map(attribute=1, default='-') }}", [2, "-"]),
        ("{{ [1, 'a', none] | select('number') }}", [1]),
        ("{{ [1, 1.0, 'a', 'A', [1], [1]] | unique }}", [1, "a", [1]]),
        ("{{ [] | max }}", None),
        ("{{ ['b', 'a'] | min }}", "a"),
        ("{{ inputs | keys | length }}", 4),
        ("{{ {'a': 1} | items }}", [["a", 1]]),
        ("{{ {'a': [1, none]} | tojson }}", '{"a": [1, null]}'),
        ("{{ '[1, {\"a\": null}]' | fromjson }}", [1, {"a": None}]),
        ("{{ ' x ' | trim | upper }}", "X"),
        ("{{ 'a.b' | replace('.', '--') }}", "a--b"),
        ("{{ 'a,b' | split(',') | last }}", "b"),
        ("{{ '42' | int + ('1.5' | float) }}", 43.5),
        ("{{ 'x' | int(default=7) }}", 7),
        ("{{ 2.567 | round(1) }}", 2.6),
        ("{{ 2.1 | round(method='ceil') }}", 3.0),
        ("{{ trigger.scheduled_at | date('%d.%m.%Y') }}", "01.03.2024"),
        ("{{ '2024-12-31' | date }}", "2024-12-31"),
        ("{{ 0 | date('%Y-%m-%dT%H:%M:%S%z') }}", "1970-01-01T00:00:00+0000"),
        ("{{ 'a b/ü' | urlencode }}", "a%20b/%C3%BC"),
        ("{{ {'q': 'a b', 'n': none} | urlencode }}", "q=a+b"),
        ("{{ '}}' }}", "}}"),
        ("a {{ '{{' }} b", "a {{ b"),
        ("m={{ inputs.month }}, {{ none }}, {{ true }}, {{ ['é'] }}", 'm=3, , true, ["é"]'),
        (" {{ 1 }}", " 1"),
        ("line\r\nnext {{ 1 }}\n", "line\r\nnext 1\n"),
        ("no expression", "no expression"),
        ("100 {% of", "100 {% of"),
        ("{# kept #}", "{# kept #}"),
    ],
)
def test_value(text: str, expected: Any) -> None:
    found = evaluate(text, SCOPE)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("{{ nodes.late.row }}", "expression.missing_key", "did you mean 'rows'"),
        (
            "{{ nodes.late.zzz }}",
            "expression.missing_key",
            "nodes.late: There is no key 'zzz'; known keys: rows, columns",
        ),
        ("{{ input[7] }}", "expression.missing_index", "no item 7"),
        ("{{ month }}", "expression.unknown_root", "input, inputs, nodes"),
        ("{{ inputs.month | uper }}", "expression.unknown_filter", "did you mean 'upper'"),
        ("{{ inputs.month is big }}", "expression.unknown_test", "known:"),
        ("{{ inputs.name.upper() }}", "expression.call", "use a filter"),
        ("{{ inputs.month + 'a' }}", "expression.wrong_type", "a number and text; join text with ~"),
        ("{{ inputs.nothing + 1 }}", "expression.wrong_type", "default"),
        ("{{ 1 / 0 }}", "expression.zero_division", "by zero"),
        ("{{ 1, 2 }}", "expression.syntax", "[ ]"),
        ("{{ 1 +", "expression.syntax", "no closing }}"),
        ("{{ 'a }}", "expression.syntax", "no closing '"),
        ("{{ }}", "expression.syntax", "nothing between"),
        ("{{- 1 -}}", "expression.syntax", "Whitespace control"),
        ("{% if x %}", "expression.statement", "not supported"),
        ("{{ inputs.name | ident }}", "expression.ident", "SQL"),
        ("{{ inputs.name | replace('a') }}", "expression.argument", "old, new"),
        ("{{ 'x' | int }}", "expression.not_a_number", "default"),
        ("{{ 'x' | date('%Q') }}", "expression.date", "%Q"),
        ("{{ {1: 2} }}", "expression.wrong_type", "quote them"),
    ],
)
def test_error_names_the_remedy(text: str, code: str, says: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, SCOPE)
    assert caught.value.code == code
    assert says in caught.value.message


def test_error_has_a_position() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate("ab {{ inputs.month }} {{ inputs.moth }}", SCOPE)
    assert caught.value.details["position"] == 22
    assert caught.value.details["expression"] == "inputs.moth"


def test_a_missing_root_says_what_there_is() -> None:
    with pytest.raises(ExpressionError, match="item is not available here; there is inputs"):
        evaluate("{{ item.id }}", {"inputs": {}})


def test_references() -> None:
    compiled = compile_value(
        ["{{ nodes.late.rows + inputs.month }}", {"x": "{{ nodes[inputs.name].rows }} {{ item }} {{ vars['a'].b.c }}"}]
    )
    assert compiled.references == {
        Reference("nodes", "late", "rows"),
        Reference("inputs", "month", None),
        Reference("inputs", "name", None),
        Reference("nodes", None, None),
        Reference("item", None, None),
        Reference("vars", "a", "b"),
    }


def test_a_static_config_renders_to_itself() -> None:
    config = {"a": 1, "b": ["x", {"c": None}], "d": "100 % {x}"}
    compiled = compile_config(config)
    assert compiled.render(SCOPE) is config


def test_rendering_keeps_the_source_and_shares_static_parts() -> None:
    config = {"static": {"deep": [1]}, "list": [1, "{{ index }}", "{{ inputs.name }}!"]}
    rendered = compile_value(config).render(SCOPE)
    assert rendered == {"static": {"deep": [1]}, "list": [1, 0, "O'Hara!"]}
    assert rendered["static"] is config["static"]
    assert config["list"][1] == "{{ index }}"


def test_the_schema_decides_what_is_a_template() -> None:
    schema = {
        "type": "object",
        "properties": {
            "code": {"type": "string", "x-expression": False},
            "block": {"type": "object", "x-expression": False},
            "query": {"$ref": "#/$defs/Query"},
            "maybe": {"anyOf": [{"$ref": "#/$defs/Query"}, {"type": "null"}]},
            "measures": {"type": "object", "additionalProperties": {"type": "string", "format": "sql"}},
            "steps": {"type": "array", "items": {"$ref": "#/$defs/Step"}},
        },
        "$defs": {
            "Query": {"type": "string", "format": "sql"},
            "Step": {
                "type": "object",
                "properties": {"sql": {"$ref": "#/$defs/Query"}, "next": {"$ref": "#/$defs/Step"}},
            },
        },
    }
    config = {
        "code": "{{ not jinja",
        "block": {"x": ["{% if %}"]},
        "query": "select {{ inputs.month }}",
        "maybe": "a = {{ index }}",
        "measures": {"n": "count() + {{ index }}", "m": "mean(a)"},
        "steps": [{"sql": "x", "next": {"sql": "b = {{ item.id }}"}}],
        "other": "{{ inputs.month }}",
    }
    compiled = compile_config(config, schema)
    assert compiled.problems == ()
    rendered = compiled.render(SCOPE)
    assert rendered["code"] == "{{ not jinja"
    assert rendered["block"] is config["block"]
    assert rendered["other"] == 3
    assert rendered["measures"]["m"] == "mean(a)"
    found = [rendered["query"], rendered["maybe"], rendered["measures"]["n"], rendered["steps"][0]["next"]["sql"]]
    assert [sql.text for sql in found] == ["select $p1", "a = $p2", "count() + $p3", "b = $p4"]
    assert [list(sql.parameters.values()) for sql in found] == [[3], [0], [0], [1]]


def test_problems_are_collected_with_pointers_and_nothing_is_raised() -> None:
    config = {"ok": "{{ index }}", "a/b": "{{ foo }}", "list": ["x", "{{ 1 + }}"], "query": "select '{{ index }}'"}
    compiled = compile_config(config, {"properties": {"query": {"format": "sql"}}})
    assert [(problem.pointer, problem.code) for problem in compiled.problems] == [
        ("/a~1b", "expression.unknown_root"),
        ("/list/1", "expression.syntax"),
        ("/query", "sql.expression_in_literal"),
    ]
    with pytest.raises(ExpressionError) as caught:
        compiled.render(SCOPE)
    assert caught.value.details["pointer"] == "/a~1b"


def test_a_rendering_error_names_the_pointer() -> None:
    compiled = compile_value({"query": {"q": ["{{ inputs.nope }}"]}})
    with pytest.raises(ExpressionError) as caught:
        compiled.render(SCOPE)
    assert caught.value.details["pointer"] == "/query/q/0"
    assert caught.value.details["position"] == 0


def test_equal_sources_in_two_places_name_their_own_place() -> None:
    compiled = compile_value({"a": "{{ inputs.nope | upper }}", "b": "12 {{ inputs.nope | upper }}"})
    problems = compile_value({"a": "{{ nope }}", "b": "123 {{ nope }}"}).problems
    assert [problem.pointer for problem in problems] == ["/a", "/b"]
    with pytest.raises(ExpressionError) as caught:
        compiled.render({"inputs": {}})
    assert caught.value.details["pointer"] == "/a"


def test_a_deep_config_is_a_problem_not_a_crash() -> None:
    config: Any = "{{ index }}"
    for _ in range(2_000):
        config = [config]
    assert [problem.code for problem in compile_value(config).problems] == ["expression.too_deep"]


def test_items_that_failed_are_told_from_all_others() -> None:
    failed = {"error": {"code": "x.y", "message": "no", "node": "a"}}
    items = [20, failed, None, {"error": "none"}, {"v": 1}, {"error": failed["error"], "v": 2}, "error", [failed]]
    assert evaluate("{{ input | select('failed') }}", {"input": items}) == [failed]
    assert evaluate("{{ input | reject('failed') | length }}", {"input": items}) == 7
    assert evaluate("{{ input is failed }}", {"input": failed}) is True

"""Reading documents: values, places, and every kind of bad input in one go."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from concertmaster.domain.document import content_hash, dump, locate_all, nearest_line, parse
from concertmaster.domain.durations import parse_duration
from concertmaster.domain.problem_codes import CODES
from concertmaster.domain.workflow import Edge, Node, Workflow

HEAD = "concertmaster: 1\nname: x\n"
DESIGN = """\
concertmaster: 1                 # format version
name: flight-delays
inputs:
  month: {type: integer, minimum: 1, maximum: 12, default: 1}
triggers:
  nightly: {type: schedule, config: {cron: "0 6 * * *"}, inputs: {month: "{{ trigger.scheduled_at.month }}"}}
nodes:
  flights: {type: file.read, config: {path: flights.csv}}
  check:   {type: logic.if, config: {condition: "{{ nodes.flights.rows > 0 }}"}}
  publish:
    type: file.write
    config: {path: "out/routes-{{ execution.id }}.parquet"}
    policy: {timeout: 60s, retry: {maximum_attempts: 4, initial_interval: 1s, backoff_coefficient: 2}}
edges:
  - flights -> check
  - check.true -> publish
outputs: {path: "{{ nodes.publish.path }}"}
layout: {flights: [0, 0], check: [220, 0.5]}
"""
CANONICAL = """\
concertmaster: 1
name: flight-delays
inputs:
  month:
    type: integer
    minimum: 1
    maximum: 12
    default: 1
triggers:
  nightly:
    type: schedule
    config:
      cron: 0 6 * * *
    inputs:
      month: "{{ trigger.scheduled_at.month }}"
nodes:
  flights:
    type: file.read
    config:
      path: flights.csv
  check:
    type: logic.if
    config:
      condition: "{{ nodes.flights.rows > 0 }}"
  publish:
    type: file.write
    config:
      path: out/routes-{{ execution.id }}.parquet
    policy:
      timeout: 1m
      retry:
        maximum_attempts: 4
edges:
  - flights -> check
  - check.true -> publish
outputs:
  path: "{{ nodes.publish.path }}"
layout:
  flights: [0, 0]
  check: [220, 0.5]
"""


def workflow(text: str) -> Workflow:
    parsed = parse(text)
    assert parsed.problems == []
    assert parsed.workflow is not None
    return parsed.workflow


def found(source: Any, **options: Any) -> list[tuple[str, str]]:
    problems = parse(source, **options).problems
    assert all(problem.code in CODES for problem in problems)
    return [(problem.code, problem.pointer) for problem in problems]


def config_of(yaml: str) -> Any:
    return workflow(f"{HEAD}nodes:\n  a:\n    type: t\n    config:\n      v: {yaml}\n").nodes["a"].config["v"]


def test_the_document_of_the_design_is_understood() -> None:
    read = workflow(DESIGN)
    assert read.edges == (Edge("flights", "check"), Edge("check", "publish", outlet="true"))
    assert read.nodes["publish"].policy.timeout == timedelta(minutes=1)
    assert read.nodes["publish"].policy.retry.maximum_attempts == 4
    assert read.layout == {"flights": (0, 0), "check": (220, 0.5)}


def test_the_canonical_form_is_fixed() -> None:
    assert dump(workflow(DESIGN)) == CANONICAL


def test_the_hash_is_fixed_and_sees_the_layout() -> None:
    read = workflow(CANONICAL)
    assert content_hash(read) == content_hash(workflow(DESIGN))
    assert content_hash(read) != content_hash(workflow(CANONICAL.replace("[0, 0]", "[0, 1]")))
    assert content_hash(Workflow("a")) == "4ffe72c40487257c2db2b7db98957922c3ad44bd18751a920e00c82ce371d4fa"


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("on", "on"), ("yes", "yes"), ("2024-01-01", "2024-01-01"), ("12:30:45", "12:30:45"), ("1_000", "1_000"),
        ("0o17", 15), ("012", 12), ("0x1f", 31), ("1e3", 1000), ("1.0", 1), (".5", 0.5), ("+3", 3), ("-0.0", 0),
        ("True", True), ("~", None), ("", None), ("'1'", "1"), ("1e400x", "1e400x"),
        ("{1: a, on: b}", {"1": "a", "on": "b"}), ("[a, [b]]", ["a", ["b"]]), ("100000000000000000000", 1e20),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_of_yaml_1_2(yaml: str, value: Any) -> None:
    read = config_of(yaml)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("source", "code", "pointer"),
    [
        ("", "document.empty", ""),
        ("- a", "document.type", ""),
        (b"name: \xff", "document.encoding", ""),
        ("a: [1\nb: 2", "document.syntax", "/a/1"),
        ("\tname: x", "document.syntax", ""),
        ("a: \x01", "document.syntax", ""),
        (HEAD + "---\na: 1", "document.syntax", ""),
        (HEAD + "title: !!python/object/apply:os.system [x]", "document.tag", "/title"),
        (HEAD + "title: ! x", "document.tag", "/title"),
        (HEAD + "title: &a [*a]", "document.alias", "/title/0"),
        (HEAD + "title: *nowhere", "document.alias", "/title"),
        (HEAD + "name: y", "document.duplicate_key", "/name"),
        (HEAD + "vars: {<<: {a: 1}}", "document.merge_key", "/vars/<<"),
        (HEAD + "vars: {a: {{ inputs.x }}}", "document.key", "/vars/a"),
        (HEAD + "vars: {a: .inf}", "document.number", "/vars/a"),
        (HEAD + f"vars: {{a: {'9' * 5000}}}", "document.number", "/vars/a"),
        (HEAD + "notes: " + "[" * 200, "document.too_deep", "/notes" + "/0" * 127),
        ("name: x\nconcertmaster: 2", "document.version", "/concertmaster"),
        ("name: x\nconcertmaster: true", "document.version", "/concertmaster"),
        ("concertmaster: 1", "document.missing_key", "/name"),
        ("concertmaster: 1\nname: My Flow", "document.name", "/name"),
        (HEAD + "nodez: {}", "document.unknown_key", "/nodez"),
        (HEAD + "nodes: []", "document.type", "/nodes"),
        (HEAD + "nodes: {a-b: {type: t}}", "node.id", "/nodes/a-b"),
        (HEAD + "nodes: {a: {}}", "document.missing_key", "/nodes/a/type"),
        (HEAD + "nodes: {a: {type: 'a b'}}", "node.type", "/nodes/a/type"),
        (HEAD + "nodes: {a: {type: t@0}}", "node.type", "/nodes/a/type"),
        (HEAD + "nodes: {a: {type: t, disabled: 1}}", "document.type", "/nodes/a/disabled"),
        (HEAD + "nodes: {a: {type: t, policy: {tiemout: 1s}}}", "document.unknown_key", "/nodes/a/policy/tiemout"),
        (HEAD + "nodes: {a: {type: t, policy: {timeout: 60}}}", "document.duration", "/nodes/a/policy/timeout"),
        (HEAD + "nodes: {a: {type: t, policy: {timeout: 0s}}}", "document.duration", "/nodes/a/policy/timeout"),
        (HEAD + "nodes: {a: {type: t, policy: {join: 0}}}", "policy.value", "/nodes/a/policy/join"),
        (HEAD + "nodes: {a: {type: t, policy: {on_error: stop}}}", "policy.value", "/nodes/a/policy/on_error"),
        (HEAD + "nodes: {a: {type: t, policy: {retry: {maximum_attempts: 0}}}}", "policy.value",
         "/nodes/a/policy/retry/maximum_attempts"),
        (HEAD + "nodes: {a: {type: t, body: {edges: [x]}}}", "edge.syntax", "/nodes/a/body/edges/0"),
        (HEAD + "edges: [a - b]", "edge.syntax", "/edges/0"),
        (HEAD + "edges: [3]", "edge.syntax", "/edges/0"),
        (HEAD + "inputs: {a: 3}", "document.type", "/inputs/a"),
        (HEAD + "inputs: {a-b: {}}", "document.name", "/inputs/a-b"),
        (HEAD + "labels: {a: 3}", "document.type", "/labels/a"),
        (HEAD + "layout: {a: [1]}", "document.type", "/layout/a"),
        (HEAD + "policy: {concurrency: {}}", "document.missing_key", "/policy/concurrency/limit"),
        (HEAD + "triggers: {a: {typo: 1}}", "document.unknown_key", "/triggers/a/typo"),
        ('{"concertmaster": 1, "name": "x", "name": "y"}', "document.duplicate_key", "/name"),
        ({"concertmaster": 1, "name": "x", "notes": float("nan")}, "document.number", "/notes"),
        ({"concertmaster": 1, "name": "x", "notes": {1: 2}}, "document.key", "/notes"),
        ({"concertmaster": 1, "name": "x", "notes": "\ud800"}, "document.text", "/notes"),
    ],
)  # fmt: skip
def test_bad_input_names_its_place(source: Any, code: str, pointer: str) -> None:
    assert (code, pointer) in found(source)


def test_all_problems_come_in_one_go_with_places_and_remedies() -> None:
    parsed = parse(HEAD + "nodes:\n  a: {type: t, confg: {}}\nedges: [a, b -> c]\ntitel: x\ntitle: 3\n")
    assert parsed.workflow is not None
    assert not parsed.ok
    assert parsed.workflow.nodes == {"a": Node("t")}
    assert parsed.workflow.edges == (Edge("b", "c"),)
    fixes = {problem.pointer: problem.fix for problem in parsed.problems}
    assert fixes["/nodes/a/confg"] == "Did you mean `config`?"
    assert fixes["/titel"] == "Did you mean `title`?"
    assert set(fixes) == {"/titel", "/title", "/nodes/a/confg", "/edges/0"}
    assert parsed.kept_edges == {"/edges": (1,)}


def test_a_syntax_error_says_line_and_column() -> None:
    (problem,) = parse("name: x\nnodes:\n  a: [1, 2\n  b: 3\n").problems
    assert "line 4, column" in problem.message
    assert problem.fix is not None


def test_a_missing_format_version_is_only_a_warning() -> None:
    (problem,) = parse("name: x").problems
    assert (problem.code, problem.severity) == ("document.version", "warning")


def test_a_billion_laughs_are_refused_and_a_few_aliases_are_not() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "document.too_large" in [code for code, _ in found("\n".join(rows))]
    assert workflow(HEAD + "vars: {a: &v {b: 1}, c: *v}").vars == {"a": {"b": 1}, "c": {"b": 1}}


def test_deep_json_is_refused() -> None:
    assert "document.too_deep" in [code for code, _ in found("[" * 100_000, format="json")]
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    assert "document.too_deep" in [code for code, _ in found({"concertmaster": 1, "name": "x", "notes": deep})]


def test_problems_beyond_the_limit_are_counted() -> None:
    problems = parse({"concertmaster": 1, "name": "x", "edges": ["?"] * 5000}).problems
    assert len(problems) == 1001
    assert problems[-1].code == "document.more_problems"
    assert "4000 more" in problems[-1].message


def test_multi_line_text_is_a_block_and_long_lines_are_not_wrapped() -> None:
    sql = "select *\n  from input\nwhere a = 'b: c'\n"
    text = dump(Workflow("x", nodes={"a": Node("t", {"q": sql, "long": "word " * 100 + "end"})}))
    assert "      q: |\n        select *\n          from input\n        where a = 'b: c'\n" in text
    assert "word " * 100 + "end\n" in text


def test_a_pointer_has_its_line_or_that_of_what_is_around_it() -> None:
    lines = locate_all(DESIGN)
    assert nearest_line(lines, "/nodes/publish/policy/retry") == 13
    assert nearest_line(lines, "/edges/1") == 16
    assert nearest_line(lines, "/nodes/check/config/nothing") == 9
    assert nearest_line(locate_all(json.dumps({"a": {"b": 1}}, indent=1)), "/a/b") == 3
    assert nearest_line(locate_all(""), "/a") == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1.5h", 5400), ("250ms", 0.25), ("2d", 172_800), ("PT1H30M", 5400),
     ("P1DT0.5S", 86_400.5), ("P2W", 1_209_600)],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "-5s", "5 s", "5S", "P", "PT", "P1Y", "P1M", "1e3s", "999999999999999d", "٣s"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|longer"):
        parse_duration(text)

"""Validation: what it finds, where, how badly, and what it leaves alone."""

from __future__ import annotations

import pytest
from spec_snapshot import Snapshot

from concertmaster.domain.document import parse
from concertmaster.domain.problem_codes import CODES
from concertmaster.domain.problems import Problem
from concertmaster.domain.validation import check_document, pin_types, validate
from concertmaster.domain.workflow import Workflow

HEAD = "concertmaster: 1\nname: x\ninputs: {month: {type: integer, default: 1}}\nvars: {city: Rome}\n"
GOOD = """
nodes:
  read:  {type: file.read, config: {path: a.csv}}
  late:  {type: table.sql@1, config: {query: "select * from input where m = {{ inputs.month }}"}}
  check: {type: logic.if, config: {condition: "{{ nodes.late.rows > 0 }}"}}
  write: {type: file.write, config: {path: "{{ vars.city }}-{{ nodes.read.rows }}"}}
edges: [read -> late, late -> check, check.true -> write]
outputs: {rows: "{{ nodes.late.rows }}"}
"""


def workflow(text: str) -> Workflow:
    parsed = parse(HEAD + text)
    assert parsed.problems == []
    assert parsed.workflow is not None
    return parsed.workflow


def problems(text: str, **options: object) -> list[Problem]:
    found = validate(workflow(text), Snapshot(), **options)  # pyright: ignore[reportArgumentType]
    assert all(problem.code in CODES for problem in found)
    return found


def found(text: str, **options: object) -> list[tuple[str, str]]:
    return [(problem.code, problem.pointer) for problem in problems(text, **options)]


def one(text: str, **options: object) -> Problem:
    (problem,) = problems(text, **options)
    return problem


def test_a_good_workflow_has_no_problems() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "code", "pointer", "fix"),
    [
        (("file.read", "file.raed"), "node.unknown_type", "/nodes/read/type", "`file.read`"),
        (("file.read", "flow.magic"), "node.unknown_type", "/nodes/read/type", None),
        (("table.sql@1", "table.sql@9"), "node.unknown_version", "/nodes/late/type", "`table.sql@2`"),
        (("late -> check", "lat -> check"), "edge.dangling", "/edges/1", "`late`"),
        (("check.true", "check.ture"), "edge.unknown_outlet", "/edges/2", "`true`"),
        (("check.true", "check"), "edge.unknown_outlet", "/edges/2", "`true`"),
        (("-> write", "-> write.into"), "edge.unknown_port", "/edges/2", "`in`"),
        (("[read -> late,", "[read -> late, read -> late,"), "edge.duplicate", "/edges/1", "Remove"),
        (("late -> check,", "late -> check, write -> read,"), "edge.cycle", "/edges/2", "Remove"),
        (("[read -> late, ", "["), "port.unwired", "/nodes/late", "-> late"),
        (("path: a.csv", "pth: a.csv"), "config.unknown_key", "/nodes/read/config/pth", "`path`"),
        (("path: a.csv", "pth: a.csv"), "config.missing", "/nodes/read/config/path", "`path`"),
        (("path: a.csv", "path: ''"), "config.invalid", "/nodes/read/config/path", None),
        (("path: a.csv", "path: a, format: cvs"), "config.invalid", "/nodes/read/config/format", "`csv`"),
        (("path: a.csv", "path: a, limit: many"), "config.invalid", "/nodes/read/config/limit", None),
        (("path: a.csv", "path: a, columns: [a, 3]"), "config.invalid", "/nodes/read/config/columns/1", None),
        (("nodes.late.rows > 0 }}", "nodes.late.rows > }}"), "expression.syntax",
         "/nodes/check/config/condition", None),
        (("{{ inputs.month", "{{ imputs.month"), "expression.unknown_root", "/nodes/late/config/query", None),
        (("{{ inputs.month", "{{ inputs.moth"), "expression.unknown_input", "/nodes/late/config/query", "`month`"),
        (("{{ inputs.month", "{{ item"), "expression.no_item", "/nodes/late/config/query", None),
        (("m = {{ inputs.month }}", "m = '{{ inputs.month }}'"), "sql.expression_in_literal",
         "/nodes/late/config/query", None),
        (("vars.city", "vars.citty"), "expression.unknown_var", "/nodes/write/config/path", "`city`"),
        (("nodes.read.rows", "nodes.raed.rows"), "expression.unknown_node", "/nodes/write/config/path", "`read`"),
        (("{{ inputs.month", "{{ nodes.check.true.rows"), "expression.not_before", "/nodes/late/config/query", "check"),
        (("{{ inputs.month", "{{ nodes.late.rows"), "expression.not_before", "/nodes/late/config/query", "input"),
        (("nodes.read.rows", "nodes.check.rows"), "expression.unknown_outlet", "/nodes/write/config/path", "`true`"),
        (("{{ nodes.late.rows }}", "{{ nodes.lat.rows }}"), "expression.unknown_node", "/outputs/rows", "`late`"),
        (('"{{ nodes.late.rows }}"', "nodes.late.rows"), "expression.no_braces", "/outputs/rows", "{{ nodes"),
        (("path: a.csv", "path: inputs.month"), "expression.no_braces", "/nodes/read/config/path", "inputs.month"),
        (("{{ nodes.late.rows }}", "{{ input }}"), "expression.root_unavailable", "/outputs/rows", "`nodes`"),
        (("outputs:", "layout: {raed: [0, 0]}\noutputs:"), "layout.unknown_node", "/layout/raed", "`read`"),
        (("outputs:", "triggers: {t: {type: cron}}\noutputs:"), "trigger.unknown_type", "/triggers/t/type", "schedule"),
        (("outputs:", "triggers: {t: {type: manual, inputs: {moth: 1}}}\noutputs:"), "trigger.unknown_input",
         "/triggers/t/inputs/moth", "`month`"),
        (("outputs:", "triggers: {t: {type: manual, inputs: {month: a}}}\noutputs:"), "trigger.input",
         "/triggers/t/inputs/month", None),
        (("outputs:", "triggers: {t: {type: manual, inputs: {month: '{{ nodes.read }}'}}}\noutputs:"),
         "expression.root_unavailable", "/triggers/t/inputs/month", "`trigger`"),
    ],
)  # fmt: skip
def test_each_fault_is_found_at_its_place_with_a_remedy(
    change: tuple[str, str], code: str, pointer: str, fix: str | None
) -> None:
    assert change[0] in GOOD
    matching = [p for p in problems(GOOD.replace(*change, 1)) if (p.code, p.pointer) == (code, pointer)]
    assert len(matching) == 1
    assert fix is None or fix in (matching[0].fix or "")


def node(kind: str, config: str = "{}", policy: str = "{}") -> str:
    return f"{{type: {kind}, config: {config}, policy: {policy}}}"


READ = node("file.read", "{path: a}")


def test_a_cycle_is_named_in_its_order() -> None:
    text = (
        f"nodes: {{a: {node('data.set', '{value: 1}')}, b: {node('data.set', '{value: 1}')}}}\nedges: [a -> b, b -> a]"
    )
    assert "a -> b -> a" in one(text).message


def test_a_table_does_not_fit_into_a_text_port_and_an_integer_not_either() -> None:
    text = f"nodes: {{a: {READ}, n: {node('number.make')}, t: {node('text.size')}, u: {node('text.size')}}}\n"
    assert found(text + "edges: [a -> t, n -> u]") == [("edge.type", "/edges/0"), ("edge.type", "/edges/1")]


def test_the_type_goes_through_nodes_that_pass_their_input_on() -> None:
    nodes = f"a: {READ}, b: {node('logic.if', '{condition: true}')}, c: {node('logic.if', '{condition: true}')}"
    wires = "edges: [a -> b, b.true -> c, c.false -> t]"
    (problem,) = problems(f"nodes: {{{nodes}, t: {node('text.size')}}}\n{wires}")
    assert (problem.code, problem.pointer) == ("edge.type", "/edges/2")
    assert "gives a table" in problem.message
    assert problems(f"nodes: {{{nodes}, t: {node('file.write')}}}\n{wires}") == []


def test_the_error_outlet_exists_on_every_node_and_carries_json() -> None:
    text = f"nodes: {{a: {READ}, b: {node('data.set', '{value: 1}')}, c: {node('file.write')}}}\n"
    assert found(text + "edges: [a.error -> b, a -> c]") == []
    assert found(text + "edges: [a.error -> c]") == [("edge.type", "/edges/0")]


def test_outlets_that_the_config_names_exist() -> None:
    text = f"nodes: {{a: {node('logic.switch', '{cases: {x: 1, z: 2}}')}, b: {node('http.request', '{url: u}')}}}\n"
    assert found(text + "edges: [a.x -> b, a.default -> b]") == []
    assert found(text + "edges: [a.y -> b]") == [("edge.unknown_outlet", "/edges/0")]


def test_several_edges_into_one_port_are_a_warning_unless_they_exclude_each_other_or_the_port_takes_many() -> None:
    nodes = f"a: {READ}, b: {READ}, i: {node('logic.if', '{condition: true}')}"
    assert (
        one(f"nodes: {{a: {READ}, b: {READ}, w: {node('file.write')}}}\nedges: [a -> w, b -> w]").severity == "warning"
    )
    assert problems(f"nodes: {{a: {READ}, b: {READ}, w: {node('table.union')}}}\nedges: [a -> w, b -> w]") == []
    assert problems(f"nodes: {{{nodes}, w: {node('file.write')}}}\nedges: [a -> i, i.true -> w, i.false -> w]") == []


def test_several_edges_that_only_give_an_order_are_no_problem_until_the_input_is_read() -> None:
    text = "nodes: {{a: {0}, b: {0}, h: {{type: http.request, config: {{url: '{1}'}}}}}}\nedges: [a -> h, b -> h]"
    assert problems(text.format(READ, "http://x")) == []
    assert one(text.format(READ, "http://x/{{ input.rows }}")).code == "port.several_edges"


def test_an_expression_counts_as_any_type_and_text_around_it_makes_text() -> None:
    def limit(value: str) -> list[tuple[str, str]]:
        return found(f"nodes: {{a: {node('file.read', '{path: a, limit: ' + value + '}')}}}")

    assert limit("'{{ inputs.month }}'") == []
    assert limit("'{{ inputs.month }} rows'") == [("config.invalid", "/nodes/a/config/limit")]


def test_in_code_fields_braces_are_plain_text() -> None:
    text = "nodes: {{a: {{type: http.request, config: {{url: u, code: '{0}'}}}}}}"
    assert found(text.format("{{ not.an expression }}")) == []
    assert found(text.format("{{ not.an expression, and too long }}")) == [("config.invalid", "/nodes/a/config/code")]


def test_connections_must_exist_and_have_the_type() -> None:
    text = f"nodes: {{a: {node('http.request', '{url: u, connection: mine}')}}}"
    assert problems(text) == []
    assert problems(text, connections={"mine": "http"}.get) == []
    assert one(text, connections={"mine": "postgres"}.get).code == "connection.type"
    missing = one(text, connections={}.get)
    assert (missing.code, missing.pointer) == ("connection.missing", "/nodes/a/config/connection")
    assert "concertmaster connection add mine --type http" in (missing.fix or "")


def test_a_disabled_node_only_warns_and_passes_its_input_on() -> None:
    text = f"nodes: {{a: {READ}, b: {{type: file.write, disabled: true}}, c: {node('text.size')}}}\n"
    assert found(text + "edges: [a -> b, b -> c]") == [("edge.type", "/edges/1")]
    broken = one("nodes: {b: {type: file.read, disabled: true}}")
    assert (broken.code, broken.severity) == ("config.missing", "warning")


@pytest.mark.parametrize(
    ("policy", "code", "key"),
    [
        ("{join: 2}", "policy.join", "join"),
        ("{undo: nobody}", "policy.undo", "undo"),
        ("{on_error: continue}", "policy.on_error", "on_error"),
        ("{timeout: 2h}", "policy.timeout", "timeout"),
        ("{retry: {maximum_attempts: 2}}", "policy.retry", "retry"),
        ("{idempotent: true, retry: {maximum_attempts: 2, maximum_interval: 1ms}}", "policy.interval",
         "retry/maximum_interval"),
    ],
)  # fmt: skip
def test_policies_that_cannot_mean_what_they_say(policy: str, code: str, key: str) -> None:
    nodes = f"a: {READ}, b: {node('http.request', '{url: u}', policy)}, c: {node('data.set', '{value: 1}')}"
    text = f"policy: {{timeout: 1h}}\nnodes: {{{nodes}}}\nedges: [a -> b, b.error -> c]"
    # Nothing is undone there, which is said besides.
    told = [problem for problem in found(text) if problem[0] != "policy.compensate"]
    assert told == [(code, f"/nodes/b/policy/{key}")]


def test_an_undo_node_that_is_nowhere_is_to_be_added() -> None:
    problem = problems(f"nodes: {{a: {node('data.set', '{value: 1}', '{undo: nobody}')}}}")[0]
    assert (problem.code, problem.fix) == ("policy.undo", "Add the node `nobody`, or remove `undo`")


def test_bodies_are_checked_and_see_what_runs_before_their_container() -> None:
    body = "{nodes: {x: {type: data.set, config: {value: '%s'}}}}"
    text = "nodes:\n  a: {0}\n  loop: {{type: flow.for_each, body: {1}}}\n  z: {2}\nedges: [a -> loop, loop -> z]"
    last = node("data.set", "{value: 1}")
    assert found(text.format(READ, body % "{{ item.a + nodes.a.rows }}", last)) == []
    at = "/nodes/loop/body/nodes/x/config/value"
    assert found(text.format(READ, body % "{{ nodes.z }}", last)) == [("expression.not_before", at)]
    assert found(text.format(READ, body % "{{ nodes.q }}", last)) == [("expression.unknown_node", at)]


def test_only_containers_have_bodies() -> None:
    assert found("nodes: {a: {type: data.set, config: {value: 1}, body: {}}}") == [("node.body", "/nodes/a/body")]


def test_an_empty_workflow_is_a_warning() -> None:
    assert one("title: nothing").severity == "warning"


def test_pointers_stay_right_when_edges_could_not_be_read() -> None:
    text = f"{HEAD}nodes: {{a: {READ}, w: {node('file.write')}}}\nedges: ['a - w', a -> nobody]"
    checked = check_document(text, Snapshot())
    assert [(p.code, p.pointer) for p in checked.problems] == [
        ("edge.syntax", "/edges/0"),
        ("edge.dangling", "/edges/1"),
    ]


def test_pinning_fills_in_the_newest_version_everywhere() -> None:
    loop = "{type: flow.for_each, body: {nodes: {d: {type: table.sql}}}}"
    text = f"nodes: {{a: {{type: table.sql}}, b: {{type: table.sql@1}}, c: {{type: who}}, l: {loop}}}"
    nodes = pin_types(workflow(text), Snapshot()).nodes
    assert [nodes[name].type for name in "abcl"] == ["table.sql@2", "table.sql@1", "who", "flow.for_each@1"]
    assert nodes["l"].body is not None
    assert nodes["l"].body.nodes["d"].type == "table.sql@2"

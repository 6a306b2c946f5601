"""Expressions of containers that are rendered inside of them: what they may refer to."""

from __future__ import annotations

import pytest

from concertmaster.domain.document import parse
from concertmaster.domain.validation import validate
from concertmaster.nodes.builtin.data_values import data_set
from concertmaster.nodes.builtin.flow_loops import flow_for_each, flow_until, flow_while
from concertmaster.nodes.node_type import node_type_of
from concertmaster.nodes.registry import Registry

FUNCTIONS = (data_set, flow_for_each, flow_until, flow_while)
REGISTRY = Registry([found for function in FUNCTIONS if (found := node_type_of(function)) is not None])
DOCUMENT = """
    concertmaster: 1
    name: rounds
    nodes:
      before: {{type: data.set, config: {{value: 1}}}}
      aside: {{type: data.set, config: {{value: 1}}}}
      outer:
        type: flow.for_each
        config: {{items: [1]}}
        body:
          nodes:
            first: {{type: data.set, config: {{value: 1}}}}
            last: {{type: data.set, config: {{value: 1}}}}
            loop:
              type: flow.while
              config: {{maximum: 3, condition: "{condition}", result: "{result}"}}
              body: {{nodes: {{inner: {{type: data.set, config: {{value: 1}}}}}}}}
          edges: [first -> loop, loop -> last]
      after: {{type: data.set, config: {{value: 1}}}}
    edges: [before -> outer, outer -> after]
    """
AT = "/nodes/outer/body/nodes/loop/config"


def found(condition: str, result: str = "{{ item }}") -> list[tuple[str, str]]:
    workflow = parse(DOCUMENT.format(condition=condition, result=result)).workflow
    assert workflow is not None
    return [(problem.code, problem.pointer) for problem in validate(workflow, REGISTRY)]


@pytest.mark.parametrize("name", ["before", "first", "inner"])
def test_what_runs_before_or_inside_may_be_used(name: str) -> None:
    assert found(f"{{{{ nodes.{name} > index }}}}", f"{{{{ nodes.{name} }}}}") == []


@pytest.mark.parametrize("name", ["aside", "after", "last", "outer", "loop"])
def test_what_does_not_run_before_may_not(name: str) -> None:
    assert found(f"{{{{ nodes.{name} }}}}") == [("expression.not_before", f"{AT}/condition")]
    assert found("{{ item }}", f"{{{{ nodes.{name} }}}}") == [("expression.not_before", f"{AT}/result")]


def test_what_does_not_exist_may_not() -> None:
    assert found("{{ nodes.nobody }}") == [("expression.unknown_node", f"{AT}/condition")]


def told(*, edges: str = "[loop -> b]", outputs: str = "{}", said: str = "1") -> list[tuple[str, str | None]]:
    text = f"""
    concertmaster: 1
    name: outside
    nodes:
      a: {{type: data.set, config: {{value: 1}}}}
      loop:
        type: flow.for_each
        config: {{items: [1]}}
        body:
          nodes:
            x: {{type: data.set, config: {{value: 1}}}}
            deep:
              type: flow.for_each
              config: {{items: [1]}}
              body: {{nodes: {{y: {{type: data.set, config: {{value: 1}}}}}}}}
      other:
        type: flow.for_each
        config: {{items: [1]}}
        body: {{nodes: {{z: {{type: data.set, config: {{value: "{said}"}}}}}}}}
      b: {{type: data.set, config: {{value: 1}}}}
    edges: {edges}
    outputs: {outputs}
    """
    workflow = parse(text).workflow
    assert workflow is not None
    return [(problem.message, problem.fix) for problem in validate(workflow, REGISTRY)]


def test_an_edge_to_or_from_a_body_names_its_container() -> None:
    assert told(edges="[x -> b]") == [
        ("the edge x -> b names the node 'x', which is in the body of loop", "Use `loop -> b`")
    ]
    assert told(edges="[a -> y]")[0][1] == "Use `a -> loop`"
    assert told(edges="[nobody -> b]")[0][1] == "Add the node `nobody`, or remove the edge"


def test_a_node_of_a_body_is_read_by_its_container() -> None:
    (found,) = told(outputs='{x: "{{ nodes.y }}"}')
    assert found == (
        "the node 'y' is in the body of loop, and is not seen from here",
        "Use what comes out of that one: `nodes.loop`",
    )
    assert told(edges="[loop -> other]", said="{{ nodes.x }}")[0][1] == found[1]

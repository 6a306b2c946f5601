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

"""Random workflows with containers, phases and nodes that undo others."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from engine_model import fork, pay, plain, wait
from hypothesis import strategies as st

from concertmaster.domain.policy import NodePolicy, RetryPolicy, WorkflowPolicy
from concertmaster.domain.workflow import Body, Edge, Node, Workflow
from concertmaster.engine.plan import Plan, compile_plan
from concertmaster.nodes.builtin.flow_groups import flow_lock, flow_race
from concertmaster.nodes.builtin.flow_loops import flow_for_each, flow_until, flow_while
from concertmaster.nodes.node_type import node_type_of
from concertmaster.nodes.registry import Registry

FUNCTIONS = (plain, fork, pay, wait, flow_for_each, flow_while, flow_until, flow_race, flow_lock)
REGISTRY = Registry([found for function in FUNCTIONS if (found := node_type_of(function)) is not None])
CONTAINERS = ("flow.for_each", "flow.while", "flow.until", "flow.race", "flow.lock")


@dataclass(frozen=True)
class Outcome:
    """What a node does at a place: the outlets it takes, None when it fails; so many attempts fail before."""

    outlets: frozenset[str] | None
    flaky: int


@dataclass(frozen=True)
class Tree:
    """A workflow with containers; what its nodes do follows from `seed` and their place alone."""

    workflow: Workflow
    seed: int

    @property
    def plan(self) -> Plan:
        return compile_plan(self.workflow, 1, REGISTRY)

    def outcome(self, place: str, node: Node) -> Outcome:
        chance = random.Random(f"{self.seed} {place}")
        if node.title == "later":
            return Outcome(frozenset({"out"}), 0)
        flaky = 0 if node.type == "test.pay" else chance.choice([0, 0, 1, 2])
        if chance.random() < 0.15:
            return Outcome(None, flaky)
        outlets = ["left", "right"] if node.type == "test.fork" else ["out"]
        return Outcome(frozenset(outlets[: chance.randint(1, len(outlets))]), flaky)

    def rounds(self, place: str) -> int:
        """How many rounds the condition of a `while` or `until` lets a loop at a place go."""
        return random.Random(f"{self.seed} rounds {place}").choice([0, 1, 2, 3, 4, 5, 7])


@st.composite
def trees(draw: st.DrawFn, *, most: int = 4, depth: int = 2, phases: bool = False) -> Tree:
    """Random workflows with containers up to `depth` deep."""
    names = iter(f"n{number}" for number in range(1000))
    nodes, edges = _graph(draw, names, most=most, depth=depth)
    policy = WorkflowPolicy()
    if phases:
        nodes, policy = _with_phases(draw, nodes)
    return Tree(Workflow("tree", nodes=nodes, edges=edges, policy=policy), draw(st.integers(0, 10_000)))


def _graph(draw: st.DrawFn, names: Any, *, most: int, depth: int) -> tuple[dict[str, Node], tuple[Edge, ...]]:
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    for _ in range(draw(st.integers(1, most))):
        name = next(names)
        kinds = ["test.plain", "test.fork", "test.wait", "test.pay", *(CONTAINERS if depth else ())]
        kind = draw(st.sampled_from(kinds))
        for source in list(nodes):
            if draw(st.integers(0, 2)) == 0:
                outlets = ["left", "right"] if nodes[source].type == "test.fork" else ["out"]
                edges.append(Edge(source, name, draw(st.sampled_from([*outlets, "error"]))))
        incoming = sum(edge.target == name for edge in edges)
        join = draw(st.sampled_from(["all", "all", "any", 2])) if incoming else "all"
        policy = NodePolicy(
            join=join if not isinstance(join, int) else min(join, max(1, incoming)),
            on_error=draw(st.sampled_from([None, None, "continue"])),
            retry=RetryPolicy(maximum_attempts=3),
        )
        if kind in CONTAINERS:
            inner, wires = _graph(draw, names, most=3, depth=depth - 1)
            nodes[name] = Node(kind, config=_config(draw, kind), policy=policy, body=Body(inner, wires))
        else:
            nodes[name] = Node(kind, policy=policy)
    return nodes, tuple(edges)


def _config(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    match kind:
        case "flow.for_each":
            on_error = draw(st.sampled_from(["stop", "continue", "collect"]))
            enough = draw(st.sampled_from([None, 1, 3])) if on_error != "stop" else None
            items = list(range(draw(st.sampled_from([0, 1, 2, 4, 7]))))
            return {"items": items, "concurrency": draw(st.integers(1, 4)), "on_error": on_error, "enough": enough}
        case "flow.race":
            return {"wins": draw(st.sampled_from([1, 1, 2]))}
        case "flow.lock":
            return {"name": "x"}
        case _:
            return {"condition": True, "maximum": draw(st.sampled_from([1, 3, 5, 6]))}


def _with_phases(draw: st.DrawFn, nodes: dict[str, Node]) -> tuple[dict[str, Node], WorkflowPolicy]:
    """Add nodes that undo others, and branches for a failure and the end; these always succeed."""
    found = dict(nodes)
    for name, node in nodes.items():
        if draw(st.booleans()):
            found[name] = replace(node, policy=replace(node.policy, undo=f"undo_{name}"))
            found[f"undo_{name}"] = Node("test.plain", title="later")
    found["tidy"] = Node("test.plain", title="later")
    found["alarm"] = Node("test.plain", title="later")
    on_failure = draw(st.sampled_from([("compensate",), ("alarm",), ("compensate", "alarm")]))
    if "alarm" not in on_failure:
        del found["alarm"]
    return found, WorkflowPolicy(on_failure=on_failure, finally_=("tidy",))

"""Scope: one graph of a workflow (the workflow's own or a container's body) with the specs of its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from concertmaster.domain.graph import Graph, graph_of
from concertmaster.domain.phases import Phase, phases_of
from concertmaster.domain.problems import Severity, pointer
from concertmaster.domain.spec import NodeSpec, OutletSpec, Specs
from concertmaster.domain.workflow import Body, Edge, Node, Workflow


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One graph under validation.

    Attributes:
        at: JSON pointer of what holds `nodes` and `edges`.
        specs: by node name; nodes of unknown type are missing.
        order: topological; nodes on or behind a cycle are missing.
        phases: of nodes that do not run in the normal course; there are none in a body.
        outer: the scope of the container whose body this is, and `container` its name there.
        homes: the container in whose body a node stands, for every node of the workflow that stands in one.
    """

    workflow: Workflow
    at: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    graph: Graph
    order: tuple[str, ...]
    specs: Mapping[str, NodeSpec]
    phases: Mapping[str, Phase]
    outer: Scope | None = None
    container: str = ""
    homes: Mapping[str, str] = field(default_factory=lambda: {})

    def node_at(self, name: str, *parts: str | int) -> str:
        """JSON pointer of a node or of something in it."""
        return self.at + pointer("nodes", name, *parts)

    def edge_at(self, index: int) -> str:
        """JSON pointer of an edge."""
        return self.at + pointer("edges", index)

    def outlets(self, name: str) -> tuple[OutletSpec, ...] | None:
        """The outlets of a node without `error`; None when its type is unknown or an expression makes them."""
        spec = self.specs.get(name)
        if spec is None:
            return None
        config = self.nodes[name].config
        if spec.dynamic_outlets and isinstance(config.get(spec.dynamic_outlets), str):
            return None
        return spec.outlets_of(config)

    def gets_something(self, name: str) -> bool:
        """Whether a node gets something on its main port without an edge: the first nodes of a body get the item, and
        a node that undoes another what that one gave."""
        if self.graph.incoming[name]:
            return False
        return self.outer is not None or self.phases.get(name) == "undo"

    def around(self, name: str) -> bool:
        """Whether a graph around this body has a node of that name."""
        return self.outer is not None and (name in self.outer.nodes or self.outer.around(name))

    def home(self, name: str) -> str | None:
        """The container of this graph in whose body, however deep, a node of that name stands."""
        seen: set[str] = set()
        while (found := self.homes.get(name)) is not None and name not in seen:
            if found in self.nodes:
                return found
            seen.add(name)
            name = found
        return None

    def severity(self, name: str) -> Severity:
        """How much a fault of a node's own weighs: a disabled node does not run."""
        return "warning" if self.nodes[name].disabled else "error"


def scopes(workflow: Workflow, specs: Specs) -> Iterator[Scope]:
    """The workflow's graph, then every body, each after what is around it."""
    known: dict[str, NodeSpec | None] = {}
    homes = _homes(workflow)
    waiting = [_scope(workflow, workflow, "", specs, known, homes)]
    while waiting:
        scope = waiting.pop()
        yield scope
        for name, node in scope.nodes.items():
            if node.body is not None:
                at = scope.node_at(name, "body")
                waiting.append(_scope(workflow, node.body, at, specs, known, homes, outer=scope, container=name))


def _homes(workflow: Workflow) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = list(workflow.nodes.items())
    for name, node in waiting:
        if node.body is not None:
            for inner in node.body.nodes:
                found.setdefault(inner, name)
            waiting.extend(node.body.nodes.items())
    return found


def _scope(
    workflow: Workflow,
    part: Workflow | Body,
    at: str,
    specs: Specs,
    known: dict[str, NodeSpec | None],
    homes: Mapping[str, str],
    *,
    outer: Scope | None = None,
    container: str = "",
) -> Scope:
    found: dict[str, NodeSpec] = {}
    for name, node in part.nodes.items():
        if node.type not in known:
            known[node.type] = specs.spec(node.type_id, node.type_version)
        spec = known[node.type]
        if spec is not None:
            found[name] = spec
    graph = graph_of(part)
    phases: Mapping[str, Phase] = phases_of(workflow, graph) if outer is None else {}
    return Scope(workflow, at, part.nodes, part.edges, graph, graph.order(), found, phases, outer, container, homes)

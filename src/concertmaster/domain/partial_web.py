"""How the nodes of a document hang together for partial runs, and which of them two versions tell differently. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from concertmaster.domain.expression import Reference, compile_config, compile_value
from concertmaster.domain.graph import Graph, graph_of
from concertmaster.domain.partial import Web
from concertmaster.domain.phases import phases_of
from concertmaster.domain.spec import Effect, Specs
from concertmaster.domain.workflow import Body, Node, Workflow

# What it starts does what it does.
_CALL = "flow.call"
_EFFECTS: tuple[Effect, ...] = ("none", "read", "write")


@dataclass(frozen=True, slots=True)
class Ground:
    """A version of a workflow, as far as partial runs look at it.

    Attributes:
        roots: what else the expressions of each node look at: `inputs`, `vars`, `trigger`, ...
        outlets: see `outlets_of`.
        effects: of each node; of a container the strongest in it.
    """

    workflow: Workflow
    web: Web
    roots: Mapping[str, frozenset[str]]
    outlets: Mapping[str, tuple[str, ...]]
    effects: Mapping[str, Effect]


def ground_of(workflow: Workflow, specs: Specs) -> Ground:
    """Look at a document, with the node types of now."""
    graph, references = graph_of(workflow), {name: _references(node, specs) for name, node in workflow.nodes.items()}
    undoes: dict[str, set[str]] = {}
    for name, node in workflow.nodes.items():
        if node.policy.undo is not None and workflow.policy.compensates:
            undoes.setdefault(node.policy.undo, set()).add(name)
    reads = {
        # All nodes, where an expression may ask for any.
        name: frozenset(workflow.nodes) & _before(graph, name)
        if any(one.root == "nodes" and one.name is None for one in found)
        else frozenset(one.name for one in found if one.root == "nodes" and one.name) & set(workflow.nodes)
        for name, found in references.items()
    }
    web = Web(graph, reads, phases_of(workflow, graph), {name: frozenset(found) for name, found in undoes.items()})
    return Ground(
        workflow,
        web,
        {name: frozenset(one.root for one in found) for name, found in references.items()},
        outlets_of(workflow, specs),
        {name: _effect(node, specs) for name, node in workflow.nodes.items()},
    )


def outlets_of(workflow: Workflow, specs: Specs) -> dict[str, tuple[str, ...]]:
    """The outlets of each node, `error` last; those in bodies as `container/node`."""
    return {place: _outlets(node, specs) for place, node in places(workflow)}


def _before(graph: Graph, node: str) -> frozenset[str]:
    """All nodes from which edges lead to one."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for edge in graph.incoming[waiting.pop()]:
            if edge.source not in found:
                found.add(edge.source)
                waiting.append(edge.source)
    return frozenset(found)


def places(part: Workflow | Body, above: str = "") -> Iterator[tuple[str, Node]]:
    """Each node by its place: `each/price` is `price` in the body of `each`."""
    for name, node in part.nodes.items():
        yield f"{above}{name}", node
        if node.body is not None:
            yield from places(node.body, f"{above}{name}/")


def changed_since(old: Workflow, now: Ground, *, inputs: bool, trigger: bool = False) -> frozenset[str]:
    """The nodes that might give something else now than they gave by an older version, with all behind them.

    Args:
        inputs, trigger: that these are other ones now.
    """
    other = {name for name, told in (("inputs", inputs), ("trigger", trigger)) if told}
    other |= {"vars"} if dict(old.vars) != dict(now.workflow.vars) else set()
    changed = {
        name for name in now.workflow.nodes if other & now.roots[name] or _told(old, name) != _told(now.workflow, name)
    }
    readers: dict[str, list[str]] = {}
    for name, read in now.web.reads.items():
        for one in read:
            readers.setdefault(one, []).append(name)
    waiting = list(changed)
    while waiting:
        node = waiting.pop()
        behind = [*(edge.target for edge in now.web.graph.outgoing[node]), *readers.get(node, ())]
        waiting.extend(name for name in behind if name not in changed)
        changed.update(behind)
    return frozenset(changed)


def _told(workflow: Workflow, name: str) -> Any:
    """What of a node decides about its outputs."""
    node = workflow.nodes.get(name)
    if node is None:
        return None
    edges = sorted(str(edge) for edge in workflow.edges if edge.target == name)
    return node.type, dict(node.config), node.disabled, node.policy.join, node.body, edges


def _references(node: Node, specs: Specs) -> set[Reference]:
    """Everything that a node's expressions look at, those of its body too, but for the nodes in it."""
    spec = specs.spec(node.type_id, node.type_version)
    config = compile_value(dict(node.config)) if spec is None else compile_config(node.config, spec.schema)
    found = set(config.references)
    if node.body is not None:
        inner = {one for each in node.body.nodes.values() for one in _references(each, specs)}
        found |= {one for one in inner if one.root != "nodes" or one.name not in node.body.nodes}
    return found


def _outlets(node: Node, specs: Specs) -> tuple[str, ...]:
    spec = specs.spec(node.type_id, node.type_version)
    return (*(() if spec is None else (one.name for one in spec.outlets_of(node.config))), "error")


def _effect(node: Node, specs: Specs) -> Effect:
    spec = specs.spec(node.type_id, node.type_version)
    own: Effect = "write" if spec is None or spec.id == _CALL else spec.effect_of(node.config)
    inner = () if node.body is None else [_effect(one, specs) for one in node.body.nodes.values()]
    return max([own, *inner], key=_EFFECTS.index)

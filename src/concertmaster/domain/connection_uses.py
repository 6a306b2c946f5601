"""Where a workflow names connections: in configs of nodes, containers included, and of triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from concertmaster.domain.expression_parse import has_expression
from concertmaster.domain.expression_schema import SchemaView
from concertmaster.domain.problems import pointer
from concertmaster.domain.spec import NodeSpec, Specs
from concertmaster.domain.workflow import Node, Workflow


@dataclass(frozen=True, slots=True)
class ConnectionUse:
    """One place that names a connection; `pointer` is into the workflow document."""

    connection: str
    pointer: str


def connection_uses(workflow: Workflow, specs: Specs) -> Iterator[ConnectionUse]:
    """Every place. A name that an expression computes, or that code asks for by itself, cannot be seen."""
    yield from _in_nodes(workflow.nodes, specs, "/nodes")
    for name, trigger in workflow.triggers.items():
        named = trigger.config.get("connection")
        if isinstance(named, str):
            yield ConnectionUse(named, "/triggers" + pointer(name, "config", "connection"))


def _in_nodes(nodes: Mapping[str, Node], specs: Specs, at: str) -> Iterator[ConnectionUse]:
    for name, node in nodes.items():
        spec = specs.spec(node.type_id, node.type_version)
        for key, value in node.config.items():
            if isinstance(value, str) and not has_expression(value) and _is_connection(spec, key):
                yield ConnectionUse(value, at + pointer(name, "config", key))
        if node.body is not None:
            yield from _in_nodes(node.body.nodes, specs, at + pointer(name, "body", "nodes"))


def _is_connection(spec: NodeSpec | None, key: str) -> bool:
    if spec is None:
        # Of a type that is gone nobody can tell; this is what its field is called nearly always.
        return key == "connection"
    return any(schema.get("format") == "connection" for schema in SchemaView.of(spec.schema).property(key).candidates)

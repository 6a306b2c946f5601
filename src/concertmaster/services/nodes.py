"""Node types: what the palette, the forms and the reference show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import NotFound
from concertmaster.domain.near_miss import hint
from concertmaster.domain.problems import Problem
from concertmaster.domain.spec import NodeSpec, OutletSpec
from concertmaster.domain.validation import validate
from concertmaster.domain.workflow import Node, Workflow
from concertmaster.nodes.registry import Registry

_PROBE = "node"
_CONFIG_AT = f"/nodes/{_PROBE}/config"


class NodeTypeService:
    """Use cases around the registry."""

    def __init__(self, registry: Callable[[], Registry]) -> None:
        self._registry = registry

    def list(self, actor: Actor) -> list[dict[str, Any]]:
        """Every node type in its newest version, by id."""
        demand(actor, "registry:read")
        return [describe(type_.spec) for type_ in self._registry().newest()]

    def get(self, actor: Actor, type_id: str, *, version: int | None = None) -> dict[str, Any]:
        """One node type, the newest version when none is given. Raises NotFound `node_type.not_found`."""
        demand(actor, "registry:read")
        return describe(self._spec(type_id, version))

    def validate(self, actor: Actor, type_id: str, config: Mapping[str, Any]) -> list[Problem]:
        """Check one node's config, with pointers relative to it. Raises NotFound `node_type.not_found`."""
        demand(actor, "registry:read")
        spec = self._spec(type_id, None)
        # A document of this one node: config is then checked by the very rules that check documents.
        workflow = Workflow("probe", nodes={_PROBE: Node(spec.reference, config)})
        found = validate(workflow, self._registry(), connections=None)
        return [
            replace(problem, pointer=problem.pointer.removeprefix(_CONFIG_AT))
            for problem in found
            if problem.pointer.startswith(_CONFIG_AT)
        ]

    def state(self, actor: Actor) -> dict[str, Any]:
        """How the registry was loaded: sources, and what is quarantined with its traceback."""
        demand(actor, "registry:read")
        return {"mode": "dynamic", "sources": [source.as_json() for source in self._registry().sources]}

    def _spec(self, type_id: str, version: int | None) -> NodeSpec:
        registry = self._registry()
        spec = registry.spec(type_id, version)
        if spec is None:
            named = type_id if version is None else f"{type_id}@{version}"
            raise NotFound("node_type.not_found", f"There is no node type {named}{hint(type_id, registry.ids())}")
        return spec


def describe(spec: NodeSpec) -> dict[str, Any]:
    """`NodeType` of the REST contract."""
    return {
        "id": spec.id,
        "version": spec.version,
        "category": spec.category,
        "title": spec.title,
        "description": spec.description,
        "docs": spec.docs,
        "icon": spec.icon,
        "tags": list(spec.tags),
        "ports": [
            {"name": port.name, "type": port.type.as_json(), "required": port.required, "implicit": port.implicit}
            for port in spec.ports
        ],
        "any_port": spec.any_port is not None,
        "any_port_type": None if spec.any_port is None else spec.any_port.as_json(),
        "outlets": [_outlet(outlet) for outlet in spec.outlets],
        "dynamic_outlets": spec.dynamic_outlets,
        "schema": dict(spec.schema),
        "effect": spec.effect,
        "idempotent": spec.idempotent,
        "isolation": spec.isolation,
        "summary_field": spec.summary_field,
        "example": spec.example,
        "container": spec.container,
        "status": "active",
    }


def _outlet(outlet: OutletSpec) -> dict[str, Any]:
    return {"name": outlet.name, "type": outlet.type.as_json(), "passthrough": outlet.passthrough}

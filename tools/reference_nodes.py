"""The page of the built-in node types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from reference_markdown import code, literal, table, type_words

from concertmaster.domain.ports import PortType
from concertmaster.domain.spec import NodeSpec
from concertmaster.nodes.loader import builtin_registry

EFFECTS = {
    "none": "same input, same output",
    "read": "looks at the world, changes nothing",
    "write": "changes the world",
}
REPEATED = "idempotent: an interrupted write is repeated with the same key, and may be retried"
NOT_REPEATED = "not idempotent: an interrupted write is left to a person, and retried only when nothing was sent"
INTRODUCTION = """\
# Node types

The built-in node types, by category. Those of your own workspace are in `concertmaster nodes list`, and
`concertmaster nodes show TYPE` prints any of them like this page does.

Every node also has an optional input `in`, even where none is listed: an edge to it orders the nodes and fills
`{{ input }}`. And every node has the outlet `error`, which is taken when it fails for good. A document says
`type: table.sql`; saving makes it `table.sql@1`.
"""


def nodes_page() -> str:
    """Markdown of all built-ins in their newest versions."""
    registry = builtin_registry()
    specs = sorted(registry.newest(), key=lambda spec: (spec.category, spec.id))
    overview = table(
        ["type", "what it does"], [(f"[`{spec.id}`](#{spec.id.replace('.', '')})", spec.description) for spec in specs]
    )
    return "\n".join([INTRODUCTION, overview, *(_section(spec) for spec in specs)])


def _section(spec: NodeSpec) -> str:
    parts = [f"## {spec.id}", spec.docs, _facts(spec), _fields(spec.schema) or "No config.\n"]
    if spec.example:
        parts.append(f"```yaml\n{spec.example.strip()}\n```\n")
    for name, model in cast("Mapping[str, Mapping[str, Any]]", spec.schema.get("$defs") or {}).items():
        parts.extend([f"### {name}", str(model.get("description", "")), _fields(model)])
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _fields(schema: Mapping[str, Any]) -> str:
    """The table of an object's properties; "" where it has none."""
    properties = cast("Mapping[str, Mapping[str, Any]]", schema.get("properties") or {})
    required = cast("list[str]", schema.get("required") or [])
    rows = [
        (
            code(name),
            type_words(field),
            "required" if name in required else literal(field.get("default")),
            str(field.get("description", "")),
        )
        for name, field in properties.items()
    ]
    return table(["config", "type", "default", "meaning"], rows)


def _facts(spec: NodeSpec) -> str:
    inputs = [f"`{port.name}` ({_kind(port.type)}{'' if port.required else ', optional'})" for port in _shown(spec)]
    if spec.any_port is not None:
        inputs.append(f"any other name ({_kind(spec.any_port)})")
    outlets = [f"`{one.name}` ({'as on `in`' if one.passthrough else _kind(one.type)})" for one in spec.outlets]
    if spec.dynamic_outlets:
        outlets.insert(0, f"one for each key of `{spec.dynamic_outlets}` (as on `in`)")
    effect = f"`{spec.effect}`: {EFFECTS[spec.effect]}"
    if spec.effect_by is not None:
        field, reading = spec.effect_by
        effect += f"; `read` where `{field}` is {', '.join(sorted(reading))}"
    if spec.effect == "write":
        effect += f"; {REPEATED if spec.idempotent else NOT_REPEATED}"
    if spec.idempotent_by is not None:
        field, repeatable = spec.idempotent_by
        effect += f", unless `{field}` is {' or '.join(sorted(repeatable))}"
    facts = [("Inputs", ", ".join(inputs) or "none"), ("Outlets", ", ".join(outlets)), ("Effect", effect)]
    return "\n".join(f"- **{name}:** {value}" for name, value in facts)


def _shown(spec: NodeSpec) -> list[Any]:
    return [port for port in spec.ports if not port.implicit]


def _kind(type_: PortType) -> str:
    return f"{type_.kind}, several edges" if type_.many else type_.kind

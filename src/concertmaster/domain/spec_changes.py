"""What differs between two versions of a node type, and whether configs and wires of the former still fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from concertmaster.domain.problems import pointer
from concertmaster.domain.spec import NodeSpec

# They tell people something and refuse nothing.
_WORDS = frozenset({"title", "description", "default", "examples", "deprecated", "$comment", "x-options"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        pointer: into the description of a node type (`/schema/properties/path`, `/ports/in`, `/outlets/out`).
        breaking: a config or a wire that was right may be wrong now.
    """

    pointer: str
    message: str
    breaking: bool

    def as_json(self) -> dict[str, Any]:
        """The form used by REST."""
        return {"pointer": self.pointer, "message": self.message, "breaking": self.breaking}


def spec_changes(old: NodeSpec, new: NodeSpec) -> list[Change]:
    """The differences in config, ports and outlets, in this order; texts, icons and defaults do not break anything."""
    return [*_config(old.schema, new.schema), *_ports(old, new), *_outlets(old, new)]


def _config(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _properties(old), _properties(new)
    needed, needs = set(_required(old)), set(_required(new))
    for name in before:
        at = pointer("schema", "properties", name)
        if name not in after:
            yield Change(at, f"the field '{name}' is gone", True)
            continue
        was, now = _inlined(before[name], old), _inlined(after[name], new)
        if _rules(was) != _rules(now):
            yield Change(at, f"the field '{name}' takes other values: {_brief(was)} became {_brief(now)}", True)
        elif name in needs - needed:
            yield Change(at, f"the field '{name}' is required now", True)
        elif name in needed - needs:
            yield Change(at, f"the field '{name}' may be left out now", False)
        elif was.get("default") != now.get("default"):
            told = f"{json.dumps(was.get('default'))} became {json.dumps(now.get('default'))}"
            yield Change(at, f"the default of '{name}' is another: {told}", False)
    for name in after:
        if name not in before:
            need = "required" if name in needs else "optional"
            at = pointer("schema", "properties", name)
            yield Change(at, f"the {need} field '{name}' is new", name in needs)


def _ports(old: NodeSpec, new: NodeSpec) -> Iterator[Change]:
    before = {port.name: port for port in old.ports}
    after = {port.name: port for port in new.ports}
    for name, port in before.items():
        at, now = pointer("ports", name), new.port(name)
        if now is None:
            yield Change(at, f"the port '{name}' is gone", True)
        elif port.type != now.type:
            yield Change(at, f"the port '{name}' takes {now.type.kind} instead of {port.type.kind}", True)
        elif now.required and not port.required:
            yield Change(at, f"the port '{name}' is required now", True)
    for name, port in after.items():
        if old.port(name) is None:
            need = "required" if port.required else "optional"
            yield Change(pointer("ports", name), f"the {need} port '{name}' is new", port.required)


def _outlets(old: NodeSpec, new: NodeSpec) -> Iterator[Change]:
    before = {outlet.name: outlet for outlet in old.outlets}
    after = {outlet.name: outlet for outlet in new.outlets}
    for name, outlet in before.items():
        at = pointer("outlets", name)
        if name not in after:
            yield Change(at, f"the outlet '{name}' is gone", True)
        elif (outlet.type, outlet.passthrough) != (after[name].type, after[name].passthrough):
            yield Change(at, f"the outlet '{name}' gives {after[name].type.kind} instead of {outlet.type.kind}", True)
    for name in after:
        if name not in before:
            yield Change(pointer("outlets", name), f"the outlet '{name}' is new", False)


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return cast("Mapping[str, Mapping[str, Any]]", schema.get("properties") or {})


def _required(schema: Mapping[str, Any]) -> list[str]:
    return cast("list[str]", schema.get("required") or [])


def _inlined(value: Any, whole: Mapping[str, Any], above: frozenset[str] = frozenset()) -> Any:
    """A part of a schema with its references into `$defs` filled in; one into itself stays."""
    if isinstance(value, list):
        return [_inlined(item, whole, above) for item in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    entries = dict(cast("Mapping[str, Any]", value))
    name = str(entries.get("$ref", "")).removeprefix("#/$defs/")
    known = cast("Mapping[str, Any]", whole.get("$defs") or {})
    if name in known and name not in above:
        del entries["$ref"]
        entries = {**known[name], **entries}
        above = above | {name}
    return {key: _inlined(item, whole, above) for key, item in entries.items()}


def _rules(value: Any, *, names: bool = False) -> Any:
    """What of a schema can refuse a value; below `properties` the keys are names of fields, not words of schemas."""
    if isinstance(value, list):
        return [_rules(item) for item in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    entries = cast("Mapping[str, Any]", value)
    return {
        key: _rules(item, names=key == "properties" and not names)
        for key, item in entries.items()
        if names or (key not in _WORDS and not key.startswith("x-"))
    }


def _brief(schema: Any) -> str:
    text = json.dumps(_rules(schema), ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."

"""Checks of configs: JSON Schema, expressions and code that do not compile, connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from posixpath import normpath
from typing import Any, cast

from concertmaster.domain.code_check import code_faults
from concertmaster.domain.expression import Reference, compile_config
from concertmaster.domain.expression_parse import has_expression
from concertmaster.domain.expression_schema import SchemaView
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.problems import Problem, Severity, pointer
from concertmaster.domain.schemas import Openness, Path, faults, fits_schema
from concertmaster.domain.spec import NodeSpec
from concertmaster.domain.validation_scope import Scope

Connections = Callable[[str], str | None]


def check_config(spec: NodeSpec, config: Mapping[str, Any], *, connections: Connections | None = None) -> list[Problem]:
    """The problems of a config on its own; pointers are relative to it (`/query`)."""
    findings = Findings()
    report_config(spec, config, findings, at="", severity="error", connections=connections)
    return findings.problems()


def check_configs(
    scope: Scope, findings: Findings, *, connections: Connections | None
) -> dict[str, frozenset[Reference]]:
    """Report the problems of every config of a scope; give what the expressions of each node refer to."""
    references: dict[str, frozenset[Reference]] = {}
    for name, spec in scope.specs.items():
        at, severity = scope.node_at(name, "config"), scope.severity(name)
        config = scope.nodes[name].config
        found = report_config(spec, config, findings, at=at, severity=severity, connections=connections)
        if found:
            references[name] = found
        if not scope.graph.incoming[name]:
            for field in _wanted_without_wires(spec.schema) - config.keys():
                message = f"`{field}` is required where nothing is wired in ({spec.id})"
                place = at + pointer(field)
                findings.add(severity, "config.missing", place, message, fix=f"Add `{field}`, or wire something in")
    return references


def _wanted_without_wires(schema: Mapping[str, Any]) -> frozenset[str]:
    """The fields that stand in for what might be wired in."""
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return frozenset(name for name, field in properties.items() if field.get("x-required-unless-wired"))


def report_config(
    spec: NodeSpec,
    config: Mapping[str, Any],
    findings: Findings,
    *,
    at: str,
    severity: Severity,
    connections: Connections | None,
) -> frozenset[Reference]:
    """Report the problems of one config, which stands at the pointer `at`; give what its expressions refer to."""
    if not fits_schema(spec.schema, config):
        unknown = dict(_open_values(config, SchemaView.of(spec.schema), ()))
        for fault in faults(spec.schema, config, unknown=unknown):
            place = at + pointer(*fault.path)
            findings.add(severity, f"config.{fault.kind}", place, f"{fault.message} ({spec.id})", fix=fault.fix)
    if connections is not None:
        _check_connections(spec, config, findings, at=at, severity=severity, connections=connections)
    _check_paths(SchemaView.of(spec.schema), config, (), findings, at=at, severity=severity)
    for name, fault in code_faults(spec.schema, config):
        findings.add(severity, fault.kind, at + pointer(name), f"{fault.message} ({spec.id})")
    if not has_expressions(config):
        return frozenset()
    compiled = compile_config(config, spec.schema)
    for problem in compiled.problems:
        findings.add(severity, problem.code, at + problem.pointer, problem.message)
    return compiled.references


def has_expressions(value: Any) -> bool:
    """Whether a `{{` stands anywhere in the value."""
    if isinstance(value, str):
        return has_expression(value)
    if isinstance(value, Mapping):
        return any(has_expressions(item) for item in cast("Mapping[str, Any]", value).values())
    return isinstance(value, list | tuple) and any(has_expressions(item) for item in cast("list[Any]", value))


def _open_values(value: Any, view: SchemaView, path: Path) -> Iterator[tuple[Path, Openness]]:
    """The values that expressions will give. One expression alone may give anything, one within text gives text."""
    if view.literal:
        return
    if isinstance(value, str):
        if has_expression(value):
            bare = value.strip()
            alone = bare.startswith("{{") and bare.endswith("}}") and not view.sql
            yield path, "any" if alone else "text"
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from _open_values(item, view.property(key), (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _open_values(item, view.item(index), (*path, index))


def _check_paths(view: SchemaView, value: Any, path: Path, findings: Findings, *, at: str, severity: Severity) -> None:
    """Report the paths that lead out of the workspace wherever it is."""
    if isinstance(value, str):
        is_path = any(schema.get("format") == "path" for schema in view.candidates)
        if is_path and not has_expression(value) and normpath(value).split("/")[0] == "..":
            message = f"{brief(value)} leads out of the workspace"
            fix = "Write a path relative to the workspace folder, and put the file there"
            findings.add(severity, "config.path", at + pointer(*path), message, fix=fix)
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            _check_paths(view.property(key), item, (*path, key), findings, at=at, severity=severity)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[Any]", value)):
            _check_paths(view.item(index), item, (*path, index), findings, at=at, severity=severity)


def _check_connections(
    spec: NodeSpec,
    config: Mapping[str, Any],
    findings: Findings,
    *,
    at: str,
    severity: Severity,
    connections: Connections,
) -> None:
    view = SchemaView.of(spec.schema)
    for key, name in config.items():
        if not isinstance(name, str) or has_expression(name):
            continue
        fields = [schema for schema in view.property(key).candidates if schema.get("format") == "connection"]
        if not fields:
            continue
        wanted: Any = next((schema["x-connection"] for schema in fields if schema.get("x-connection")), None)
        found, place = connections(name), at + pointer(key)
        if found is None:
            kind = f" --type {wanted if isinstance(wanted, str) else wanted[0]}" if wanted else ""
            fix = f"Add it: `concertmaster connection add {name}{kind}`"
            findings.add(severity, "connection.missing", place, f"there is no connection {brief(name)!r}", fix=fix)
        elif wanted and found not in ([wanted] if isinstance(wanted, str) else wanted):
            needed = wanted if isinstance(wanted, str) else " or ".join(wanted)
            message = f"the connection {brief(name)!r} is of type {found}; {spec.id} needs {needed}"
            fix = f"Name a connection of type {needed}"
            findings.add(severity, "connection.type", place, message, fix=fix)

"""What a description shows without running anything: the schema, the defaults, the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from concertmaster.cli.authoring.findings import Finding
from concertmaster.domain.problems import pointer
from concertmaster.domain.schemas import faults, schema_faults
from concertmaster.domain.spec_json import spec_from_json, spec_to_json
from concertmaster.nodes.description import TypeDescription

Schema = Mapping[str, Any]
CALL = "\n>>> "
# What makes a node type good, and what it works without.
STYLE = frozenset({"docs.missing", "docs.field", "docs.example"})


def findings_of(type_: TypeDescription) -> Iterator[Finding]:
    """Everything that is wrong with a description."""
    yield from _schema(type_)
    yield from _docs(type_)


def has_calls(type_: TypeDescription) -> bool:
    """Whether its documentation shows calls (`>>> `)."""
    return CALL in type_.spec.docs


def _finding(type_: TypeDescription, code: str, message: str, fix: str, at: str = "") -> Finding:
    return Finding(code, message, fix, type_.spec.reference, type_.file, type_.line, at)


def _schema(type_: TypeDescription) -> Iterator[Finding]:
    spec = type_.spec
    for fault in schema_faults(spec.schema):
        told = f"the schema of the config is no valid JSON Schema (2020-12): {fault.message}"
        yield _finding(type_, "schema.invalid", told, "correct `json_schema_extra`", pointer(*fault.path))
    definitions = _definitions(spec.schema)
    for at, field in _fields(spec.schema):
        if "default" not in field or (field["default"] is None and not type_.function):
            # In a declaration null only says that the field may be left out.
            continue
        whole = {**{key: value for key, value in field.items() if key != "default"}, "$defs": definitions}
        for fault in faults(whole, field["default"]):
            told = f"the default {field['default']!r} does not fit the field: {fault.message}"
            yield _finding(type_, "schema.default", told, "give a default that the field takes, or none", at)
            break
    for outlet in spec.outlets:
        for fault in schema_faults(outlet.type.schema) if outlet.type.schema is not None else ():
            told = f"the type of the outlet '{outlet.name}' has no valid JSON Schema: {fault.message}"
            yield _finding(type_, "schema.outlet", told, "return another type")
    if spec_to_json(spec_from_json(spec_to_json(spec))) != spec_to_json(spec):
        told = "its description is another after it went through JSON"
        yield _finding(type_, "serialisation.description", told, "use defaults that JSON can hold")


def _docs(type_: TypeDescription) -> Iterator[Finding]:
    spec, declared = type_.spec, not type_.function
    if not spec.description:
        fix = "add `description: ...`" if declared else "begin the docstring with a sentence that says what it does"
        yield _finding(type_, "docs.missing", "it does not say what it does", fix)
    for at, field in _fields(spec.schema):
        if "const" in field or _described(field, spec.schema):
            continue
        name = at.rpartition("/")[2]
        fix = f"add `description: ...` to `{name}`" if declared else f"describe `{name}` under `Args:` in the docstring"
        if "/$defs/" in at:
            fix = f"write `{name}: Annotated[..., Field(description=...)]`"
        yield _finding(type_, "docs.field", f"the field `{name}` is not documented", fix, at)
    if not spec.example and not has_calls(type_):
        fix = (
            "add `example:` with a workflow"
            if declared
            else "add `Examples:` with calls (`>>> ...`), or `Example:` with a workflow, to the docstring"
        )
        yield _finding(type_, "docs.example", "it has no example", fix)


def _fields(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Pointer and schema of every property: those of the config, and those of the models in it."""
    models = {"": schema, **{pointer("$defs", name): model for name, model in _definitions(schema).items()}}
    for at, model in models.items():
        for name, field in cast("Mapping[str, Schema]", model.get("properties") or {}).items():
            yield at + pointer("properties", name), field


def _definitions(schema: Schema) -> Mapping[str, Schema]:
    return cast("Mapping[str, Schema]", schema.get("$defs") or {})


def _described(field: Schema, root: Schema) -> bool:
    if field.get("description"):
        return True
    reference = str(field.get("$ref", ""))
    target = _definitions(root).get(reference.removeprefix("#/$defs/"), {})
    return bool(reference and target.get("description"))

"""JSON Schema: compiled once per schema object, and its errors in words that name the place and the remedy."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import jsonschema_rs

from concertmaster.domain.durations import parse_duration
from concertmaster.domain.findings import Fix, brief
from concertmaster.domain.near_miss import one_of
from concertmaster.domain.plain_json import plain, type_word

Path = tuple[str | int, ...]
Openness = Literal["any", "text"]
"""What an expression may turn a value into: anything, or text of unknown content."""

_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
# Keywords about a whole list or mapping whose answer may change with a value that is not known yet.
_DEPENDS_ON_CONTENT = frozenset({"enum", "const", "contains", "not", "uniqueItems", "oneOf"})


_FORMATS = {
    "duration": "Write a number and a unit, like 90s, 15m, 1.5h, 2d, or PT1H30M",
    "date": "Write year, month and day, like 2026-01-31",
    "time": "Write it with its zone, like 09:30:00Z",
    "date-time": "Write date, time and zone, like 2026-01-31T09:30:00Z",
    "email": "Write an address like ada@example.com",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a value does not fit its schema; `kind` is the last word of the problem code."""

    path: Path
    kind: Literal["missing", "unknown_key", "invalid"]
    message: str
    fix: Fix = None


class _Same:
    """A schema by identity: a cache key that keeps it alive."""

    __slots__ = ("schema",)

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.schema is self.schema

    def __hash__(self) -> int:
        return id(self.schema)


def fits_schema(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether the value fits; everything fits a schema that is not valid itself."""
    validator = _compiled(_Same(schema))
    return not isinstance(validator, jsonschema_rs.Validator) or validator.is_valid(value)


def faults(schema: Mapping[str, Any], value: Any, *, unknown: Mapping[Path, Openness] | None = None) -> Iterator[Fault]:
    """Every fault of the value, in the order of the schema.

    Args:
        unknown: values that expressions will give; nothing is said of what they may turn into.
    """
    validator = _compiled(_Same(schema))
    if isinstance(validator, jsonschema_rs.Validator):
        for error in validator.iter_errors(value):
            if not _depends(error, unknown or {}):
                yield from _explain(error, schema, unknown or {})


def schema_faults(schema: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the schema itself; nothing is ever fetched for a `$ref`."""
    meta = jsonschema_rs.validator_for({"$ref": "https://json-schema.org/draft/2020-12/schema"}, offline=True)
    found: list[Fault] = []
    if "$schema" not in schema:
        rules: dict[str, Any] = {}
        for error in meta.iter_errors(plain(schema)):
            found.extend(_explain(error, rules, {}))
    compiled = _compiled(_Same(schema))
    if not found and not isinstance(compiled, jsonschema_rs.Validator):
        found.append(Fault((), "invalid", brief(compiled), "Use `$ref` only within the schema, as `#/$defs/...`"))
    return found


@functools.lru_cache(maxsize=4_096)
def _compiled(key: _Same) -> jsonschema_rs.Validator | str:
    """The validator, or why there is none."""
    try:
        return jsonschema_rs.validator_for(
            plain(key.schema), offline=True, validate_formats=True, formats={"duration": _is_duration}
        )
    except jsonschema_rs.ValidationError as error:
        return error.message
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        return str(error)


def _is_duration(text: Any) -> bool:
    try:
        parse_duration(str(text))
    except ValueError:
        return False
    return True


def _depends(error: jsonschema_rs.ValidationError, unknown: Mapping[Path, Openness]) -> bool:
    """Whether the error may go away once the expressions are computed."""
    if not unknown:
        return False
    path = tuple(error.instance_path)
    openness = unknown.get(path)
    if openness == "any":
        return True
    kind = cast("Any", error.kind)
    if openness == "text" and kind.name not in ("type", "anyOf", "oneOf"):
        return True
    if openness == "text" and kind.name == "type":
        return "string" in kind.types
    branches: list[list[jsonschema_rs.ValidationError]] | None = getattr(kind, "context", None)
    if branches and any(all(_depends(inner, unknown) for inner in branch) for branch in branches):
        return True
    return kind.name in _DEPENDS_ON_CONTENT and any(place[: len(path)] == path for place in unknown)


def _explain(
    error: jsonschema_rs.ValidationError, schema: Mapping[str, Any], unknown: Mapping[Path, Openness]
) -> Iterator[Fault]:
    path = tuple(error.instance_path)
    kind = cast("Any", error.kind)
    subject = _subject(path)
    match kind.name:
        case "required":
            name: str = kind.property
            yield Fault((*path, name), "missing", f"`{name}` is required", f"Add `{name}`")
        case "additionalProperties" | "unevaluatedProperties":
            known = _properties(schema, error)
            for name in cast("list[str]", kind.unexpected):
                fix = functools.partial(one_of, name, known) if known else "Remove it"
                yield Fault((*path, name), "unknown_key", f"unknown key {brief(name)!r}", fix)
        case "type":
            wanted = " or ".join(_WORDS.get(name, name) for name in cast("list[str]", kind.types))
            yield Fault(path, "invalid", f"{subject} must be {wanted}, not {type_word(error.instance)}")
        case "enum":
            yield _none_of(path, error.instance, [str(option) for option in cast("list[Any]", kind.options)])
        case "anyOf" | "oneOf" if branches := [
            [inner for inner in branch if not _depends(inner, unknown)] for branch in getattr(kind, "context", ())
        ]:
            yield from _explain_branches(error, branches, schema, unknown)
        case "format" if (fix := _FORMATS.get(kind.format)) is not None:
            shown = brief(str(error.instance), limit=100)
            yield Fault(path, "invalid", _about(path, f"{shown!r} is no {kind.format}"), fix)
        case _:
            yield Fault(path, "invalid", _about(path, brief(error.message)))


def _none_of(path: Path, given: Any, options: list[str]) -> Fault:
    fix = functools.partial(one_of, brief(str(given), limit=100), options)
    return Fault(path, "invalid", f"{_subject(path)} must be one of {brief(', '.join(options))}", fix)


def _about(path: Path, message: str) -> str:
    """A message that says itself what is wrong; a value that is looked at alone has its place from elsewhere."""
    return f"{_subject(path)}: {message}" if path else message


def _explain_branches(
    error: jsonschema_rs.ValidationError,
    branches: list[list[jsonschema_rs.ValidationError]],
    schema: Mapping[str, Any],
    unknown: Mapping[Path, Openness],
) -> Iterator[Fault]:
    """The branch that was probably meant: the one that agrees with the value on its type, and on the name it gives."""
    path = tuple(error.instance_path)
    wanted: list[str] = []
    alike: list[list[jsonschema_rs.ValidationError]] = []
    for branch in branches:
        types = [cast("Any", inner.kind).types for inner in branch if _is_type_error(inner, path)]
        if types:
            wanted.extend(name for name in types[0] if name not in wanted)
        elif branch:
            alike.append(branch)
    named = [branch for branch in alike if not any(_is_other_name(inner, path) for inner in branch)]
    others = [inner for branch in alike for inner in branch if _is_other_name(inner, path)]
    if named:
        for inner in min(named, key=len):
            yield from _explain(inner, schema, unknown)
    elif others:
        place, given = tuple(others[0].instance_path), others[0].instance
        names = [str(cast("Any", inner.kind).expected_value) for inner in others if tuple(inner.instance_path) == place]
        yield _none_of(place, given, names)
    elif wanted:
        words = " or ".join(_WORDS.get(name, name) for name in wanted)
        yield Fault(path, "invalid", f"{_subject(path)} must be {words}, not {type_word(error.instance)}")
    else:
        yield Fault(path, "invalid", _about(path, brief(error.message)))


def _is_type_error(error: jsonschema_rs.ValidationError, path: Path) -> bool:
    return error.kind.name == "type" and tuple(error.instance_path) == path


def _is_other_name(error: jsonschema_rs.ValidationError, path: Path) -> bool:
    """Whether the value, or a word in it such as `expect`, names another branch."""
    return error.kind.name == "const" and tuple(error.instance_path)[:-1] in (path, path[:-1])


def _properties(schema: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> list[str]:
    """The names that the object at fault may have."""
    found: Any = schema
    for part in error.schema_path[:-1]:
        if isinstance(found, Mapping):
            found = cast("Mapping[Any, Any]", found).get(part)
        elif isinstance(found, list) and isinstance(part, int):
            found = cast("list[Any]", found)[part]
    properties: Any = cast("Mapping[str, Any]", found).get("properties") if isinstance(found, Mapping) else None
    return list(cast("Mapping[str, Any]", properties)) if isinstance(properties, Mapping) else []


def _subject(path: Path) -> str:
    if not path:
        return "it"
    last = path[-1]
    return f"`{brief(last, limit=60)}`" if isinstance(last, str) else f"item {last}"

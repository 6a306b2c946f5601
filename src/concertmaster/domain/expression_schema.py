"""What a config's JSON Schema says about expressions, place by place, through `anyOf`, `oneOf`, `allOf` and `$ref`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

Schema = Mapping[str, Any]
_MAX_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class SchemaView:
    """All schemas that may apply at one place.

    Attributes:
        candidates: references resolved, combinations flattened.
        literal: `x-expression: false` is said here.
        sql: `format: sql` is said here.
        per_item: `x-per-item: true` is said here.
    """

    root: Schema
    candidates: tuple[Schema, ...]
    literal: bool = False
    sql: bool = False
    per_item: bool = False

    @classmethod
    def of(cls, schema: Schema | None) -> SchemaView:
        """The view of a whole schema; None knows nothing, so everything is a template."""
        return _view(schema or {}, [schema] if schema else [])

    def property(self, name: str) -> SchemaView:
        """The view of an object's entry."""
        if not self.candidates:
            return self
        found: list[Any] = []
        for candidate in self.candidates:
            properties: Any = candidate.get("properties")
            if isinstance(properties, Mapping) and name in properties:
                found.append(cast("Schema", properties)[name])
                continue
            matching = list(_pattern_properties(candidate, name))
            found.extend(matching or [candidate.get("additionalProperties")])
        return _view(self.root, found)

    def item(self, index: int) -> SchemaView:
        """The view of a list's item."""
        if not self.candidates:
            return self
        found: list[Any] = []
        for candidate in self.candidates:
            prefix: Any = candidate.get("prefixItems")
            inside = isinstance(prefix, list) and index < len(cast("list[Any]", prefix))
            found.append(prefix[index] if inside else candidate.get("items"))
        return _view(self.root, found)


def _view(root: Schema, schemas: list[Any]) -> SchemaView:
    candidates = tuple(_flatten(root, schemas))
    literal = any(candidate.get("x-expression") is False for candidate in candidates)
    sql = any(candidate.get("format") == "sql" for candidate in candidates)
    per_item = any(candidate.get("x-per-item") is True for candidate in candidates)
    return SchemaView(root, candidates, literal, sql, per_item)


def _flatten(root: Schema, schemas: list[Any]) -> Iterator[Schema]:
    seen: set[int] = set()
    waiting = list(schemas)
    while waiting and len(seen) < _MAX_CANDIDATES:
        schema = waiting.pop(0)
        if not isinstance(schema, Mapping) or id(cast("Schema", schema)) in seen:
            continue
        one = cast("Schema", schema)
        seen.add(id(one))
        yield one
        if isinstance(one.get("$ref"), str):
            waiting.append(_resolve(root, one["$ref"]))
        for word in ("anyOf", "oneOf", "allOf"):
            if isinstance(one.get(word), list):
                waiting.extend(one[word])


def _resolve(root: Schema, reference: str) -> Any:
    """The part of the root schema that a local `$ref` names, None when there is none."""
    if not reference.startswith("#"):
        return None
    found: Any = root
    for part in reference[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        found = cast("Schema", found).get(key) if isinstance(found, Mapping) else None
    return found


def _pattern_properties(candidate: Schema, name: str) -> Iterator[Any]:
    patterns: Any = candidate.get("patternProperties")
    if isinstance(patterns, Mapping):
        for pattern, schema in cast("Schema", patterns).items():
            if re.search(pattern, name) is not None:
                yield schema

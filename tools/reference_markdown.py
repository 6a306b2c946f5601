"""Markdown for the generated reference: tables, and JSON Schema in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, or "" when there are no rows."""
    lines = [_row(cells) for cells in rows]
    if not lines:
        return ""
    return "\n".join([_row(headings), _row(["---"] * len(headings)), *lines]) + "\n"


def code(value: object) -> str:
    """Inline code; empty stays empty."""
    text = str(value)
    return f"`{text}`" if text else ""


def literal(value: object) -> str:
    """A JSON value as inline code."""
    return code(json.dumps(value, ensure_ascii=False))


def type_words(schema: Mapping[str, Any]) -> str:
    """The type that a JSON Schema describes, in words: `text`, `list of text`, `one of "a", "b"`."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return "one of " + ", ".join(literal(item) for item in schema["enum"])
    if "const" in schema:
        return literal(schema["const"])
    options = cast("list[Mapping[str, Any]]", schema.get("anyOf") or schema.get("oneOf") or [])
    if options:
        return " or ".join(dict.fromkeys(type_words(option) for option in options))
    return _plain(schema)


def _plain(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "any")
    if kind == "array":
        items = type_words(schema["items"]) if schema.get("items") else "anything"
        return f"list of {items}"
    if kind == "object" and schema.get("properties"):
        return "mapping of " + ", ".join(code(name) for name in schema["properties"])
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"mapping of names to {type_words(inner)}" if isinstance(inner, dict) and inner else "mapping"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "any": "any"}
    if isinstance(kind, list):
        return " or ".join(words.get(one, one) for one in cast("list[str]", kind))
    word = words.get(str(kind), str(kind))
    formats = {"sql": "SQL", "path": "path", "connection": "name of a connection", "duration": "duration"}
    word = formats.get(str(schema.get("format")), word)
    return word + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f", {low} to {high}"
    return f", at least {low}" if low is not None else f", at most {high}" if high is not None else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"

"""Reads JSON text, and data that came as JSON, under the same rules as YAML: bounded, no duplicate keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from concertmaster.domain.errors import Invalid
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.plain_json import MAX_DEPTH, canonical_number, type_word
from concertmaster.domain.problems import pointer


class _Object(dict[str, Any]):
    """An object as read, with the keys that stood in it more than once."""

    __slots__ = ("repeated",)
    repeated: list[str]


def read_json(text: str, findings: Findings) -> Any:
    """The value, or None (with an error among the findings) where it cannot be read."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        findings.error("document.syntax", "", f"line {error.lineno}, column {error.colno}: {error.msg}")
        return None
    except RecursionError:
        findings.error("document.too_deep", "", f"more than {MAX_DEPTH} levels", fix="Flatten the document")
        return None
    return check_json(value, findings)


def check_json(value: Any, findings: Findings) -> Any:
    """A deep copy in canonical form; what is not JSON becomes a problem and is left out."""
    return _check(value, (), findings)


def demand_json(value: Any, *, at: str, code: str, message: str) -> Any:
    """What came from outside as JSON can hold it: it may be nested too deep, and hold odd numbers and texts.

    Args:
        at: where it stands, for the places of the problems.
        message: followed by what is wrong.
    Raises:
        Invalid: with that code.
    """
    findings = Findings()
    plain = check_json({at: value}, findings)[at]
    if problems := findings.problems():
        raise Invalid(code, f"{message}: {problems[0].message}", problems)
    return plain


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object()
    result.repeated = []
    for key, value in pairs:
        if key in result:
            result.repeated.append(key)
        else:
            result[key] = value
    return result


def _integer(text: str) -> float:
    # Python refuses to read decimals of thousands of digits; as infinity it is refused in words below.
    return int(text) if len(text) <= 400 else float("inf")


def _check(value: Any, path: tuple[str | int, ...], findings: Findings) -> Any:
    if len(path) > MAX_DEPTH:
        findings.error("document.too_deep", pointer(*path), f"more than {MAX_DEPTH} levels", fix="Flatten the document")
        return None
    match value:
        case None | bool():
            return value
        case str():
            return _text(value, path, findings)
        case int() | float():
            return _number(value, path, findings)
        case Mapping():
            return _mapping(cast("Mapping[Any, Any]", value), path, findings)
        case list() | tuple():
            items = cast("list[Any]", value)
            return [_check(item, (*path, index), findings) for index, item in enumerate(items)]
        case _:
            message = f"a {type(value).__name__} is no JSON value"
            findings.error("document.type", pointer(*path), message, fix="Use text, numbers, booleans, lists, mappings")
            return None


def _mapping(value: Mapping[Any, Any], path: tuple[str | int, ...], findings: Findings) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            message = f"a key must be a text, not {type_word(key)}"
            findings.error("document.key", pointer(*path), message, fix="Put quotes around the key")
            continue
        name = _text(key, path, findings)
        result[name] = _check(item, (*path, name), findings)
    for key in value.repeated if isinstance(value, _Object) else ():
        message = f"the key {brief(key)!r} stands in this object a second time"
        findings.error("document.duplicate_key", pointer(*path, key), message, fix="Remove or rename one of the two")
    return result


def _text(text: str, path: tuple[str | int, ...], findings: Findings) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "the text holds half a surrogate pair, which is no character"
        findings.error("document.text", pointer(*path), message, fix="Remove the `\\ud8..` to `\\udf..` escape")
        return text.encode("utf-8", "replace").decode()
    return text


def _number(number: float, path: tuple[str | int, ...], findings: Findings) -> int | float:
    canonical = canonical_number(number)
    if canonical is None:
        fix = "Put quotes around it to make it a text"
        findings.error("document.number", pointer(*path), f"{number} is no number that JSON can hold", fix=fix)
        return 0
    return canonical

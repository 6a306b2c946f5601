"""JSON results: to plain data and back, and a message that names the place of what JSON cannot hold.

Beside plain JSON these have a form: tuples and sets (lists; sets sorted where their items can be), pydantic models,
dataclasses, enums, UUIDs, dates and times (ISO 8601), `timedelta` (`90s`), `Decimal` (text, as a float would round
it), paths (text), NumPy scalars, keys that are numbers or dates (text). NaN and infinities become null.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any, cast

import orjson
from pydantic import BaseModel

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.durations import format_duration
from concertmaster.domain.errors import UserError
from concertmaster.domain.problems import pointer
from concertmaster.domain.values import INLINE_LIMIT_BYTES, JsonValue

_OPTIONS = orjson.OPT_UTC_Z
_MAX_DEPTH = 200
_SHOWN_DEPTH = 5
# Whoever reads a JSON value has the whole of it in memory, several times over.
LARGEST_BYTES = 256 * 1024 * 1024
# An escaped character has 6 bytes in UTF-8, a number at most 24.
_SMALL = INLINE_LIMIT_BYTES // 8
_LEAF = 4
_REMEDIES = {
    "Secret": "a secret never leaves a node; return something else",
    "Table": "return the table through an outlet of its own",
    "File": "return the file through an outlet of its own",
    "LazyFrame": "return the table through an outlet of its own",
    "DataFrame": "return the table through an outlet of its own",
    "bytes": "decode it to text, or write it to a file and return File(path)",
    "int": "it has more than 64 bits; return it as text",
    "str": "it has a lone surrogate; decode the text properly",
}


def encode_json(value: Any) -> bytes:
    """The JSON text of a result.

    Raises:
        UserError: `node.output_not_serialisable`, `details["pointer"]` is the place inside the value;
            `node.output_too_large`.
    """
    encoded = _encoded(value)
    if len(encoded) > LARGEST_BYTES:
        raise UserError(
            "node.output_too_large",
            f"The result has {len(encoded) / 2**20:,.0f} MiB as JSON, and {LARGEST_BYTES // 2**20} MiB is the limit; "
            "return a table (a frame, which is read in parts) or a File",
            size_bytes=len(encoded),
        )
    return encoded


def _encoded(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS)
    except TypeError:
        pass
    try:
        # Keys that are no text are rare and this option is slower, so it has its own try.
        return orjson.dumps(value, default=_plain, option=_OPTIONS | orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        parts, culprit = _find(value, (), error)
        if len(parts) >= _MAX_DEPTH:
            start = pointer(*parts[:_SHOWN_DEPTH])
            raise UserError(
                "node.output_not_serialisable",
                f"The result cannot be stored as JSON: at '{start}' there is a value of type "
                f"{type(culprit).__name__} nested more than {_MAX_DEPTH} levels deep, or that contains itself; "
                "return it flatter",
                pointer=start,
                type=type(culprit).__name__,
            ) from error
        name = type(culprit).__name__
        remedy = _REMEDIES.get(name, "return text, numbers, lists, dicts, or a data type (Table, File, a frame)")
        raise UserError(
            "node.output_not_serialisable",
            f"The result cannot be stored as JSON: at '{pointer(*parts)}' there is a value of type {name} "
            f"({error}); {remedy}",
            pointer=pointer(*parts),
            type=name,
        ) from error


def is_small(value: Any) -> bool:
    """Whether it is plain data that is encoded in no time and surely fits inline; looks no further than it must."""
    room, waiting = _SMALL, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            room -= len(item)
        elif isinstance(item, dict):
            entries = cast("dict[Any, Any]", item)
            room -= 2 * _LEAF * len(entries)
            if room >= 0:
                waiting.extend(entries)
                waiting.extend(entries.values())
        elif isinstance(item, list):
            elements = cast("list[Any]", item)
            room -= _LEAF * len(elements)
            if room >= 0:
                waiting.extend(elements)
        elif not (item is None or isinstance(item, bool | int | float)):
            return False
        if room < 0:
            return False
    return True


def save_json(value: Any, store: ArtifactStore) -> JsonValue:
    """Plain data, cut off from the node's own objects: inline when small, else an artifact."""
    if value is None:
        return JsonValue(None, None, 4)
    encoded = encode_json(value)
    if len(encoded) > INLINE_LIMIT_BYTES:
        return JsonValue(None, store.put_bytes(encoded), len(encoded))
    return JsonValue(orjson.loads(encoded), None, len(encoded))


def load_json(value: JsonValue, store: ArtifactStore) -> Any:
    """The data behind a value."""
    return value.data if value.artifact is None else orjson.loads(store.read_bytes(value.artifact))


def _plain(value: Any) -> Any:
    """What orjson asks for a type that it does not know."""
    match value:
        case BaseModel():
            return value.model_dump(mode="json")
        case Decimal():
            return str(value)
        case timedelta():
            return format_duration(value)
        case PurePath():
            return str(value)
        case tuple():
            return list(cast("tuple[Any, ...]", value))
        case AbstractSet():
            return _ordered(cast("AbstractSet[Any]", value))
        case Mapping():
            return dict(cast("Mapping[Any, Any]", value))
        case _:
            if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
                return value.tolist()
            raise TypeError(f"Type is not JSON serializable: {type(value).__name__}")


def _ordered(values: AbstractSet[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=repr)


def _find(value: Any, parts: tuple[str | int, ...], error: TypeError) -> tuple[tuple[str | int, ...], Any]:
    """The first innermost value that orjson refuses, with its path."""
    for key, item in _children(value) if len(parts) < _MAX_DEPTH else ():
        try:
            orjson.dumps(item, default=_plain, option=_OPTIONS | orjson.OPT_NON_STR_KEYS)
        except TypeError:
            return _find(item, (*parts, key), error)
    return parts, value


def _children(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in cast("Mapping[Any, Any]", value).items()]
    if isinstance(value, list | tuple):
        return list(enumerate(cast("list[Any]", value)))
    if isinstance(value, AbstractSet):
        return list(enumerate(_ordered(cast("AbstractSet[Any]", value))))
    if isinstance(value, BaseModel):
        return [(name, getattr(value, name)) for name in type(value).model_fields]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return []

"""Input, and reading annotations: which parameter is a data port, and what an outlet carries."""

from __future__ import annotations

import types
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import TypeAdapter

from concertmaster.data.kinds import TABLE_KINDS, Kind, kind_of_class, result_of_class
from concertmaster.domain.ports import ANY, PortType
from concertmaster.nodes.context import Outlet

T = TypeVar("T")


class InputMarker:
    """Marks a JSON data parameter; written as `Input[T]`."""


Input = Annotated[T, InputMarker()]
"""`Input[T]`: a parameter that takes JSON from a wire; `Input[Any]` takes anything as an unread handle."""

_STREAMS = frozenset({Iterator, Iterable, Generator, AsyncIterator, AsyncIterable, AsyncGenerator})


@dataclass(frozen=True, slots=True)
class DataType:
    """What the annotation of a data parameter says.

    Attributes:
        adapter: checks and converts a JSON value; None when anything goes.
    """

    kind: Kind
    port: PortType
    optional: bool = False
    many: bool = False
    adapter: TypeAdapter[Any] | None = None


def read_data_type(annotation: Any) -> DataType | None:
    """The data type behind an annotation, None for config.

    Raises:
        TypeError: it mixes a data type with something else.
    """
    inner, optional = _without_none(annotation)
    if get_origin(inner) is list and get_args(inner):
        item = read_data_type(get_args(inner)[0])
        if item is None:
            return None
        if item.many or item.optional:
            raise TypeError("a list of data takes plain items, such as list[Table]")
        return replace(item, many=True, optional=optional, port=replace(item.port, many=True))
    found = _single(inner)
    if found is None:
        if any(_single(part) for part in get_args(inner)):
            raise TypeError("a data type can be combined with None and list only")
        return None
    return replace(found, optional=optional)


def read_outlet_type(annotation: Any) -> PortType:
    """What a return annotation promises; `Outlet[T]` and streams count as their content."""
    inner, optional = _without_none(annotation)
    origin = get_origin(inner)
    if inner is Outlet or inner in (Any, None, type(None)):
        return PortType("json") if inner in (None, type(None)) else ANY
    if origin is Outlet or (origin in _STREAMS and read_outlet_type(get_args(inner)[0]).kind == "table"):
        return read_outlet_type(get_args(inner)[0])
    if origin is Annotated and any(isinstance(mark, InputMarker) for mark in get_args(inner)):
        return read_outlet_type(get_args(inner)[0])
    found = result_of_class(inner)
    if found is not None:
        return PortType(found)
    union = get_args(inner) if origin in (Union, types.UnionType) else ()
    parts: set[Literal["table", "file"] | None] = {result_of_class(part) for part in union} or {None}
    if None not in parts:
        only = parts.pop() if len(parts) == 1 else None
        return PortType(only) if only else ANY
    return ANY if len(parts) > 1 else PortType("json", json_schema_of(annotation if optional else inner))


def json_schema_of(annotation: Any) -> dict[str, Any] | None:
    """The JSON Schema of a type, None when pydantic cannot tell."""
    if annotation in (Any, object):
        return None
    try:
        return TypeAdapter(annotation).json_schema() or None
    except Exception:
        return None


def _single(annotation: Any) -> DataType | None:
    kind = kind_of_class(annotation)
    if kind is not None:
        return DataType(kind, PortType("table" if kind in TABLE_KINDS else "file"))
    if get_origin(annotation) is not Annotated:
        return None
    content, *marks = get_args(annotation)
    if not any(isinstance(mark, InputMarker) for mark in marks):
        return None
    if content in (Any, object):
        return DataType("handle", ANY)
    inside = read_data_type(content)
    if inside is not None:
        return inside
    adapter: TypeAdapter[Any] = TypeAdapter(content)
    return DataType("json", PortType("json", adapter.json_schema() or None), adapter=adapter)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """`X | None` to `X` and whether None was there; other unions come back without None."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if len(parts) == len(get_args(annotation)):
        return annotation, False
    return (parts[0] if len(parts) == 1 else Union[tuple(parts)]), True  # noqa: UP007

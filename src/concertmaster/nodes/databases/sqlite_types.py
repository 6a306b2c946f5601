"""Kinds of values of SQLite and types of Arrow, both ways; the table is in docs/how-to/databases.md."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal

import pyarrow as pa

from concertmaster.nodes.databases.rows import Convert, Field, as_json, is_nested, plain_type

_UNITS = timedelta(microseconds=1)


def field_of(name: str, kinds: set[str]) -> Field:
    """The Arrow type of a column with values of these kinds: one that holds them all."""
    if "blob" in kinds:
        return Field(name, pa.binary(), lambda value: value if isinstance(value, bytes) else str(value).encode())
    if "text" in kinds:
        return Field(name, pa.string(), str if len(kinds) > 1 else None)
    if "real" in kinds:
        return Field(name, pa.float64(), float if len(kinds) > 1 else None)
    return Field(name, pa.int64() if kinds else pa.null())


def sql_type(type_: pa.DataType) -> str:
    """The type of a column that is made for values of an Arrow type."""
    type_ = plain_type(type_)
    if pa.types.is_integer(type_) or pa.types.is_boolean(type_) or pa.types.is_duration(type_):
        return "INTEGER"
    if pa.types.is_floating(type_):
        return "REAL"
    return "BLOB" if pa.types.is_binary(type_) else "TEXT"


def convert(type_: pa.DataType) -> Convert | None:
    """What makes a value one of SQLite's four kinds."""
    if is_nested(type_):
        return as_json
    if pa.types.is_decimal(type_):
        return _decimal
    if pa.types.is_timestamp(type_):
        zone = type_.tz is not None
        return lambda value: (value.astimezone(UTC) if zone else value).isoformat(sep=" ")
    if pa.types.is_date(type_) or pa.types.is_time(type_):
        return lambda value: value.isoformat()
    if pa.types.is_duration(type_):
        return lambda value: value // _UNITS
    return None


def _decimal(value: Decimal) -> str:
    return format(value, "f")

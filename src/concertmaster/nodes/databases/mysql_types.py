"""Types of MySQL and of Arrow, both ways; the table is in docs/how-to/databases.md."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pymysql.constants import FIELD_TYPE, FLAG

from concertmaster import UserError
from concertmaster.nodes.databases.rows import Convert, Field, as_json, is_nested, plain_type

_BINARY = 63
_DIGITS = 38
_INTEGERS: dict[int, tuple[Any, Any]] = {
    FIELD_TYPE.TINY: (pa.int8(), pa.uint8()),
    FIELD_TYPE.SHORT: (pa.int16(), pa.uint16()),
    FIELD_TYPE.INT24: (pa.int32(), pa.uint32()),
    FIELD_TYPE.LONG: (pa.int32(), pa.uint32()),
    FIELD_TYPE.LONGLONG: (pa.int64(), pa.uint64()),
}
_TYPES: dict[int, Any] = {
    FIELD_TYPE.YEAR: pa.int16(),
    FIELD_TYPE.FLOAT: pa.float32(),
    FIELD_TYPE.DOUBLE: pa.float64(),
    FIELD_TYPE.DATE: pa.date32(),
    FIELD_TYPE.NEWDATE: pa.date32(),
    FIELD_TYPE.DATETIME: pa.timestamp("us"),
    FIELD_TYPE.TIMESTAMP: pa.timestamp("us", "UTC"),
    FIELD_TYPE.TIME: pa.duration("us"),
    FIELD_TYPE.BIT: pa.binary(),
    FIELD_TYPE.GEOMETRY: pa.binary(),
    FIELD_TYPE.NULL: pa.null(),
    FIELD_TYPE.JSON: pa.string(),
}
_SQL: dict[Any, str] = {
    pa.null(): "longtext",
    pa.bool_(): "boolean",
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.uint8(): "tinyint unsigned",
    pa.uint16(): "smallint unsigned",
    pa.uint32(): "int unsigned",
    pa.uint64(): "bigint unsigned",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.string(): "longtext",
    pa.binary(): "longblob",
    pa.date32(): "date",
    pa.date64(): "date",
    pa.time64("us"): "time(6)",
    pa.duration("us"): "time(6)",
}


def field_of(field: Any) -> Field:
    """The Arrow type of a column, from what the server says about it."""
    code, unsigned = field.type_code, bool(field.flags & FLAG.UNSIGNED)
    if code in _INTEGERS:
        return Field(field.name, _INTEGERS[code][unsigned])
    if code in (FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL):
        digits = field.length - (field.scale > 0) - (not unsigned)
        return Field(field.name, pa.decimal128(min(max(digits, field.scale, 1), _DIGITS), field.scale))
    if code in _TYPES:
        return Field(field.name, _TYPES[code])
    return Field(field.name, pa.binary() if field.charsetnr == _BINARY else pa.string())


def sql_type(type_: pa.DataType) -> str:
    """The type of a column that is made for values of an Arrow type."""
    type_ = plain_type(type_)
    if pa.types.is_decimal(type_):
        return f"decimal({type_.precision},{type_.scale})"
    if pa.types.is_timestamp(type_):
        return "datetime(6)"
    return "json" if is_nested(type_) else _SQL[type_]


def convert(type_: pa.DataType) -> Convert | None:
    """What makes a value one that the driver can write: times in UTC, lists and objects as JSON."""
    if is_nested(type_):
        return as_json
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        return lambda value: value.astimezone(UTC).replace(tzinfo=None)
    return None


def literal(value: Any) -> str:
    """A value as it stands in a statement of ours.

    Texts are written in hexadecimal digits, which end at the same place whatever the server makes of backslashes.

    Raises:
        UserError: `db.value`: infinities, and what is no number.
    """
    match value:
        case None:
            return "null"
        case str():
            return f"_utf8mb4 x'{value.encode().hex()}'"
        case bool() | int() | Decimal():
            return format(value, "d" if isinstance(value, int) else "f")
        case float():
            if not math.isfinite(value):
                raise UserError("db.value", f"MySQL has no number for {value}; make it null before")
            return repr(value) if "e" in repr(value) else f"{value!r}e0"
        case bytes():
            return f"x'{value.hex()}'" if value else "''"
        case datetime():
            return f"'{value.isoformat(sep=' ')}'"
        case date() | time():
            return f"'{value.isoformat()}'"
        case timedelta():
            return f"'{_clock(value)}'"
        case _:
            raise UserError("db.value", f"MySQL cannot store a value of type {type(value).__name__}")


def _clock(value: timedelta) -> str:
    """Hours may be more than a day's."""
    sign, left = ("-", -value) if value < timedelta() else ("", value)
    hours, left = divmod(left, timedelta(hours=1))
    minutes, left = divmod(left, timedelta(minutes=1))
    return f"{sign}{hours:02}:{minutes:02}:{left.seconds:02}.{left.microseconds:06}"

"""Types of PostgreSQL and of Arrow, both ways; the table is in docs/how-to/databases.md."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg.types.string import TextLoader

from concertmaster import UserError
from concertmaster.nodes.databases.adapter import TableColumn
from concertmaster.nodes.databases.rows import Convert, Field, as_json, is_nested, plain, plain_type

_TYPES: dict[str, Any] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "oid": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "interval": pa.duration("us"),
    "bytea": pa.binary(),
}
# psycopg makes objects of these; their text is what a table can hold.
_AS_TEXT = (
    "json", "jsonb", "uuid", "inet", "cidr", "timetz", "int4range", "int8range", "numrange", "daterange", "tsrange",
    "tstzrange", "int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange",
    "tstzmultirange",
)  # fmt: skip
_DIGITS, _SCALE = 38, 18
_STEP = Decimal(1).scaleb(-_SCALE)
_SQL: dict[Any, str] = {
    pa.null(): "text",
    pa.bool_(): "boolean",
    pa.int8(): "smallint",
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.uint8(): "smallint",
    pa.uint16(): "integer",
    pa.uint32(): "bigint",
    pa.uint64(): "numeric(20,0)",
    pa.float32(): "real",
    pa.float64(): "double precision",
    pa.string(): "text",
    pa.binary(): "bytea",
    pa.date32(): "date",
    pa.date64(): "date",
    pa.time64("us"): "time",
    pa.duration("us"): "interval",
}


def register(connection: psycopg.Connection[Any]) -> None:
    """Let the driver give what a table can hold."""
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)


def field_of(column: psycopg.Column, connection: psycopg.Connection[Any]) -> Field:
    """The Arrow type of a column; text for whatever is not in the table."""
    info = connection.adapters.types.get(column.type_code)
    if info is None:
        return Field(column.name, pa.string())
    element = _scalar(info.name, column.precision, column.scale)
    if info.array_oid == column.type_code and info.oid != column.type_code:
        type_, convert = element
        return Field(column.name, pa.list_(type_), None if convert is None else _each(convert))
    return Field(column.name, *element)


def _scalar(name: str, precision: int | None, scale: int | None) -> tuple[pa.DataType, Convert | None]:
    if name != "numeric":
        return _TYPES.get(name, pa.string()), None
    if precision is not None and scale is not None and 0 < precision <= _DIGITS and 0 <= scale <= precision:
        return pa.decimal128(precision, scale), None
    return pa.decimal128(_DIGITS, _SCALE), lambda value: cast("Decimal", value).quantize(_STEP)


def _each(convert: Convert) -> Convert:
    return lambda values: [None if value is None else convert(value) for value in values]


def sql_type(type_: pa.DataType) -> str:
    """The type of a column that is made for values of an Arrow type."""
    type_ = plain_type(type_)
    if pa.types.is_decimal(type_):
        return f"numeric({type_.precision},{type_.scale})"
    if pa.types.is_timestamp(type_):
        return "timestamp" if type_.tz is None else "timestamptz"
    if _is_list(type_) and not is_nested(type_.value_type):
        return sql_type(type_.value_type) + "[]"
    return "jsonb" if is_nested(type_) else _SQL[type_]


def csv_of(batch: pa.RecordBatch, columns: Sequence[TableColumn]) -> bytes:
    """Rows as COPY reads them: nothing for null, text always quoted.

    Raises:
        UserError: `db.value`: a text with NUL, which PostgreSQL cannot hold.
    """
    texts = [_text(plain(array), column) for array, column in zip(batch.columns, columns, strict=True)]
    out = io.BytesIO()
    table = pa.RecordBatch.from_arrays(texts, names=[str(number) for number in range(len(texts))])
    pa_csv.write_csv(table, out, pa_csv.WriteOptions(include_header=False))
    written = out.getvalue()
    if b"\0" in written:
        raise UserError("db.value", "A text holds the character NUL, which PostgreSQL cannot store; take it out")
    return written


def _text(array: pa.Array, column: TableColumn) -> pa.Array:
    """A column that the CSV writer can write and PostgreSQL reads."""
    type_ = array.type
    if pa.types.is_binary(type_):
        encoded = cast("pl.Series", pl.from_arrow(array)).bin.encode("hex")
        return ("\\x" + encoded).to_arrow().cast(pa.string())
    if pa.types.is_duration(type_):
        return pa.array([None if n is None else f"{n} us" for n in array.cast(pa.int64()).to_pylist()], pa.string())
    if not is_nested(type_):
        return array
    values: list[Any] = array.to_pylist()
    write = _array_text if column.array else as_json
    return pa.array([None if value is None else write(value) for value in values], pa.string())


def _array_text(value: Any) -> str:
    """A list as PostgreSQL writes arrays."""
    if isinstance(value, list):
        return "{" + ",".join(map(_array_text, cast("list[Any]", value))) + "}"
    if value is None:
        return "NULL"
    text = (
        "\\x" + value.hex() if isinstance(value, bytes) else as_json(value) if isinstance(value, dict) else str(value)
    )
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_list(type_: pa.DataType) -> bool:
    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_))

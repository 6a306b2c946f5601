"""Rows between drivers and Arrow: what a driver gives becomes typed batches, and batches become what a driver takes."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from concertmaster import UserError

Convert = Callable[[Any], Any]
_SHOWN = 60
_FIRST_ROWS = 1024
BATCH_ROWS = 16 * 1024
BATCH_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a result: its name, its Arrow type, and what makes the driver's values fit it."""

    name: str
    type: pa.DataType
    convert: Convert | None = None


def schema_of(fields: Sequence[Field]) -> pa.Schema:
    """The schema of a result.

    Raises:
        UserError: see `refuse_double`.
    """
    refuse_double([field.name for field in fields])
    return pa.schema([(field.name, field.type) for field in fields])


def refuse_double(names: Sequence[str]) -> None:
    """The columns of a table have names of their own.

    Raises:
        UserError: `sql.double_column`.
    """
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise UserError("sql.double_column", f"The result has two columns '{double}'; rename one of them with AS")


def batches_of(
    fetch: Callable[[int], Sequence[Sequence[Any]]], fields: Sequence[Field], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """All rows of a result, in batches of a bounded size whatever the size of a row.

    Args:
        fetch: gives the next rows, at most so many; none at the end.
    Raises:
        UserError: `db.value`, naming column and value.
    """
    wanted = _FIRST_ROWS
    while rows := fetch(wanted):
        batch = _batch_of(rows, fields, schema)
        yield batch
        wanted = rows_in(BATCH_BYTES, batch.nbytes, len(rows), most=BATCH_ROWS)


def rows_in(room: int, size: int, rows: int, *, most: int) -> int:
    """How many rows fit, when `rows` of them have a size; at least one."""
    return max(1, min(most, room * rows // max(1, size)))


def _batch_of(rows: Sequence[Sequence[Any]], fields: Sequence[Field], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays(
        [_array(field, list(column)) for field, column in zip(fields, columns, strict=True)], schema=schema
    )


def _array(field: Field, values: list[Any]) -> pa.Array:
    convert = field.convert
    try:
        if convert is not None:
            values = [None if value is None else convert(value) for value in values]
        return pa.array(values, field.type)
    except (pa.ArrowException, ArithmeticError, TypeError, ValueError) as error:
        raise _unfit(field, values, error) from error


def _unfit(field: Field, values: list[Any], error: Exception) -> UserError:
    shown = next((value for value in values if value is not None and not _fits(value, field)), None)
    return UserError(
        "db.value",
        f"The value {str(shown)[:_SHOWN]!r} of the column '{field.name}' does not fit the type {field.type} "
        f"({error}); cast the column in the query, to text if nothing else fits",
        column=field.name,
    )


def _fits(value: Any, field: Field) -> bool:
    try:
        pa.array([field.convert(value) if field.convert else value], field.type)
    except (pa.ArrowException, ArithmeticError, TypeError, ValueError):
        return False
    return True


def plain_type(type_: pa.DataType) -> pa.DataType:
    """A type as drivers know it: microseconds, no dictionaries, no large and view variants."""
    if pa.types.is_dictionary(type_):
        return plain_type(type_.value_type)
    if pa.types.is_timestamp(type_):
        return pa.timestamp("us", type_.tz)
    if pa.types.is_duration(type_):
        return pa.duration("us")
    if pa.types.is_time(type_):
        return pa.time64("us")
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_) or pa.types.is_binary_view(type_):
        return pa.binary()
    if pa.types.is_float16(type_):
        return pa.float32()
    return type_


def plain(column: pa.Array) -> pa.Array:
    """A column in its plain type; what is finer than microseconds is cut off."""
    wanted = plain_type(column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if column.type.equals(wanted) else column.cast(wanted, safe=False)


def is_nested(type_: pa.DataType) -> bool:
    """Whether values are lists or objects."""
    return bool(pa.types.is_nested(type_))


def as_json(value: Any) -> str:
    """A list or object as JSON text."""
    return json.dumps(value, ensure_ascii=False, default=_json_value)


def _json_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def converted(batch: pa.RecordBatch, converts: Callable[[pa.DataType], Convert | None]) -> list[tuple[Any, ...]]:
    """The rows of a batch as a driver takes them.

    Args:
        converts: what makes a value of a type one for the driver, None where Python's own is right.
    """
    columns: list[list[Any]] = []
    for column in map(plain, batch.columns):
        convert = converts(column.type)
        values: list[Any] = column.to_pylist()
        columns.append(values if convert is None else [None if v is None else convert(v) for v in values])
    return list(zip(*columns, strict=True))

"""Conditions on the rows of a table, as people write them in an address: `column:op:value`, a closed form.

The value is read by the column's type, so `people:gt:9` compares numbers and `at:lt:2024-03-01` times. Whatever has an
order is compared as whole numbers of its smallest unit: `people:lt:2.5` and a decimal with more digits than the column
has are exact, and nothing overflows. What a page shows as empty (null, and what is not a number) is `null`, fits no
other comparison but `ne`, and is different from everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import orjson
import polars as pl

from concertmaster.data.parquet import type_word
from concertmaster.data.where_values import Ordered, ordered
from concertmaster.domain.errors import UserError
from concertmaster.domain.near_miss import hint

OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge", "contains", "starts", "ends", "in", "null", "not_null")
MAX_CONDITIONS = 20
MAX_CHOICES = 100
MAX_CHARACTERS = 4_000

_ORDER = ("lt", "le", "gt", "ge")
_OF_TEXT = ("contains", "starts", "ends")
Schema = Mapping[str, pl.DataType]


def predicate(where: Sequence[str], schema: Schema) -> pl.Expr | None:
    """What lets a row through that meets all conditions; None without any.

    Args:
        where: of `column:op:value`, or `column:null` and `column:not_null`.
    Raises:
        UserError: `where.invalid`, `where.unfit`, `where.bad_value`, `where.too_many`, `table.unknown_column`.
    """
    if len(where) > MAX_CONDITIONS or any(len(text) > MAX_CHARACTERS for text in where):
        raise UserError(
            "where.too_many", f"There may be {MAX_CONDITIONS} conditions of {MAX_CHARACTERS:,} characters; use fewer"
        )
    found = [_condition(text, schema) for text in where]
    return pl.all_horizontal(found) if found else None


def unknown_column(name: str, columns: Iterable[str]) -> UserError:
    """The error for a column that a table does not have."""
    known = list(columns)
    there = ", ".join(known[:50]) + (f" and {len(known) - 50} more" if len(known) > 50 else "")
    return UserError(
        "table.unknown_column", f"No column '{name[:200]}'{hint(name, known)}; there are: {there}", column=name
    )


def _condition(text: str, schema: Schema) -> pl.Expr:
    name, op, value = _parts(text, schema)
    cell, dtype = pl.col(name), schema[name]
    empty = cell.is_null() | cell.is_nan() if dtype.is_float() else cell.is_null()
    if op in ("null", "not_null"):
        if value is not None:
            raise UserError("where.invalid", f"'{op}' takes no value: write {name}:{op}")
        return empty if op == "null" else ~empty
    if value is None:
        raise UserError("where.invalid", f"'{op}' needs a value: write {name}:{op}:VALUE")
    if op == "in":
        return pl.any_horizontal([_choice(name, dtype, one, empty) for one in _choices(name, value)])
    return _compared(name, dtype, op, value, empty)


def _parts(text: str, schema: Schema) -> tuple[str, str, str | None]:
    """Column, operator and value; a column's name may have colons of its own, so the longest that fits is meant."""
    fitting = sorted((name for name in schema if text.startswith(f"{name}:")), key=len, reverse=True)
    for name in fitting:
        op, colon, value = text[len(name) + 1 :].partition(":")
        if op in OPERATORS:
            return name, op, value if colon else None
    if fitting:
        op = text[len(fitting[0]) + 1 :].partition(":")[0]
        told = f"{op[:50]!r} is no comparison{hint(op, OPERATORS)}; use one of {', '.join(OPERATORS)}"
        raise UserError("where.invalid", f"The condition {text[:200]!r}: {told}")
    name, colon, _ = text.partition(":")
    if not colon:
        raise UserError("where.invalid", f"The condition {text[:200]!r} is not of the form column:op:value")
    raise unknown_column(name, schema)


def _choices(name: str, text: str) -> list[str | None]:
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    choices = cast("list[Any]", found) if isinstance(found, list) else []
    plain = all(one is None or isinstance(one, (str, int, float)) for one in choices)
    if not plain or not 0 < len(choices) <= MAX_CHOICES:
        told = f'\'in\' takes a JSON list of 1 to {MAX_CHOICES} values, such as ["a","b"]'
        raise UserError("where.bad_value", f"The condition on '{name}': {told}", column=name)
    return [one if one is None or isinstance(one, str) else orjson.dumps(one).decode() for one in choices]


def _choice(name: str, dtype: pl.DataType, value: str | None, empty: pl.Expr) -> pl.Expr:
    return empty if value is None else _compared(name, dtype, "eq", value, empty)


def _compared(name: str, dtype: pl.DataType, op: str, value: str, empty: pl.Expr) -> pl.Expr:
    cell = pl.col(name)
    if isinstance(dtype, (pl.String, pl.Categorical, pl.Enum)):
        return _text(cell.cast(pl.String), op, value)
    if op in _OF_TEXT:
        raise _unfit(name, dtype, op, "texts only")
    try:
        if isinstance(dtype, pl.Boolean):
            if op in _ORDER:
                raise _unfit(name, dtype, op, "what has an order only; use eq or ne")
            if value not in ("true", "false"):
                raise ValueError("is neither true nor false")
            return _equal(cell, pl.lit(value == "true"), op)
        if dtype.is_float():
            return _number(cell, dtype, op, value, empty)
        if dtype.is_integer() or dtype.is_temporal() or isinstance(dtype, pl.Decimal):
            return _in_order(cell, op, ordered(dtype, value))
    except ValueError as error:
        told = f"{value[:100]!r} {error}, and '{name}' is {type_word(dtype)}"
        raise UserError("where.bad_value", f"The condition on '{name}': {told}", column=name) from error
    raise _unfit(name, dtype, op, "plain values only; use null or not_null")


def _text(cell: pl.Expr, op: str, value: str) -> pl.Expr:
    match op:
        case "contains":
            return cell.str.to_lowercase().str.contains(value.lower(), literal=True)
        case "starts":
            return cell.str.starts_with(value)
        case "ends":
            return cell.str.ends_with(value)
        case _:
            return _by_op(cell, pl.lit(value), op)


def _number(cell: pl.Expr, dtype: pl.DataType, op: str, value: str, empty: pl.Expr) -> pl.Expr:
    try:
        number = float(value)
    except ValueError as error:
        raise ValueError("is no number") from error
    if math.isnan(number):
        raise ValueError("compares with nothing (use null or not_null)")
    # As the column has it: 0.1 means the cells that show 0.1.
    met = _by_op(cell, pl.lit(number, dtype=pl.Float64).cast(dtype), op)
    return met | empty if op == "ne" else met & ~empty


def _in_order(cell: pl.Expr, op: str, given: Ordered) -> pl.Expr:
    """A comparison with what may lie between two values of the column, or outside of all of them."""
    low, high = given.bounds
    if given.exact and low <= given.floor <= high:
        return _by_op(cell, given.literal(given.floor), op)
    if op in ("eq", "ne"):
        return pl.lit(op == "ne")
    # Between `floor` and the value after it, so both ways of `or equal` are the same.
    if given.floor < low or given.floor >= high:
        above = given.floor >= high
        return cell.is_not_null() if above == (op in ("lt", "le")) else pl.lit(False)
    edge = given.literal(given.floor)
    return cell <= edge if op in ("lt", "le") else cell > edge


def _equal(cell: pl.Expr, value: pl.Expr, op: str) -> pl.Expr:
    return cell.ne_missing(value) if op == "ne" else cell == value


def _by_op(cell: pl.Expr, value: pl.Expr, op: str) -> pl.Expr:
    compared: Mapping[str, Callable[[Any], pl.Expr]] = {"lt": cell.lt, "le": cell.le, "gt": cell.gt, "ge": cell.ge}
    return compared[op](value) if op in compared else _equal(cell, value, op)


def _unfit(name: str, dtype: pl.DataType, op: str, what: str) -> UserError:
    return UserError("where.unfit", f"'{op}' is for {what}, and '{name}' is {type_word(dtype)}", column=name)

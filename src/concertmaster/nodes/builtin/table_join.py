"""table.join: two tables side by side.

Polars goes through the table whose order stays and keeps the other one in memory: some 600 MB for 1,000,000 rows, 27 MB
as Parquet, however large the first one is. DuckDB spills to disk what does not fit, but to keep the order it has to
sort the result. So it takes over where both are large.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from concertmaster import Context, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import ColumnName, demand_columns
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.joins import RIGHT, Join, joined
from concertmaster.nodes.builtin.duck.query import Memory, Query
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB
from concertmaster.nodes.builtin.lazy import bytes_of, lazy

_SMALL_BYTES = 32 * 1024 * 1024
_ONLY_POLARS = (pl.Enum, pl.Categorical, pl.Null)
Kind = Literal["inner", "left", "right", "full", "semi", "anti", "cross"]


@node(id="table.join", lazy=DUCK, category="tables", effect="none", summary="on", icon="git-merge", title="Join tables")
def table_join(
    table: Table,
    right: Table,
    on: Sequence[ColumnName] = (),
    left_on: Sequence[ColumnName] = (),
    right_on: Sequence[ColumnName] = (),
    how: Kind = "left",
    suffix: str = "_right",
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
) -> Table | pl.LazyFrame:
    """Join two tables by columns with equal values.

    The order of the left table (port `in`) stays, that of the right one (port `right`) within it. Missing values
    match nothing.

    Args:
        on: Columns that have the same name in both tables.
        left_on: Columns of the left table, instead of `on`.
        right_on: Columns of the right table, as many as `left_on`.
        how: Which rows to keep; `semi` and `anti` keep left rows with and without a match, `cross` pairs all with all.
        suffix: Added to a right column whose name the left table has too.
        memory_mb: Memory for two large tables; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: named-carriers
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          airlines: {type: file.read, config: {path: airlines.csv}}
          named: {type: table.join, config: {on: [carrier]}}
        edges:
          - flights -> named
          - airlines -> named.right
        outputs: {rows: "{{ nodes.named.rows }}"}
        ```
    """
    left, other = lazy(table), lazy(right)
    left_keys, right_keys = _keys(on, left_on, right_on, how)
    ours, theirs = left.collect_schema(), other.collect_schema()
    _demand_keys(ours, theirs, left_keys, right_keys)
    merged = how != "full" or left_keys == right_keys
    together = _joined(left, other, left_keys, right_keys, how, suffix, merged=merged)
    try:
        names = together.collect_schema().names()
    except pl.exceptions.DuplicateError as error:
        raise UserError(
            "join.double_column", f"A column with the suffix '{suffix}' exists already; choose another suffix"
        ) from error
    if _held_bytes(table, right, how) <= _SMALL_BYTES or any(map(_is_odd, (ours, theirs), (left_keys, right_keys))):
        return together
    query = Query(context, memory_mb=memory_mb, tables={"input": table, RIGHT: right})
    return joined(query, Join(how, list(zip(left_keys, right_keys, strict=True)), merged, names))


def _held_bytes(table: Table, right: Table, how: Kind) -> int:
    """What Polars keeps in memory: the table whose order does not stay, or both."""
    if how == "right":
        return bytes_of(table)
    return bytes_of(right) + (bytes_of(table) if how in ("full", "cross") else 0)


def _joined(
    left: pl.LazyFrame,
    right: pl.LazyFrame,
    left_on: Sequence[str],
    right_on: Sequence[str],
    how: Kind,
    suffix: str,
    *,
    merged: bool,
) -> pl.LazyFrame:
    if how == "cross":
        # Without the order asked for, streaming puts all of the left table beside each row of the right one.
        return left.join(right, how="cross", suffix=suffix, maintain_order="left_right")
    return left.join(
        right,
        left_on=list(left_on),
        right_on=list(right_on),
        how=how,
        suffix=suffix,
        coalesce=merged if how == "full" else None,
        maintain_order="right_left" if how == "right" else "left_right",
    )


def _demand_keys(ours: pl.Schema, theirs: pl.Schema, left_on: Sequence[str], right_on: Sequence[str]) -> None:
    for side, port, keys, schema in (("left", "in", left_on, ours), ("right", "right", right_on, theirs)):
        try:
            demand_columns(keys, schema.names())
        except UserError as error:
            raise UserError(error.code, f"{side.title()} table (port `{port}`): {error.message}") from error
    for name, match in zip(left_on, right_on, strict=True):
        if not _comparable(ours[name], theirs[match]):
            raise UserError(
                "join.types_differ",
                f"'{name}' is {ours[name]} on the left and '{match}' is {theirs[match]} on the right: they never "
                "match. Convert one of them with table.select before",
                left=name,
                right=match,
            )


def _is_odd(schema: pl.Schema, keys: Sequence[str]) -> bool:
    """Whether DuckDB cannot tell columns apart, or compares them otherwise."""
    alike = len({name.lower() for name in schema}) < len(schema)
    return alike or any(isinstance(schema[name], _ONLY_POLARS) for name in keys)


def _keys(
    on: Sequence[str], left_on: Sequence[str], right_on: Sequence[str], how: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if how == "cross":
        if on or left_on or right_on:
            raise UserError("join.keys", "A cross join pairs every row with every row; leave out `on`")
        return (), ()
    if bool(on) == bool(left_on or right_on):
        raise UserError("join.keys", "Set `on`, or `left_on` and `right_on`, to the columns that have to be equal")
    if not on and len(left_on) != len(right_on):
        raise UserError(
            "join.keys", f"`left_on` has {len(left_on)} columns and `right_on` {len(right_on)}; they go in pairs"
        )
    return (tuple(on), tuple(on)) if on else (tuple(left_on), tuple(right_on))


def _comparable(left: pl.DataType, right: pl.DataType) -> bool:
    return left == right or (left.is_integer() and right.is_integer()) or pl.Null in (left, right)

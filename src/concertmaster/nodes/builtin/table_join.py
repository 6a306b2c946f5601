"""table.join: two tables side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from concertmaster import UserError, node
from concertmaster.nodes.builtin.duck.columns import ColumnName, demand_columns


@node(id="table.join", category="tables", effect="none", summary="on", icon="git-merge", title="Join tables")
def table_join(
    table: pl.LazyFrame,
    right: pl.LazyFrame,
    on: Sequence[ColumnName] = (),
    left_on: Sequence[ColumnName] = (),
    right_on: Sequence[ColumnName] = (),
    how: Literal["inner", "left", "right", "full", "semi", "anti", "cross"] = "left",
    suffix: str = "_right",
) -> pl.LazyFrame:
    """Join two tables by columns with equal values.

    The order of the left table (port `in`) stays, that of the right one (port `right`) within it. Missing values
    match nothing.

    Args:
        on: Columns that have the same name in both tables.
        left_on: Columns of the left table, instead of `on`.
        right_on: Columns of the right table, as many as `left_on`.
        how: Which rows to keep; `semi` and `anti` keep left rows with and without a match, `cross` pairs all with all.
        suffix: Added to a right column whose name the left table has too.

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
    left, other = table.lazy(), right.lazy()
    left_keys, right_keys = _keys(on, left_on, right_on, how)
    ours, theirs = left.collect_schema(), other.collect_schema()
    demand_columns(left_keys, ours.names())
    demand_columns(right_keys, theirs.names())
    for name, match in zip(left_keys, right_keys, strict=True):
        if not _comparable(ours[name], theirs[match]):
            raise UserError(
                "join.types_differ",
                f"'{name}' is {ours[name]} on the left and '{match}' is {theirs[match]} on the right: they never "
                "match. Convert one of them with table.select before",
                left=name,
                right=match,
            )
    if how == "cross":
        joined = left.join(other, how="cross", suffix=suffix)
    else:
        joined = left.join(
            other,
            left_on=list(left_keys),
            right_on=list(right_keys),
            how=how,
            suffix=suffix,
            coalesce=True if how == "full" and left_keys == right_keys else None,
            maintain_order="right_left" if how == "right" else "left_right",
        )
    try:
        joined.collect_schema()
    except pl.exceptions.DuplicateError as error:
        raise UserError(
            "join.double_column", f"A column with the suffix '{suffix}' exists already; choose another suffix"
        ) from error
    return joined


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

"""table.fill: something in the place of missing values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from concertmaster import Context, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import demand_columns, quoted
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.kinds import is_number
from concertmaster.nodes.builtin.duck.query import Column, Memory, Name, Query, listed
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB

Method = Literal["forward", "backward", "mean", "median", "min", "max", "most_common"]
Constant = str | int | float | bool

_AGGREGATES: Mapping[Method, str] = {
    "mean": "avg",
    "median": "median",
    "min": "min",
    "max": "max",
    "most_common": "mode",
}


@node(
    id="table.fill",
    lazy=DUCK,
    category="tables",
    effect="none",
    summary="values",
    icon="paint-bucket",
    title="Fill missing values",
)
def table_fill(
    table: Table,
    values: Mapping[Name, Constant] | None = None,
    methods: Mapping[Name, Method] | None = None,
    by: Sequence[Column] = (),
    order_by: Sequence[Column] = (),
    blank: bool = False,
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
) -> Table:
    """Fill missing values with a constant, or with what other rows have.

    Rows, their order, and all other columns stay. Where a method finds nothing, because a whole group is missing, the
    value stays missing, unless `values` has one for that column too. Whole numbers filled with a mean or a median
    become decimal ones.

    Args:
        values: Column to the value that missing ones get.
        methods: Column to a method: the value before (`forward`) or after (`backward`) it, or the mean, median,
            smallest, largest or most common value.
        by: Columns whose equal values make a group; methods look inside a group only.
        order_by: What before and after mean; without it, the order of the table.
        blank: Text of nothing but spaces is missing too, in the columns that are filled.
        memory_mb: Memory for the query; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: no-gaps
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          filled: {type: table.fill, config: {values: {dep_delay: 0}, methods: {dep_delay: mean}, by: [carrier]}}
          gaps: {type: table.filter, config: {condition: dep_delay is null}}
        edges: [flights -> filled, filled -> gaps]
        outputs: {rows: "{{ nodes.filled.rows }}", gaps: "{{ nodes.gaps.rows }}"}
        ```
    """
    constants, chosen = values or {}, methods or {}
    if not constants and not chosen:
        raise UserError("fill.nothing", "There is nothing to fill: set `values` or `methods`")
    query = Query(context, memory_mb=memory_mb, tables={"input": table})
    demand_columns([*constants, *chosen], tuple(query.types))
    row = query.free()
    group = f"PARTITION BY {listed(query.columns(by))}" if by else ""
    order = listed([*query.order(order_by), row])
    cells: dict[str, str] = {}
    for name in {**constants, **chosen}:
        source = quoted(name)
        if blank and query.types[name] == "VARCHAR":
            source = f"CASE WHEN trim({source}) <> '' THEN {source} END"
        found = [source]
        if name in chosen:
            found.append(_found(query, name, chosen[name], source, group, order))
        if name in constants:
            found.append(_constant(query, name, constants[name]))
        cells[name] = f"coalesce({listed(found)})"
    shown = [f"{cells[name]} AS {quoted(name)}" if name in cells else quoted(name) for name in query.types]
    text = f"SELECT {listed(shown)} FROM"
    return query.run(f"{text} {query.numbered(row)} ORDER BY {row}" if chosen else f"{text} input")


def _found(query: Query, name: str, method: Method, source: str, group: str, order: str) -> str:
    if method in ("mean", "median") and not is_number(query.types[name]):
        raise UserError(
            "fill.not_a_number", f"'{name}' is {query.types[name]} and has no {method}; use another method", column=name
        )
    if method == "forward":
        return f"last_value({source} IGNORE NULLS) OVER ({group} ORDER BY {order} ROWS UNBOUNDED PRECEDING)"
    if method == "backward":
        frame = "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"
        return f"first_value({source} IGNORE NULLS) OVER ({group} ORDER BY {order} {frame})"
    return f"{_AGGREGATES[method]}({source}) OVER ({group})"


def _constant(query: Query, name: str, value: Constant) -> str:
    """The value in the type of the column; a fraction may make whole numbers decimal ones."""
    type_ = query.types[name]
    wanted = "DOUBLE" if isinstance(value, float) and is_number(type_) else type_
    ((fits,),) = query.ask(f"SELECT try_cast($value AS {wanted}) IS NOT NULL", {"value": value})
    if not fits or isinstance(value, bool) != (type_ == "BOOLEAN"):
        raise UserError("fill.wrong_type", f"'{name}' is {type_} and cannot take {value!r}", column=name)
    return f"{query.value(value)}::{wanted}"

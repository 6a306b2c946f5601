"""table.union: tables one below the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from concertmaster import Context, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import quoted
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.kinds import kind_of
from concertmaster.nodes.builtin.duck.query import Name, Query, listed


@node(
    id="table.union",
    lazy=DUCK,
    category="tables",
    effect="none",
    summary="columns",
    icon="rows-3",
    title="Union tables",
)
def table_union(
    tables: list[Table],
    columns: Literal["all", "common", "same"] = "all",
    source: Name | None = None,
    context: Context | None = None,
) -> Table:
    """Put tables one below the other.

    Wire any number of tables to port `in`; their rows come in the order of the edges. Columns go by their names, not
    by their places, and upper and lower case count as the same. Numbers of different types get the wider one.

    Args:
        columns: Which columns the result has: `all` of them, missing where a table lacks one; only the `common` ones;
            or every table must have the `same`.
        source: Name of a new first column with the number of the table that a row is from, starting with 1.

    Example:
        ```yaml
        concertmaster: 1
        name: first-and-last-months
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          first: {type: table.filter, config: {condition: month = 1}}
          last: {type: table.filter, config: {condition: month = 2}}
          both: {type: table.union, config: {source: part}}
        edges: [flights -> first, flights -> last, first -> both, last -> both]
        outputs: {rows: "{{ nodes.both.rows }}", columns: "{{ nodes.both.columns }}"}
        ```
    """
    if not tables:
        raise UserError("union.no_tables", "No table has arrived: wire at least one to port `in`")
    parts = {f"t{number}": table for number, table in enumerate(tables, 1)}
    query = Query(context, tables=parts)
    schemas = {name: query.session.columns_of(name) for name in parts}
    names = _names(schemas, columns)
    if source is not None and source.lower() in names:
        raise UserError("union.source", f"There is a column '{source}' already; choose another name for `source`")
    _refuse_other_types(names, schemas)
    return query.run(
        " UNION ALL ".join(
            f"SELECT {listed([*_source(source, number), *_cells(names, schemas[name])])} FROM {name}"
            for number, name in enumerate(parts, 1)
        )
    )


def _names(schemas: Mapping[str, Mapping[str, str]], columns: str) -> dict[str, str]:
    """Lower-case name to name of each column of the result, in order of appearance."""
    every = [{name.lower(): name for name in schema} for schema in schemas.values()]
    names = {key: name for one in reversed(every) for key, name in one.items()}
    ordered = {key: names[key] for one in every for key in one}
    common = {key: name for key, name in ordered.items() if all(key in one for one in every)}
    if columns == "common":
        if not common:
            raise UserError("union.nothing_common", "The tables have no column in common; rename some before")
        return common
    if columns == "same" and len(common) < len(ordered):
        odd = next(key for key in ordered if key not in common)
        lacking = next(number for number, one in enumerate(every, 1) if odd not in one)
        raise UserError(
            "union.columns_differ",
            f"Table {lacking} has no column '{ordered[odd]}'; use `columns: all` to leave it empty there",
            column=ordered[odd],
        )
    return ordered


def _refuse_other_types(names: Mapping[str, str], schemas: Mapping[str, Mapping[str, str]]) -> None:
    for key, name in names.items():
        found: dict[str, str] = {}
        for number, schema in enumerate(schemas.values(), 1):
            type_ = next((type_ for column, type_ in schema.items() if column.lower() == key), None)
            if type_ is not None and kind_of(type_) != "nothing":
                found.setdefault(kind_of(type_), f"{type_} in table {number}")
        if len(found) > 1:
            first, other, *_ = found.values()
            raise UserError(
                "union.types_differ",
                f"'{name}' is {first} and {other}; convert one with table.cast before",
                column=name,
            )


def _source(source: str | None, number: int) -> list[str]:
    return [] if source is None else [f"{number} AS {quoted(source)}"]


def _cells(names: Mapping[str, str], schema: Mapping[str, str]) -> Sequence[str]:
    own = {name.lower(): name for name in schema}
    return [f"{quoted(own[key]) if key in own else 'NULL'} AS {quoted(name)}" for key, name in names.items()]

"""table.select: which columns a table has."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, cast

import polars as pl
from pydantic import Field

from concertmaster import Context, Sql, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import demand_columns, quoted
from concertmaster.nodes.builtin.duck.expressions import Composed
from concertmaster.nodes.builtin.duck.session import Session


@node(id="table.select", category="tables", effect="none", summary="columns", icon="columns-3", title="Select columns")
def table_select(
    table: Table,
    columns: Annotated[Sequence[str] | Mapping[str, Sql], Field(min_length=1)],
    mode: Literal["keep", "drop", "add"] = "keep",
    context: Context | None = None,
) -> Table | pl.LazyFrame:
    """Keep, drop, rename or compute columns.

    A list keeps (or drops) columns by name, in the order of the list. A mapping gives each new column as a SQL
    expression or the name of an old column; `mode: add` keeps all other columns too.

    Args:
        columns: Names of columns, or new name to SQL expression: `{route: "origin || '-' || dest"}`.
        mode: `keep` only these, `drop` these, or `add` these to the others.

    Example:
        ```yaml
        concertmaster: 1
        name: airline-names
        nodes:
          airlines: {type: file.read, config: {path: airlines.csv}}
          renamed: {type: table.select, config: {columns: {code: carrier, airline: upper(name)}}}
        edges: [airlines -> renamed]
        outputs: {columns: "{{ nodes.renamed.columns }}"}
        ```
    """
    if isinstance(columns, Mapping):
        if mode == "drop":
            raise UserError("select.drop_needs_names", "To drop columns, give their names as a list")
        return _computed(table, columns, mode, context)
    frame = _lazy(table)
    known = frame.collect_schema().names()
    demand_columns(columns, known)
    if mode == "drop":
        if len(set(columns)) == len(known):
            raise UserError("select.nothing_left", "All columns would be dropped; leave at least one")
        return frame.drop(columns)
    return frame.select(list(dict.fromkeys(columns))) if mode == "keep" else frame


def _computed(table: Table, columns: Mapping[str, Sql], mode: str, context: Context | None) -> Table:
    session = Session({"input": table}, context)
    composed = Composed(session)
    new = {
        name: quoted(sql.text.strip())
        if sql.text.strip() in session.columns
        else composed.add(sql, f"the expression of column '{name}'")
        for name, sql in columns.items()
    }
    # An old column that is computed anew keeps its place.
    kept = {name: quoted(name) for name in session.columns} if mode == "add" else {}
    parts = [f"{text} AS {quoted(name)}" for name, text in {**kept, **new}.items()]
    # An Arrow reader; see table_sql.py for why it is not called one.
    return cast("Table", session.query(composed.sql(f"SELECT {', '.join(parts)} FROM input")))


def _lazy(table: Table | pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    return table.scan() if isinstance(table, Table) else table.lazy()

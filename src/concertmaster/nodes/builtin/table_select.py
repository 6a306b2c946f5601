"""table.select: which columns a table has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from concertmaster import Context, Sql, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import ColumnName, demand_columns, quoted
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.projection import projection
from concertmaster.nodes.builtin.duck.query import Query, listed
from concertmaster.nodes.builtin.duck.rows import Rows
from concertmaster.nodes.builtin.lazy import lazy


@node(
    id="table.select",
    lazy=DUCK,
    category="tables",
    effect="none",
    summary="columns",
    icon="columns-3",
    title="Select columns",
)
def table_select(
    table: Table,
    columns: Annotated[Sequence[ColumnName] | Mapping[str, Sql], Field(min_length=1)],
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
        query = Query(context, tables={"input": table})
        return projection(query, columns, keep=mode == "add")
    frame = lazy(table)
    known = frame.collect_schema().names()
    demand_columns(columns, known)
    if mode == "drop":
        if len(set(columns)) == len(known):
            raise UserError("select.nothing_left", "All columns would be dropped; leave at least one")
        chosen = [name for name in known if name not in columns]
    else:
        chosen = list(dict.fromkeys(columns)) if mode == "keep" else known
    if isinstance(table, Rows):
        return Query(context, tables={"input": table}).run(f"SELECT {listed(map(quoted, chosen))} FROM input")
    return frame.select(chosen)

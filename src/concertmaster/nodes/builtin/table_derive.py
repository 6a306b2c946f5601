"""table.derive: new columns, computed from the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from concertmaster import Context, Sql, Table, node
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.projection import projection
from concertmaster.nodes.builtin.duck.query import Name, Query


@node(
    id="table.derive",
    lazy=DUCK,
    category="tables",
    effect="none",
    summary="columns",
    icon="calculator",
    title="Derive columns",
)
def table_derive(
    table: Table,
    columns: Annotated[Mapping[Name, Sql], Field(min_length=1)],
    context: Context | None = None,
) -> Table:
    """Add columns that are computed from the others.

    A new column stands at the end; one with the name of an old column takes its place. An expression sees the columns
    of the table, and the new ones above it.

    Args:
        columns: Name of each column to its SQL expression, such as `{hours: air_time / 60, speed: distance / hours}`.

    Example:
        ```yaml
        concertmaster: 1
        name: routes-of-flights
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          more:
            type: table.derive
            config:
              columns:
                route: origin || '-' || dest
                late: coalesce(dep_delay > 15, false)
        edges: [flights -> more]
        outputs: {columns: "{{ nodes.more.columns }}"}
        ```
    """
    return projection(Query(context, tables={"input": table}), columns, keep=True)

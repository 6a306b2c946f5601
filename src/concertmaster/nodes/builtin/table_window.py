"""table.window: columns that look at the neighbours of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from concertmaster import Context, Sql, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import quoted
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.query import Column, Memory, Name, Query, listed
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB


@node(
    id="table.window",
    lazy=DUCK,
    category="tables",
    effect="none",
    summary="columns",
    icon="chart-no-axes-combined",
    title="Window",
)
def table_window(
    table: Table,
    columns: Annotated[Mapping[Name, Sql], Field(min_length=1)],
    partition_by: Sequence[Column] = (),
    order_by: Sequence[Column] = (),
    frame: Literal["group", "running", "rolling"] = "group",
    rows: Annotated[int, Field(ge=1)] | None = None,
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
) -> Table:
    """Add running sums, ranks, previous values: columns computed over the rows around each row.

    All rows stay, in their order. In an expression of more than one call, say `over w` after each window function:
    `dep_delay - lag(dep_delay) over w`.

    Args:
        columns: Name of each new column to a SQL function such as `sum(x)`, `row_number()`, `rank()`, `lag(x)`,
            `first(x)`, `ntile(4)`.
        partition_by: Columns whose equal values make a group; without them all rows are one.
        order_by: Order inside a group, a minus in front sorts from high to low; without it, the order of the table.
        frame: Which rows sums and the like take in: the whole `group`, `running` from its first row to this one, or
            `rolling` over this row and those before it.
        rows: How many rows a `rolling` frame has at most, this one included.
        memory_mb: Memory for sorting; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: share-of-carrier
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          numbered:
            type: table.window
            config:
              partition_by: [carrier]
              order_by: [-dep_delay]
              columns: {place: rank(), flights: count(), behind: max(dep_delay) over w - dep_delay}
        edges: [flights -> numbered]
        outputs: {columns: "{{ nodes.numbered.columns }}"}
        ```
    """
    if (rows is not None) != (frame == "rolling"):
        raise UserError("window.rows", "`rows` is the length of a rolling frame: set both, or neither")
    query = Query(context, memory_mb=memory_mb, tables={"input": table})
    row = query.free()
    partition = f"PARTITION BY {listed(query.columns(partition_by))}" if partition_by else ""
    keys = query.order(order_by)
    ties = f"{partition} ORDER BY {listed(keys or [row])}"
    reach = {
        "group": "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
        "running": "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        "rolling": f"ROWS BETWEEN {(rows or 1) - 1} PRECEDING AND CURRENT ROW",
    }[frame]
    # Rows that are equal in the order's columns come in the order of the table; only ranks must see them as equal.
    window = f"{partition} ORDER BY {listed([*keys, row])} {reach}"
    new = {name: query.window(sql, f"the expression of column '{name}'") for name, sql in columns.items()}
    shown = {**{name: quoted(name) for name in query.types}, **new}
    return query.run(
        f"SELECT {listed(f'{text} AS {quoted(name)}' for name, text in shown.items())} FROM {query.numbered(row)} "
        f"AS input WINDOW w AS ({window}), ties AS ({ties}) ORDER BY {row}"
    )

"""table.sort: in which order the rows of a table are.

Polars sorts in memory, 16,000 rows in 2 ms where a DuckDB session alone takes 12; DuckDB spills to disk what does not
fit. The two agree about everything but enums and categories, which only Polars knows.
"""

from __future__ import annotations

from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from concertmaster import Context, Table, node
from concertmaster.nodes.builtin.duck.columns import sort_keys
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.query import Memory, Names, Query, listed
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB
from concertmaster.nodes.builtin.lazy import bytes_of, lazy

_SMALL_BYTES = 8 * 1024 * 1024
_OWN_ORDER = (pl.Enum, pl.Categorical)


@node(
    id="table.sort", lazy=DUCK, category="tables", effect="none", summary="by", icon="arrow-down-up", title="Sort rows"
)
def table_sort(
    table: Table,
    by: Names,
    nulls: Literal["last", "first"] = "last",
    limit: Annotated[int, Field(ge=0)] | None = None,
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
) -> Table | pl.LazyFrame:
    """Sort rows by one or more columns.

    Rows that are equal in all of them keep their order.

    Args:
        by: Columns, the most important first; a minus in front sorts from high to low, as in `-dep_delay`.
        nulls: Where rows without a value go.
        limit: Keep only so many rows, the first ones.
        memory_mb: Memory for sorting; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: northernmost
        nodes:
          airports: {type: file.read, config: {path: airports.csv}}
          sorted: {type: table.sort, config: {by: [-lat]}}
        edges: [airports -> sorted]
        outputs: {airports: "{{ nodes.sorted.rows }}"}
        ```
    """
    frame = lazy(table)
    schema = frame.collect_schema()
    keys = sort_keys(by, schema.names())
    if bytes_of(table) <= _SMALL_BYTES or any(isinstance(schema[name], _OWN_ORDER) for name, _ in keys):
        names, descending = zip(*keys, strict=True)
        ordered = frame.sort(names, descending=descending, nulls_last=nulls == "last", maintain_order=True)
        return ordered if limit is None else ordered.head(limit)
    query = Query(context, memory_mb=memory_mb, tables={"input": table})
    row = query.free()
    text = (
        f"SELECT * EXCLUDE ({row}) FROM {query.numbered(row)} ORDER BY {listed([*query.order(by, nulls=nulls), row])}"
    )
    return query.run(text if limit is None else f"{text} LIMIT {query.value(limit)}")

"""table.sort: in which order the rows of a table are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from concertmaster import node
from concertmaster.nodes.builtin.duck.columns import demand_columns


@node(id="table.sort", category="tables", effect="none", summary="by", icon="arrow-down-up", title="Sort rows")
def table_sort(
    table: pl.LazyFrame,
    by: Annotated[Sequence[str], Field(min_length=1)],
    nulls: Literal["last", "first"] = "last",
) -> pl.LazyFrame:
    """Sort rows by one or more columns.

    Rows that are equal in all of them keep their order.

    Args:
        by: Columns, the most important first; a minus in front sorts from high to low, as in `-dep_delay`.
        nulls: Where rows without a value go.

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
    known = table.collect_schema().names()
    descending = [key not in known and key.startswith("-") for key in by]
    names = [key[1:] if down else key for key, down in zip(by, descending, strict=True)]
    demand_columns(names, known)
    return table.lazy().sort(names, descending=descending, nulls_last=nulls == "last", maintain_order=True)

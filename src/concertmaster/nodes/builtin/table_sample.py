"""table.sample: some of the rows of a table."""

from __future__ import annotations

from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from concertmaster import UserError, node


@node(id="table.sample", category="tables", effect="none", summary="rows", icon="dices", title="Sample rows")
def table_sample(
    table: pl.LazyFrame,
    rows: Annotated[int, Field(ge=0)] | None = None,
    fraction: Annotated[float, Field(ge=0, le=1)] | None = None,
    method: Literal["random", "head"] = "random",
    seed: int = 0,
) -> pl.LazyFrame:
    """Take some of the rows.

    The same seed takes the same rows again. They keep their order.

    Args:
        rows: How many; all of them when there are fewer.
        fraction: Which part of the rows, from 0 to 1; instead of `rows`.
        method: `random` ones, or the first (`head`).
        seed: Another number takes other rows.

    Example:
        ```yaml
        concertmaster: 1
        name: some-flights
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          some: {type: table.sample, config: {rows: 100, seed: 7}}
        edges: [flights -> some]
        outputs: {rows: "{{ nodes.some.rows }}"}
        ```
    """
    if (rows is None) == (fraction is None):
        raise UserError("sample.size", "Set either `rows` or `fraction`")
    frame = table.lazy()
    if rows is not None and method == "head":
        return frame.head(rows)
    total = frame.select(pl.len()).collect().item()
    size = min(rows, total) if rows is not None else round(total * (fraction or 0))
    if method == "head" or size == total:
        return frame.head(size)
    # Only the chosen row numbers are held, so that a table of any size can be sampled.
    chosen = pl.int_range(total, eager=True, dtype=pl.get_index_type()).sample(size, seed=seed).sort()
    number = "__row"
    while number in frame.collect_schema():
        number += "_"
    return frame.with_row_index(number).filter(pl.col(number).is_in(chosen.implode())).drop(number)

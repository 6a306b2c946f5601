"""table.select, table.sort and table.sample: which columns, in which order, how many rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import polars as pl
import pyarrow as pa
from pydantic import Field

from concertmaster import Context, Sql, Table, UserError, node
from concertmaster.nodes.builtin.duck.expressions import Composed
from concertmaster.nodes.builtin.duck.session import Session, quoted, unknown_column


@node(id="table.select", category="tables", effect="none", summary="columns", icon="columns-3", title="Select columns")
def table_select(
    table: Table,
    columns: Annotated[Sequence[str] | Mapping[str, Sql], Field(min_length=1)],
    mode: Literal["keep", "drop", "add"] = "keep",
    context: Context | None = None,
) -> pa.RecordBatchReader | pl.LazyFrame:
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
    _demand(columns, known)
    if mode == "drop":
        if len(set(columns)) == len(known):
            raise UserError("select.nothing_left", "All columns would be dropped; leave at least one")
        return frame.drop(columns)
    return frame.select(list(dict.fromkeys(columns))) if mode == "keep" else frame


def _computed(
    table: Table, columns: Mapping[str, Sql], mode: str, context: Context | None
) -> pa.RecordBatchReader:
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
    return session.query(composed.sql(f"SELECT {', '.join(parts)} FROM input"))


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
    _demand(names, known)
    return table.lazy().sort(names, descending=descending, nulls_last=nulls == "last", maintain_order=True)


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


def _lazy(table: Table | pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    return table.scan() if isinstance(table, Table) else table.lazy()


def _demand(wanted: Sequence[str], known: list[str]) -> None:
    for name in wanted:
        if name not in known:
            raise unknown_column(name, known)

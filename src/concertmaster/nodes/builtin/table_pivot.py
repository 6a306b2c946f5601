"""table.pivot: values of a column become columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from concertmaster import Context, Sql, Table, UserError, node
from concertmaster.nodes.builtin.duck.columns import quoted
from concertmaster.nodes.builtin.duck.query import Column, Memory, Name, Names, Query, listed
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB

_MOST_COLUMNS = 1000


@node(id="table.pivot", category="tables", effect="none", summary="names_from", icon="table-properties", title="Pivot")
def table_pivot(
    table: Table,
    by: Names,
    names_from: Column,
    measures: Annotated[Mapping[Name, Sql], Field(min_length=1)],
    values: Sequence[str] | None = None,
    fill: int | float | None = None,
    missing_name: Name = "missing",
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
) -> Table:
    """Make a row for each group and a column for each value: long to wide.

    The rows are sorted by the columns of `by`, the new columns by their value. With one measure they are called as the
    values, with several `<value>_<measure>`.

    Args:
        by: Columns that make the rows.
        names_from: Column whose values become columns.
        measures: Name and SQL aggregate of what the cells show, such as `{flights: count()}`.
        values: The values to make columns of, in this order, whether they occur or not; by default all that occur, at
            most 1,000.
        fill: Number for cells without rows; by default they are missing.
        missing_name: Name of the column for rows without a value in `names_from`.
        memory_mb: Memory for grouping; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: flights-per-month
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          wide:
            type: table.pivot
            config: {by: [carrier], names_from: month, measures: {flights: count()}, fill: 0}
        edges: [flights -> wide]
        outputs: {columns: "{{ nodes.wide.columns }}"}
        ```
    """
    query = Query(context, memory_mb=memory_mb, tables={"input": table})
    keys, names = query.columns(by), query.column(names_from)
    if names_from in by:
        raise UserError("pivot.by", f"'{names_from}' is in `by` and in `names_from`; it makes rows or columns")
    wanted = _occurring(query, names, names_from) if values is None else list(dict.fromkeys(values))
    cells = [query.free(f"m{number}") for number in range(len(measures))]
    name = query.free("name")
    computed = [
        f"{query.expression(sql, f'measure {title}')} AS {cell}"
        for cell, (title, sql) in zip(cells, measures.items(), strict=True)
    ]
    shown: dict[str, str] = {}
    for value in wanted:
        word = missing_name if value is None else value
        for cell, title in zip(cells, measures, strict=True):
            column = word if len(measures) == 1 else f"{word}_{title}"
            if not column or column in shown or column in by:
                raise UserError("pivot.double_column", f"The value '{word}' would make a second column '{column}'")
            picked = f"any_value({cell}) FILTER (WHERE {name} IS NOT DISTINCT FROM {query.value(value)})"
            shown[column] = picked if fill is None else f"coalesce({picked}, {query.value(fill)})"
    inner = [*keys, f"{names}::VARCHAR AS {name}", *computed]
    places = listed(str(number + 1) for number in range(len(keys)))
    return query.run(
        f"SELECT {listed([*keys, *(f'{text} AS {quoted(column)}' for column, text in shown.items())])} FROM ("
        f"SELECT {listed(inner)} FROM input GROUP BY {listed([*keys, names])}"
        f") GROUP BY {places} ORDER BY {places}"
    )


def _occurring(query: Query, names: str, title: str) -> list[str | None]:
    found = query.ask(f"SELECT DISTINCT {names}, {names}::VARCHAR FROM input ORDER BY 1 LIMIT {_MOST_COLUMNS + 1}")
    if len(found) > _MOST_COLUMNS:
        raise UserError(
            "pivot.too_many",
            f"'{title}' has more than {_MOST_COLUMNS:,} values; choose some with `values`, or another column",
        )
    return [text for _, text in found]

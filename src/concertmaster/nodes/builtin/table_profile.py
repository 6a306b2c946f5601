"""table.profile: what is in a table, column by column."""

from __future__ import annotations

from collections.abc import Sequence

from concertmaster import Context, Table, node
from concertmaster.nodes.builtin.duck.columns import demand_columns, quoted
from concertmaster.nodes.builtin.duck.kinds import is_number, kind_of
from concertmaster.nodes.builtin.duck.query import Column, Memory, Query, listed
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB

_COMMON = 5


@node(id="table.profile", category="tables", effect="none", icon="scan-search", title="Profile table")
def table_profile(
    table: Table,
    columns: Sequence[Column] = (),
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
) -> Table:
    """Tell about each column how full it is and what is in it.

    The result has a row for each column: `column`, `type`, `rows`, `missing`, `missing_percent`, `distinct`, `min` and
    `max`, for numbers `mean`, `deviation`, `q25`, `median` and `q75`, for text `shortest` and `longest` in characters,
    and `common`, its most common values. Everything is computed in one pass with little memory; therefore `distinct`
    (within a few percent), quantiles and `common` are estimates. Mean and deviation leave out what is infinite or not a
    number.

    Args:
        columns: Columns to look at; all of them when there are none.
        memory_mb: Memory for the query; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: know-the-flights
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          facts: {type: table.profile}
          gaps: {type: table.filter, config: {condition: missing > 0}}
        edges: [flights -> facts, facts -> gaps]
        outputs: {columns: "{{ nodes.facts.rows }}", with_gaps: "{{ nodes.gaps.rows }}"}
        ```
    """
    query = Query(context, memory_mb=memory_mb, tables={"input": table})
    demand_columns(columns, tuple(query.types))
    facts = [_facts(query, name) for name in columns or query.types]
    # All columns in one scan: a list of a struct for each, of which the outer query makes rows.
    return query.run(
        f"SELECT unnest(facts, recursive := true) FROM (SELECT [{listed(facts)}] AS facts FROM input) AS profile"
    )


def _facts(query: Query, name: str) -> str:
    column, type_ = quoted(name), query.types[name]
    number, text = is_number(type_), kind_of(type_) == "text"
    flat = not type_.endswith("]") and not type_.startswith(("STRUCT", "MAP", "UNION", "BLOB")) and '"' not in type_
    quantiles = f"approx_quantile({column}::DOUBLE, [0.25, 0.5, 0.75])" if number else "NULL::DOUBLE[]"
    finite = f"FILTER (WHERE isfinite({column}::DOUBLE))"
    parts = {
        "column": query.value(name),
        "type": query.value(type_),
        "rows": "count(*)",
        "missing": f"count(*) - count({column})",
        "missing_percent": f"round(100 * (count(*) - count({column})) / nullif(count(*), 0), 2)::DOUBLE",
        "distinct": f"least(approx_count_distinct({column}), count({column}))",
        "min": f"min({column})::VARCHAR" if flat else "NULL::VARCHAR",
        "max": f"max({column})::VARCHAR" if flat else "NULL::VARCHAR",
        "mean": f"avg({column}::DOUBLE) {finite}" if number else "NULL::DOUBLE",
        "deviation": f"stddev_samp({column}::DOUBLE) {finite}" if number else "NULL::DOUBLE",
        "q25": f"({quantiles})[1]",
        "median": f"({quantiles})[2]",
        "q75": f"({quantiles})[3]",
        "shortest": f"min(length({column}))" if text else "NULL::BIGINT",
        "longest": f"max(length({column}))" if text else "NULL::BIGINT",
        "common": f"approx_top_k({column}::VARCHAR, {_COMMON}) FILTER (WHERE {column} IS NOT NULL)",
    }
    return "{" + listed(f"{quoted(key)}: {value}" for key, value in parts.items()) + "}"

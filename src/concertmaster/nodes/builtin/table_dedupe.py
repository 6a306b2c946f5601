"""table.dedupe: rows that are there more than once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from concertmaster import Context, Table, UserError, node
from concertmaster.nodes.builtin.duck.family import DUCK
from concertmaster.nodes.builtin.duck.query import Column, Memory, Query, listed
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB


@node(
    id="table.dedupe",
    lazy=DUCK,
    category="tables",
    effect="none",
    summary="by",
    icon="copy-minus",
    title="Remove duplicates",
)
def table_dedupe(
    table: Table,
    by: Sequence[Column] = (),
    keep: Literal["first", "last", "none", "repeated"] = "first",
    order_by: Sequence[Column] = (),
    memory_mb: Memory = DEFAULT_MEMORY_MB,
    context: Context | None = None,
) -> Table:
    """Keep one of the rows that are alike.

    The rows that stay keep their order. Two missing values are alike.

    Args:
        by: Columns in which rows are compared; without them, whole rows.
        keep: The `first` or `last` row of those that are alike; `none` of them, so that only rows remain which are
            there once; or only those that are `repeated`, all of them, to look at.
        order_by: What first and last mean, such as `-updated_at`; without it, the order of the table. Rows without a
            value there are kept only where none has one.
        memory_mb: Memory for comparing; what needs more spills to disk.

    Example:
        ```yaml
        concertmaster: 1
        name: last-flight-of-each-carrier
        nodes:
          flights: {type: file.read, config: {path: flights.csv}}
          last: {type: table.dedupe, config: {by: [carrier], order_by: [month], keep: last}}
        edges: [flights -> last]
        outputs: {carriers: "{{ nodes.last.rows }}"}
        ```
    """
    query = Query(context, memory_mb=memory_mb, tables={"input": table})
    if order_by and keep not in ("first", "last"):
        raise UserError("dedupe.order", f"`order_by` says which row is first or last; leave it out with `keep: {keep}`")
    row, chosen = query.free("row"), query.free("chosen")
    keys, numbered = listed(query.columns(by or query.types)), query.numbered(row)
    if keep in ("first", "last") and not order_by:
        # Only keys and row numbers are compared: the other columns need not fit into memory.
        picked = f"SELECT {'min' if keep == 'first' else 'max'}({row}) FROM {numbered} GROUP BY {keys}"
        return query.run(f"SELECT * EXCLUDE ({row}) FROM {numbered} WHERE {row} IN ({picked}) ORDER BY {row}")
    if keep in ("first", "last"):
        order = [*query.order(order_by, backwards=keep == "last"), f"{row} {'DESC' if keep == 'last' else 'ASC'}"]
        found, wanted = f"row_number() OVER (PARTITION BY {keys} ORDER BY {listed(order)})", "= 1"
    else:
        found, wanted = f"count(*) OVER (PARTITION BY {keys})", "= 1" if keep == "none" else "> 1"
    return query.run(
        f"SELECT * EXCLUDE ({row}, {chosen}) FROM (SELECT *, {found} AS {chosen} FROM {numbered}) "
        f"WHERE {chosen} {wanted} ORDER BY {row}"
    )

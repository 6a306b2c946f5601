"""Columns computed by SQL expressions, for the nodes that select and derive."""

from __future__ import annotations

from collections.abc import Mapping

from concertmaster import Sql, Table
from concertmaster.nodes.builtin.duck.columns import quoted
from concertmaster.nodes.builtin.duck.query import Query, listed


def projection(query: Query, columns: Mapping[str, Sql], *, keep: bool) -> Table:
    """The table with these columns, each an expression or the name of an old column.

    Args:
        keep: the other columns stay too; an old column that is computed anew keeps its place.
    """
    new = {
        name: query.column(sql.text.strip())
        if sql.text.strip() in query.types
        else query.expression(sql, f"the expression of column '{name}'")
        for name, sql in columns.items()
    }
    kept = {name: quoted(name) for name in query.types} if keep else {}
    return query.run(
        f"SELECT {listed(f'{text} AS {quoted(name)}' for name, text in {**kept, **new}.items())} FROM input"
    )

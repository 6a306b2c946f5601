"""One query of a node over its tables, put together from quoted names, bound values and checked expressions only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field

from concertmaster import Context, Sql, Table, UserError
from concertmaster.nodes.builtin.duck.columns import ColumnName, demand_columns, quoted, sort_keys
from concertmaster.nodes.builtin.duck.expressions import Composed
from concertmaster.nodes.builtin.duck.rows import Rows, session_over
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB
from concertmaster.nodes.builtin.near_miss import hint

Memory = Annotated[int, Field(ge=64, le=1_048_576)]
Name = Annotated[str, Field(min_length=1)]
Column = Annotated[ColumnName, Field(min_length=1)]
Names = Annotated[Sequence[Column], Field(min_length=1)]

_SHOWN_CHARACTERS = 100


class Query:
    """Texts that its methods give may be put into SQL; no other text of a config may. Use it once."""

    def __init__(
        self, context: Context | None, *, memory_mb: int = DEFAULT_MEMORY_MB, tables: Mapping[str, Table | Rows | Path]
    ) -> None:
        self.session = session_over(tables, context, memory_mb=memory_mb)
        self._composed = Composed(self.session)
        self._tables = tuple(tables)

    @cached_property
    def types(self) -> dict[str, str]:
        """Names of the columns of the first table to their DuckDB types."""
        return self.session.columns_of(self._tables[0])

    def types_of(self, table: str) -> dict[str, str]:
        """As `types`, of the table on another port.

        Raises:
            UserError: `sql.unknown_table`.
        """
        if table not in self._tables:
            known = ", ".join(self._tables[1:]) or "none"
            raise UserError(
                "sql.unknown_table",
                f"There is no table '{table}': wire it to a port of that name. Wired are: {known}"
                f"{hint(table, self._tables)}",
                table=table,
            )
        return self.session.columns_of(table)

    def column(self, name: str) -> str:
        """The quoted name of a column of the first table.

        Raises:
            UserError: `sql.unknown_column`.
        """
        return self.columns([name])[0]

    def columns(self, names: Iterable[str]) -> list[str]:
        """As `column`, for several."""
        wanted = list(names)
        demand_columns(wanted, tuple(self.types))
        return [quoted(name) for name in wanted]

    def order(self, keys: Sequence[str], *, nulls: str = "last", backwards: bool = False) -> list[str]:
        """Terms for ORDER BY; a minus in front of a name that is no column itself sorts from high to low.

        Args:
            backwards: the other way round; missing values stay where `nulls` says.
        Raises:
            UserError: `sql.unknown_column`.
        """
        return [
            f"{quoted(name)} {'DESC' if down != backwards else 'ASC'} NULLS {nulls.upper()}"
            for name, down in sort_keys(keys, tuple(self.types))
        ]

    def value(self, value: Any) -> str:
        """A value, bound."""
        return self._composed.value(value)

    def expression(self, sql: Sql, what: str) -> str:
        """A SQL expression of the config; `what` names it in messages.

        Raises:
            UserError: it is not exactly one expression.
        """
        return self._composed.add(sql, what)

    def window(self, sql: Sql, what: str) -> str:
        """A SQL expression with window functions over the windows `w` and `ties`; see `check_window`."""
        return self._composed.window(sql, what)

    def free(self, word: str = "row") -> str:
        """The quoted name of a column that no table has."""
        taken = {name.lower() for name in self.session.columns}
        name = f"__{word}"
        while name in taken:
            name += "_"
        return quoted(name)

    def fail(self, code: str, before: str, shown: str, after: str) -> str:
        """An expression that fails the query with a message about a value.

        Args:
            before: the message up to the value, and `after` from there.
            shown: SQL of the value.
        """
        start, end = self.value(f"\x02{code}\x02{before}"), self.value(after)
        return f"error({start} || left(({shown})::VARCHAR, {_SHOWN_CHARACTERS}) || {end})"

    def numbered(self, row: str, table: str | None = None) -> str:
        """The first table, or another, with the number of each row, from 1, in a column `row`: an order lasts."""
        return f"(SELECT *, row_number() OVER () AS {row} FROM {quoted(table or self._tables[0])})"

    def ask(self, text: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The few rows of a question that comes before the query; `$name` in it stands for values."""
        return self.session.ask(Sql(text, dict(values or {})))

    def run(self, text: str) -> Table:
        """Rows of the SELECT, computed while they are read."""
        # An Arrow reader; see table_sql.py for why it is not called one.
        return cast("Table", self.session.query(self._composed.sql(text)))


def listed(parts: Iterable[str]) -> str:
    """Parts of SQL, with commas."""
    return ", ".join(parts)

"""Putting several SQL expressions, each with parameters of its own, into one query."""

from __future__ import annotations

import re
from typing import Any

from concertmaster import Sql
from concertmaster.nodes.builtin.duck.check import check_expression, check_window
from concertmaster.nodes.builtin.duck.session import Session

# Literals, quoted names and comments come first, so that only a parameter outside of them is renamed. Where an exotic
# literal deceives this, DuckDB misses a parameter and refuses the query: names change here, never values.
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(p\d+)\b", re.DOTALL)


class Composed:
    """Collects checked expressions and their parameters."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._parameters: dict[str, Any] = {}
        self._identifiers: list[str] = []
        self._count = 0  # of expressions and values

    def add(self, expression: Sql, what: str) -> str:
        """Check an expression; returns its text for the query, in parentheses.

        Raises:
            UserError: it is not exactly one expression; `what` names it.
        """
        check_expression(self._session.con, expression.text, what)
        return f"(\n{self._renamed(expression)}\n)"

    def window(self, expression: Sql, what: str) -> str:
        """As `add`, for an expression over the windows `w` and `ties`; a single call is given the one that it needs."""
        window = check_window(self._session.con, expression.text, what)
        text = self._renamed(expression)
        return f"(\n{text}\n)" if window is None else f"(\n{text}\nOVER {window})"

    def _renamed(self, expression: Sql) -> str:
        prefix = f"e{self._count}_"
        self._count += 1
        self._parameters.update({prefix + name: value for name, value in expression.parameters.items()})
        self._identifiers.extend(expression.identifiers)
        return _PARAMETER.sub(lambda found: f"${prefix}{found[1]}" if found[1] else found[0], expression.text)

    def value(self, value: Any) -> str:
        """Bind a value of ours; returns what stands for it in the query."""
        name = f"v{self._count}"
        self._count += 1
        self._parameters[name] = value
        return f"${name}"

    def sql(self, text: str) -> Sql:
        """The query that the expressions were put into."""
        return Sql(text, self._parameters, tuple(self._identifiers))

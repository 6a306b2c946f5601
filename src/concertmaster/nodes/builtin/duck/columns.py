"""Names of columns: quoting them, and what to say when one is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from concertmaster import UserError
from concertmaster.nodes.builtin.near_miss import hint


def unknown_column(name: str, known: Sequence[str]) -> UserError:
    """The error for a column that no input has, with the ones there are."""
    return UserError(
        "sql.unknown_column",
        f"There is no column '{name}'; the columns are: {', '.join(known)}{hint(name, known)}",
        column=name,
        columns=list(known),
    )


def demand_columns(wanted: Iterable[str], known: Sequence[str]) -> None:
    """Refuse the first name that is no column.

    Raises:
        UserError: `sql.unknown_column`.
    """
    for name in wanted:
        if name not in known:
            raise unknown_column(name, known)


def quoted(name: str) -> str:
    """A name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'

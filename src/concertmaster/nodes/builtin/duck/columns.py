"""Names of columns: quoting them, and what to say when one is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from concertmaster import Options, UserError
from concertmaster.nodes.builtin.near_miss import hint

ColumnName = Annotated[str, Options("columns")]
"""A text for which the form offers the columns of the tables that arrive."""


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


def sort_keys(keys: Iterable[str], known: Sequence[str]) -> list[tuple[str, bool]]:
    """Columns to sort by, each with whether from high to low: a minus before what is no name itself.

    Raises:
        UserError: `sql.unknown_column`.
    """
    descending = [(key, key not in known and key.startswith("-")) for key in keys]
    pairs = [(key[1:] if down else key, down) for key, down in descending]
    demand_columns((name for name, _ in pairs), known)
    return pairs


def refuse_alike(names: Sequence[str]) -> None:
    """Refuse names that SQL cannot tell apart; everything else is possible.

    Raises:
        UserError: `sql.columns_alike`: two differ in upper and lower case only, or one is empty.
    """
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if not name or other is not name:
            what = f"The columns '{other}' and '{name}' have the same name in SQL" if name else "A column has no name"
            raise UserError("sql.columns_alike", f"{what}; rename one with table.rename before", columns=[other, name])


def literal(text: str) -> str:
    """Text as a SQL string, where no parameter can stand."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'

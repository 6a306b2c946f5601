"""Where rows go: the table, its columns, and the keys of an upsert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from concertmaster import UserError
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.databases.adapter import Database, TableColumn, TableName, listed, qualified
from concertmaster.nodes.databases.troubles import ended

Mode = Literal["insert", "append", "upsert", "replace"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows go, and how."""

    table: TableName
    mode: Mode
    keys: Sequence[str]

    def check(self) -> None:
        """Refuse keys without an upsert, and an upsert without keys.

        Raises:
            UserError: `db.keys`.
        """
        if self.mode == "upsert" and not self.keys:
            raise UserError(
                "db.keys",
                "An upsert needs `keys`: the columns that tell which row is which, with a unique key over them",
                sent=False,
            )
        if self.mode != "upsert" and self.keys:
            raise UserError("db.keys", f"`keys` are for mode upsert, and the mode is {self.mode}", sent=False)


def unknown_table(database: Database, target: Target) -> UserError:
    """The error for a table that is not there."""
    known = database.tables()
    name = str(target.table)
    meant = hint(name, known) or hint(target.table.name, known)
    if not meant and "." in target.table.name and target.table.schema is None:
        meant = "; if it is in a schema, name that in `schema`"
    said = ended(f"{database.title} has no table {name}{meant}")
    if target.mode == "upsert":
        fix = "Make it first, with a unique key over `keys`: db.execute"
    else:
        fix = "Mode append makes it from the columns of the rows"
    return UserError("db.unknown_table", f"{said} {fix}", table=name)


def matched(known: Sequence[TableColumn], names: Sequence[str], table: TableName) -> list[TableColumn]:
    """The table's column for each name; upper and lower case may differ where only one is meant."""
    found: list[TableColumn] = []
    for name in names:
        exact = [column for column in known if column.name == name]
        alike = exact or [column for column in known if column.name.lower() == name.lower()]
        if len(alike) != 1:
            columns = [column.name for column in known]
            there = ended(f"it has {', '.join(columns)}{hint(name, columns)}")
            raise UserError(
                "db.unknown_column",
                f"The table {table} has no column '{name}'; {there} Take the column out with table.select, rename it "
                "with table.rename, or add it to the table",
                column=name,
                columns=columns,
            )
        found.append(alike[0])
    double = next((one.name for n, one in enumerate(found) if one in found[:n]), None)
    if double is not None:
        raise UserError(
            "db.unknown_column",
            f"Two columns of the rows are for the column '{double}' of {table}; take one out",
            column=double,
        )
    return found


def named(keys: Sequence[str], columns: Sequence[TableColumn]) -> list[str]:
    """The keys as the table writes them."""
    names = [column.name for column in columns]
    found: list[str] = []
    for key in keys:
        match = key if key in names else next((name for name in names if name.lower() == key.lower()), None)
        if match is None:
            raise UserError(
                "db.unknown_column",
                f"The rows have no column '{key}', which is a key; they have {', '.join(names)}{hint(key, names)}",
                column=key,
            )
        found.append(match)
    return list(dict.fromkeys(found))


def check_keys(database: Database, target: Target, columns: Sequence[TableColumn]) -> None:
    """Refuse keys that tell no rows apart.

    Raises:
        UserError: `db.no_unique_key`.
    """
    keys = frozenset(named(target.keys, columns))
    unique = database.unique_keys(target.table)
    if keys not in unique:
        there = "; it has " + ", ".join(f"({', '.join(sorted(key))})" for key in unique) if unique else ""
        names = listed(database, sorted(keys))
        raise UserError(
            "db.no_unique_key",
            f"The table {target.table} has no unique key over ({', '.join(sorted(keys))}){there}. Add it: create "
            f"unique index on {qualified(database, target.table)} ({names}), or name the columns of another key",
        )
    written = {column.name for column in columns}
    others = [key for key in unique if key != keys and key <= written]
    if others and database.title == "MySQL":
        raise UserError(
            "db.no_unique_key",
            f"MySQL would take a row for the same that has the same ({', '.join(sorted(others[0]))}), which is a "
            f"unique key of {target.table} too; leave one of these columns out of the rows",
        )


def refuse_bad_keys(database: Database, staging: TableName, keys: Sequence[str]) -> None:
    """Rows without a key would be added each time; of two with the same key nobody knows which is meant."""
    names, source = listed(database, keys), qualified(database, staging)
    missing = " or ".join(f"{database.quoted(key)} is null" for key in keys)
    if found := database.ask(f"select count(*) from {source} where {missing}")[0][0]:
        raise UserError(
            "db.key_missing",
            f"{found} rows have no value in the key ({', '.join(keys)}); an upsert needs one in each column of it",
        )
    twice = database.ask(f"select {names}, count(*) from {source} group by {names} having count(*) > 1 limit 1")
    if twice:
        *values, count = twice[0]
        shown = ", ".join(f"{key} = {value}" for key, value in zip(keys, values, strict=True))
        raise UserError(
            "db.key_twice",
            f"{count} rows have the key {shown}; nobody can tell which of them counts. Use table.dedupe before",
        )

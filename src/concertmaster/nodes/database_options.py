"""Options that come from a database: its tables, and the columns of one.

table: Annotated[str, Options(tables_of("connection"))]
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    from concertmaster.nodes.databases import adapter, session
    from concertmaster.nodes.databases.adapter import Database
else:
    # They import what authors import, and this is part of that.
    adapter = deferred("concertmaster.nodes.databases.adapter")
    session = deferred("concertmaster.nodes.databases.session")

# Within what a form waits for options, so that the database is told to stop and not left alone.
_TIMEOUT = "8s"
_LOCK_TIMEOUT = "2s"
_IN_SCHEMA = "select table_name from information_schema.tables where table_schema = ? limit 5000"


@cache
def tables_of(connection: str = "connection", *, schema: str | None = None) -> Callable[..., list[str]]:
    """A function for `Options`: the tables and views of a database.

    Args:
        connection: name of the field that has the connection, of type `postgres`, `mysql`, `sqlite` or `duckdb`.
        schema: name of the field that has the schema, where the node has one; while that is empty, the tables are
            those that can be named without it.
    """

    def tables(**given: Any) -> list[str]:
        wanted = None if schema is None else given.get(schema)
        with _opened(given[connection], given["context"]) as opened:
            return sorted(_tables(opened.database, given[connection].type, wanted))

    return _named(tables, f"tables_of_{connection}", [connection], schema)


@cache
def columns_of(
    connection: str = "connection", table: str = "table", *, schema: str | None = None
) -> Callable[..., list[str]]:
    """A function for `Options`: the columns of a table of a database, in their order.

    Args:
        connection: name of the field that has the connection, as in `tables_of`.
        table: name of the field that has the table.
        schema: name of the field that has the schema, where the node has one.
    """

    def columns(**given: Any) -> list[str]:
        name = adapter.TableName(given[table], None if schema is None else given.get(schema))
        with _opened(given[connection], given["context"]) as opened:
            return [column.name for column in opened.database.columns(name)]

    return _named(columns, f"columns_of_{table}_of_{connection}", [connection, table], schema)


def _opened(connection: Any, context: Any) -> Any:
    return session.session(connection, context, timeout=_TIMEOUT, lock_timeout=_LOCK_TIMEOUT, read_only=True)


def _tables(database: Database, kind: str, schema: str | None) -> list[str]:
    if schema and kind != "sqlite":
        return [name for (name,) in database.ask(_IN_SCHEMA, schema)]
    # Those of other schemas come with a dot, and cannot be named by their field alone.
    return [name for name in database.tables() if "." not in name]


def _named(
    function: Callable[..., list[str]], name: str, fields: list[str], schema: str | None
) -> Callable[..., list[str]]:
    """The function with the parameters that tell `Options` which fields it needs."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(field, keyword) for field in (*fields, "context")]
    if schema is not None:
        parameters.append(inspect.Parameter(schema, keyword, default=None))
        name += f"_in_{schema}"
    function.__name__ = name
    function.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    return function

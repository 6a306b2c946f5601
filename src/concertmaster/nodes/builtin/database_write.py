"""db.write: the rows of a table into one of a database, all or none."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from concertmaster import Connection, Context, Options, Table, columns_of, node, tables_of
from concertmaster.nodes.builtin.durations import Duration
from concertmaster.nodes.databases.adapter import TableName
from concertmaster.nodes.databases.session import DatabaseType, session
from concertmaster.nodes.databases.target import Target
from concertmaster.nodes.databases.writing import Rows, Written, write_rows

Name = Annotated[str, Field(min_length=1, max_length=255)]


@node(
    id="db.write",
    category="database",
    effect="write",
    idempotent=False,
    idempotent_by=("mode", ("upsert", "replace")),
    summary="table",
    icon="database-edit",
    title="Write to database",
)
def db_write(
    rows: Table,
    connection: Connection[DatabaseType],
    table: Annotated[Name, Options(tables_of("connection", schema="schema"))],
    context: Context,
    mode: Literal["insert", "append", "upsert", "replace"] = "insert",
    keys: tuple[Annotated[Name, Options(columns_of("connection", "table", schema="schema"))], ...] = (),
    schema: Name | None = None,
    timeout: Duration = "15m",
    lock_timeout: Duration = "10s",
) -> Written:
    """Write a table into a table of a database.

    All or nothing: one transaction, so that a write that fails half way leaves everything as it was. Columns go by
    their names; those that the rows do not have get the default of the database. PostgreSQL is filled by COPY, MySQL by
    INSERT of many rows each, DuckDB straight from Arrow.

    After a failure before the commit a retry policy may try again. An upsert and a replacement may be repeated in any
    case; an insert whose end nobody knows, because the server stopped in the middle, waits for a person.

    Args:
        connection: The database, a connection of type `postgres`, `mysql`, `sqlite` or `duckdb`.
        table: The table to write to.
        mode: `insert` adds the rows to a table that is there; `append` too, and makes the table from the columns when
            it is missing; `upsert` changes the rows whose `keys` are there and adds the others; `replace` puts the rows
            in place of all that the table had, and makes it when it is missing.
        keys: For an upsert: the columns that tell which row is which; the table needs a unique key over them.
        schema: Of the table, where it is not in the one that the connection starts in; for MySQL another database.
        timeout: Of everything, such as `15m`; then the server is told to stop.
        lock_timeout: How long to wait for what others hold.

    Example:
        ```yaml
        concertmaster: 1
        name: airlines-into-shop
        nodes:
          airlines: {type: file.read, config: {path: airlines.csv}}
          store:
            type: db.write
            config: {connection: shop, table: airlines, mode: replace}
        edges: [airlines -> store]
        outputs: {rows: "{{ nodes.store.rows }}"}
        ```
    """
    target = Target(TableName(table, schema), mode, keys)
    target.check()
    with session(connection, context, timeout=timeout, lock_timeout=lock_timeout, read_only=False) as database:
        return write_rows(database, target, Rows.of(rows), context)

"""db.query: rows of a database as a table, read as they come."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from concertmaster import Connection, Context, Sql, Table, node
from concertmaster.nodes.builtin.durations import Duration
from concertmaster.nodes.databases.session import DatabaseType, session
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = deferred("pyarrow")


@node(
    id="db.query",
    category="database",
    effect="read",
    summary="query",
    icon="database-search",
    title="Query database",
)
def db_query(
    connection: Connection[DatabaseType],
    query: Sql,
    context: Context,
    timeout: Duration = "15m",
    lock_timeout: Duration = "10s",
) -> Table:
    """Query a database with one SELECT.

    PostgreSQL, MySQL and MariaDB, SQLite and DuckDB. The rows are written as they come, of which some ten thousand are
    in memory. `{{ }}` gives a value that the server binds, never text; the name of a table or column needs
    `{{ inputs.column | ident }}` and has to be one of the database. The query runs in a transaction that only reads.
    How types of the database become those of the table: see the how-to page on databases.

    Args:
        connection: The database, a connection of type `postgres`, `mysql`, `sqlite` or `duckdb`.
        query: One SELECT in the dialect of the database.
        timeout: Of everything, such as `15m`; then the server is told to stop.
        lock_timeout: How long to wait for what others hold.

    Example:
        ```yaml
        concertmaster: 1
        name: large-orders
        inputs: {least: {type: number, default: 10}}
        nodes:
          orders:
            type: db.query
            config: {connection: shop, query: "select id, total from orders where total >= {{ inputs.least }}"}
        outputs: {orders: "{{ nodes.orders.rows }}"}
        ```
    """

    def pieces() -> Iterator[Any]:
        with session(connection, context, timeout=timeout, lock_timeout=lock_timeout, read_only=True) as database:
            rows = size = 0
            for piece in database.query(query):
                yield piece
                if isinstance(piece, pa.RecordBatch):
                    rows, size = rows + piece.num_rows, size + piece.nbytes
                    context.progress(rows)
            context.logger.info("%s rows (%s bytes) read", rows, size)

    found = pieces()
    # With the schema the query is bound, and most failures have happened.
    schema = next(found)
    return cast("Table", pa.RecordBatchReader.from_batches(schema, found))

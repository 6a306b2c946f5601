"""db.execute: statements that change a database, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypedDict

from pydantic import Field

from concertmaster import Connection, Context, Sql, node
from concertmaster.nodes.builtin.durations import Duration
from concertmaster.nodes.databases.session import DatabaseType, session


class Executed(TypedDict):
    """How many rows were changed: together, and by each statement."""

    rows: int
    each: list[int]


@node(
    id="db.execute",
    category="database",
    effect="write",
    idempotent=False,
    summary="statements",
    icon="database-cog",
    title="Execute SQL",
)
def db_execute(
    connection: Connection[DatabaseType],
    statements: Annotated[Sequence[Sql], Field(min_length=1)],
    context: Context,
    transaction: bool = True,
    timeout: Duration = "15m",
    lock_timeout: Duration = "10s",
) -> Executed:
    """Run statements that change a database.

    All in one transaction: when one fails, none has happened. `{{ }}` gives a value that the server binds, never text;
    the name of a table or column needs `{{ inputs.column | ident }}` and has to be one of the database. After a failure
    that undid everything a retry policy may try again; where nobody knows, because the server stopped in the middle,
    the execution waits for a person, unless `policy: {idempotent: true}` says that a repetition does no harm.

    Args:
        connection: The database, a connection of type `postgres`, `mysql`, `sqlite` or `duckdb`.
        statements: One after the other, each a single statement in the dialect of the database.
        transaction: All or none. Some statements cannot run in a transaction, such as `vacuum`; MySQL ends it at each
            statement that makes or changes a table.
        timeout: Of everything, such as `15m`; then the server is told to stop.
        lock_timeout: How long to wait for what others hold.

    Example:
        ```yaml
        concertmaster: 1
        name: raise-prices
        inputs: {percent: {type: number, default: 50}}
        nodes:
          raise:
            type: db.execute
            config:
              connection: shop
              statements:
                - update orders set total = total + total * {{ inputs.percent }} / 100
                - delete from orders where total < 10
        outputs: {changed: "{{ nodes.raise.each }}"}
        ```
    """
    with session(connection, context, timeout=timeout, lock_timeout=lock_timeout, read_only=False) as found:
        for statement in statements:
            found.check_identifiers(statement)
        found.settled = not transaction
        if transaction:
            found.database.begin()
        each: list[int] = []
        for number, statement in enumerate(statements):
            found.check()
            each.append(found.database.execute(statement))
            context.progress(number + 1, len(statements))
        if transaction:
            found.commit()
    return Executed(rows=sum(each), each=each)

"""MySQL and MariaDB through PyMySQL: unbuffered results, rows written many at a time.

PyMySQL pastes values into the text; here the server binds them (PREPARE ... EXECUTE), so that no reading of the text by
anybody but the server decides where a value ends.
"""

# pyarrow ships no types, and PyMySQL tells what columns are in attributes of its own.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportPrivateUsage=false
from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from concertmaster import Sql, UserError
from concertmaster.data.dialing import tls_for
from concertmaster.nodes.databases import mysql_types as types
from concertmaster.nodes.databases.adapter import Bounds, CsvFile, Reach, TableColumn, TableName, listed, qualified
from concertmaster.nodes.databases.mysql_troubles import trouble_of
from concertmaster.nodes.databases.rows import as_json, batches_of, converted, schema_of
from concertmaster.nodes.databases.troubles import Trouble, error_of
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import pymysql
    from pymysql import connections, cursors
else:
    # An optional extra.
    pymysql, connections = deferred("pymysql"), deferred("pymysql.connections")
    cursors = deferred("pymysql.cursors")

_CONNECT_SECONDS = 10
_STAGING = "concertmaster_rows"
_STATEMENT_CHARACTERS = 512 * 1024


def opened(values: Mapping[str, Any], context: Reach, bounds: Bounds, *, read_only: bool) -> Mysql:
    """Connect to a checked address.

    Raises:
        UserError, OperationalError: nothing was sent.
    """
    addresses = context.addresses(str(values["host"]), int(values["port"]))
    try:
        return Mysql(values, addresses, bounds, read_only=read_only)
    except (OSError, pymysql.MySQLError) as error:
        trouble = trouble_of(error)
        if trouble.kind in ("lost", "failed"):
            trouble = Trouble("unreachable", trouble.message)
        raise error_of(trouble, Mysql.title, sent=False) from error


def _connected(values: Mapping[str, Any], addresses: Sequence[str]) -> connections.Connection[Any]:
    host, mode = str(values["host"]), values["sslmode"]
    authority = values.get("ca_certificate")
    tls = None if mode == "disable" else tls_for(host, ca_certificate=authority, verify=mode == "verify-full")
    connection: Any = connections.Connection(
        host=host,
        user=str(values["username"]),
        password=str(values.get("password") or ""),
        database=values.get("database"),
        charset="utf8mb4",
        ssl=cast("Any", tls),
        ssl_disabled=tls is None,
        read_timeout=_CONNECT_SECONDS,
        autocommit=True,
        defer_connect=True,
    )
    connection.connect(_socket_to(addresses, int(values["port"])))
    # From here on statements may take their time; `session.Watch` ends those that take too much.
    connection._read_timeout = None
    return connection


def _socket_to(addresses: Sequence[str], port: int) -> socket.socket:
    last = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), _CONNECT_SECONDS)
        except OSError as error:
            last = error
    raise last


class Mysql:
    """See `adapter.Database`."""

    title = "MySQL"
    ddl_rolls_back = False
    reads_csv = False

    def __init__(self, values: Mapping[str, Any], addresses: Sequence[str], bounds: Bounds, *, read_only: bool) -> None:
        self._again = lambda: _connected(values, addresses)
        self._read_only = read_only
        self._connection: Any = self._again()
        self._socket: socket.socket = self._connection._sock
        self._id: int = self._connection.thread_id()
        wait = max(1, round(bounds.lock_timeout.total_seconds()))
        self._run(
            f"set time_zone = '+00:00', innodb_lock_wait_timeout = {wait}, lock_wait_timeout = {wait}, "
            "sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES')"
        )

    def begin(self) -> None:
        """Statements that follow are one transaction."""
        self._run("start transaction read only" if self._read_only else "start transaction")

    def commit(self) -> None:
        """Make it last."""
        self._connection.commit()

    def rollback(self) -> None:
        """Undo it."""
        self._connection.rollback()

    def cancel(self) -> None:
        """Through a second connection; there is no other way."""
        with closing(self._again()) as other:
            other.query(f"kill query {self._id}")

    def sever(self) -> None:
        """Break the connection."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Leave; what was not committed is gone."""
        self._abandon()
        with suppress(pymysql.MySQLError):
            self._connection.close()

    def quoted(self, name: str) -> str:
        """In back-ticks."""
        return "`" + name.replace("`", "``") + "`"

    def query(self, sql: Sql) -> Iterator[pa.Schema | pa.RecordBatch]:
        """Unbuffered, in a transaction that only reads."""
        text, values = self._bound(sql)
        self.begin()
        cursor: Any = self._connection.cursor(cursors.SSCursor)
        cursor.execute(self._prepared(text, values) if values else text)
        fields = [types.field_of(field) for field in cursor._result.fields or ()]
        schema = schema_of(fields)
        yield schema
        yield from batches_of(cursor.fetchmany, fields, schema)

    def execute(self, sql: Sql) -> int:
        """One statement: the server takes no more at once."""
        text, values = self._bound(sql)
        return self._run(self._prepared(text, values) if values else text)

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows for a question of ours."""
        with self._connection.cursor() as cursor:
            cursor.execute(text.replace("%", "%%").replace("?", "%s") if values else text, values or None)
            return list(cursor.fetchall())

    def tables(self) -> list[str]:
        """Of the database that is in use."""
        found = self.ask("select table_name from information_schema.tables where table_schema = database() limit 5000")
        return [name for (name,) in found]

    def columns(self, table: TableName | None) -> list[TableColumn]:
        """From the catalog."""
        text = "select column_name from information_schema.columns where table_schema = "
        if table is None:
            found = self.ask(text + "database() limit 5000")
        else:
            order = "coalesce(?, database()) and table_name = ? order by ordinal_position"
            found = self.ask(text + order, table.schema, table.name)
        return [TableColumn(name) for (name,) in found]

    def unique_keys(self, table: TableName) -> list[frozenset[str]]:
        """Unique indexes over whole columns."""
        found = self.ask(
            "select index_name, column_name, sub_part from information_schema.statistics where non_unique = 0 and "
            "table_schema = coalesce(?, database()) and table_name = ?",
            table.schema,
            table.name,
        )
        indexes: dict[str, list[tuple[Any, Any]]] = {}
        for index, column, part in found:
            indexes.setdefault(index, []).append((column, part))
        whole = [parts for parts in indexes.values() if all(c is not None and part is None for c, part in parts)]
        return [frozenset(column for column, _ in parts) for parts in whole]

    def check_target(self, table: TableName) -> None:
        """Some engines have no transactions."""
        found = self.ask(
            "select t.engine, e.transactions from information_schema.tables t join information_schema.engines e on "
            "e.engine = t.engine where t.table_schema = coalesce(?, database()) and t.table_name = ?",
            table.schema,
            table.name,
        )
        for engine, transactions in found:
            if transactions != "YES":
                raise UserError(
                    "db.no_transactions",
                    f"The table {table} has the engine {engine}, which cannot undo half a write; change it: "
                    f"alter table {qualified(self, table)} engine = InnoDB",
                )

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """With the types of `mysql_types`."""
        columns = [f"{self.quoted(field.name)} {types.sql_type(field.type)}" for field in schema]
        self._run(f"create table {qualified(self, table)} ({', '.join(columns)}) engine = InnoDB character set utf8mb4")

    def stage(self, table: TableName, columns: Sequence[str]) -> TableName:
        """Gone with the connection."""
        source = f"select {listed(self, columns)} from {qualified(self, table)} limit 0"
        self._run(f"create temporary table {_STAGING} engine = InnoDB as {source}")
        return TableName(_STAGING)

    def load(self, table: TableName, columns: Sequence[TableColumn], batches: Iterable[pa.RecordBatch]) -> None:
        """By INSERT of many rows each."""
        names = listed(self, (column.name for column in columns))
        start = f"insert into {qualified(self, table)} ({names}) values "
        for batch in batches:
            pieces: list[str] = []
            size = 0
            for row in converted(batch, types.convert):
                pieces.append(f"({','.join(map(types.literal, row))})")
                size += len(pieces[-1])
                if size > _STATEMENT_CHARACTERS:
                    self._run(start + ",".join(pieces))
                    pieces, size = [], 0
            if pieces:
                self._run(start + ",".join(pieces))

    def load_csv(
        self, table: TableName, columns: Sequence[TableColumn], file: CsvFile, wrote: Callable[[int], None]
    ) -> int:
        """LOAD DATA LOCAL lets the server ask for any file of this machine, so it stays off."""
        raise NotImplementedError

    def on_conflict(self, keys: Sequence[str], others: Sequence[str]) -> str:
        """ON DUPLICATE KEY."""
        changes = ", ".join(f"{name} = values({name})" for name in map(self.quoted, others or keys[:1]))
        return f" on duplicate key update {changes}"

    def trouble(self, error: Exception) -> Trouble | None:
        """By error number."""
        return trouble_of(error) if isinstance(error, OSError | pymysql.MySQLError) else None

    def _run(self, text: str) -> int:
        return self._connection.query(text)

    def _bound(self, sql: Sql) -> tuple[str, list[Any]]:
        """The text with `?`, and the values."""
        values: list[Any] = []

        def parameter(name: str) -> str:
            value = sql.parameters[name]
            values.append(as_json(value) if isinstance(value, dict | list) else value)
            return "?"

        return sql.written(parameter=parameter, identifier=self.quoted), values

    def _prepared(self, text: str, values: Sequence[Any]) -> str:
        """What runs the text with the values bound."""
        names = [f"@concertmaster_{number}" for number in range(len(values))]
        settings = [f"{name} = {types.literal(value)}" for name, value in zip(names, values, strict=True)]
        self._run(f"set {', '.join(settings)}, @concertmaster = {types.literal(text)}")
        self._run("prepare concertmaster from @concertmaster")
        return f"execute concertmaster using {', '.join(names)}"

    def _abandon(self) -> None:
        """Forget a result that was not read to its end; the driver would read it all."""
        result = self._connection._result
        if result is not None and result.unbuffered_active:
            result.unbuffered_active = False
            self._connection._force_close()

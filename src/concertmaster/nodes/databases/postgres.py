"""PostgreSQL through psycopg: server-side cursors for reading, COPY for writing, values always bound by the server."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import psycopg
import pyarrow as pa
from psycopg import sql as composed

from concertmaster import Sql, UserError
from concertmaster.nodes.databases import postgres_types as types
from concertmaster.nodes.databases.adapter import Bounds, CsvFile, Reach, TableColumn, TableName, listed, qualified
from concertmaster.nodes.databases.libpq import NO_FILE, authority
from concertmaster.nodes.databases.postgres_troubles import trouble_of, while_connecting
from concertmaster.nodes.databases.rows import as_json, batches_of, schema_of
from concertmaster.nodes.databases.troubles import Trouble, error_of

_CONNECT_SECONDS = 10
_STAGING = "concertmaster_rows"
_BLOCK_BYTES = 256 * 1024
_MARK = b"\xef\xbb\xbf"


def opened(values: Mapping[str, Any], context: Reach, bounds: Bounds, *, read_only: bool) -> Postgres:
    """Connect to a checked address.

    Raises:
        UserError, OperationalError: nothing was sent.
    """
    host, port = str(values["host"]), int(values["port"])
    addresses = context.addresses(host, port)
    limit_ms = round(bounds.timeout.total_seconds() * 1000) + 5_000
    settings = {
        "timezone": "UTC",
        "datestyle": "iso",
        "intervalstyle": "postgres",
        "lock_timeout": max(1, round(bounds.lock_timeout.total_seconds() * 1000)),
        # The server ends what a process of ours that died has left behind.
        "statement_timeout": min(limit_ms, 2**31 - 1),
    }
    with authority(values) as file:
        options: dict[str, Any] = {
            "host": ",".join([host] * len(addresses)),
            "hostaddr": ",".join(addresses),
            "port": port,
            "dbname": values["database"],
            "user": values["username"],
            "password": values.get("password"),
            "sslmode": values["sslmode"],
            "sslrootcert": file,
            # Nothing of the server's own account may help.
            "passfile": NO_FILE,
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": "concertmaster",
            "tcp_user_timeout": 60_000,
        }
        try:
            connection = psycopg.connect(
                **{name: value for name, value in options.items() if value is not None},
                autocommit=True,
                cursor_factory=psycopg.RawCursor,
            )
            for name, value in settings.items():
                connection.execute("select set_config($1, $2, false)", [name, str(value)])
        except psycopg.Error as error:
            raise error_of(while_connecting(error), Postgres.title, sent=False) from error
    if read_only:
        connection.read_only = True
    types.register(connection)
    return Postgres(connection)


class Postgres:
    """See `adapter.Database`."""

    title = "PostgreSQL"
    ddl_rolls_back = True
    reads_csv = True

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        # Of our own, so that the connection can be broken whatever the driver is doing.
        self._socket = socket.socket(fileno=os.dup(connection.pgconn.socket))

    def begin(self) -> None:
        """Statements that follow are one transaction."""
        self._connection.autocommit = False

    def commit(self) -> None:
        """Make it last."""
        self._connection.commit()

    def rollback(self) -> None:
        """Undo it."""
        self._connection.rollback()

    def cancel(self) -> None:
        """Ask the server to end the statement."""
        self._connection.cancel_safe(timeout=2)

    def sever(self) -> None:
        """Break the connection."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Leave; what was not committed is gone."""
        self._connection.close()
        self._socket.close()

    def quoted(self, name: str) -> str:
        """In double quotes."""
        return composed.Identifier(name).as_string(self._connection)

    def query(self, sql: Sql) -> Iterator[pa.Schema | pa.RecordBatch]:
        """Through a server-side cursor, which takes one SELECT and nothing else."""
        self.begin()
        text, values = _bound(sql, self.quoted)
        with psycopg.RawServerCursor(self._connection, "concertmaster") as cursor:
            cursor.execute(_own(text), values or None)
            fields = [types.field_of(column, self._connection) for column in cursor.description or ()]
            schema = schema_of(fields)
            yield schema
            yield from batches_of(cursor.fetchmany, fields, schema)

    def execute(self, sql: Sql) -> int:
        """In the extended protocol, which takes one statement."""
        text, values = _bound(sql, self.quoted)
        return max(0, self._connection.execute(_own(text), values, binary=True).rowcount)

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows for a question of ours."""
        for number in range(1, len(values) + 1):
            text = text.replace("?", f"${number}", 1)
        cursor = self._connection.execute(_own(text), values)
        return cursor.fetchall() if cursor.description else []

    def tables(self) -> list[str]:
        """Those on the search path, and others with their schema."""
        visible = (
            "case when pg_table_is_visible(oid) then relname else relnamespace::regnamespace || '.' || relname end"
        )
        found = self.ask(
            f"select {visible} from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') and relnamespace not in "
            "('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace) limit 5000"
        )
        return [name for (name,) in found]

    def columns(self, table: TableName | None) -> list[TableColumn]:
        """From the catalog."""
        array = "a.atttypid in (select oid from pg_type where typcategory = 'A')"
        if table is not None:
            found = self.ask(
                f"select attname, {array} from pg_attribute a where attrelid = to_regclass(?) and attnum > 0 and not "
                "attisdropped order by attnum",
                qualified(self, table),
            )
        else:
            found = self.ask(
                f"select distinct attname, {array} from pg_attribute a join pg_class c on c.oid = attrelid where "
                "relkind in ('r', 'p', 'v', 'm', 'f') and attnum > 0 and not attisdropped and relnamespace not in "
                "('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace) limit 5000"
            )
        return [TableColumn(name, array=is_array) for name, is_array in found]

    def unique_keys(self, table: TableName) -> list[frozenset[str]]:
        """Unique indexes over whole columns and all rows."""
        found = self.ask(
            "select array_agg(a.attname::text) from pg_index i cross join unnest(i.indkey) with ordinality k (n, o) "
            "join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n where i.indrelid = to_regclass(?) and "
            "i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null and k.o <= i.indnkeyatts "
            "group by i.indexrelid",
            qualified(self, table),
        )
        return [frozenset(names) for (names,) in found]

    def check_target(self, table: TableName) -> None:
        """Everything is transactional."""

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """With the types of `postgres_types`."""
        columns = [f"{self.quoted(field.name)} {types.sql_type(field.type)}" for field in schema]
        self._connection.execute(_own(f"create table {qualified(self, table)} ({', '.join(columns)})"))

    def stage(self, table: TableName, columns: Sequence[str]) -> TableName:
        """Gone at the end of the transaction."""
        source = f"select {listed(self, columns)} from {qualified(self, table)} with no data"
        self._connection.execute(_own(f"create temporary table {_STAGING} on commit drop as {source}"))
        return TableName(_STAGING, "pg_temp")

    def load(self, table: TableName, columns: Sequence[TableColumn], batches: Iterable[pa.RecordBatch]) -> None:
        """By COPY."""
        names = listed(self, (column.name for column in columns))
        statement = f"copy {qualified(self, table)} ({names}) from stdin (format csv)"
        with self._connection.cursor().copy(_own(statement)) as copy:
            for batch in batches:
                copy.write(types.csv_of(batch, columns))

    def load_csv(
        self, table: TableName, columns: Sequence[TableColumn], file: CsvFile, wrote: Callable[[int], None]
    ) -> int:
        """By COPY, as the file is."""
        names = listed(self, (column.name for column in columns))
        text = f"copy {qualified(self, table)} ({names}) from stdin (format csv, header true, encoding 'UTF8', "
        settings = {"delimiter": file.delimiter, "quote": file.quote, "null": file.null}
        text += ", ".join(f"{name} {_literal(value)}" for name, value in settings.items()) + ")"
        sent = 0
        cursor = self._connection.cursor()
        with file.path.open("rb") as source, cursor.copy(_own(text)) as copy:
            if source.read(len(_MARK)) != _MARK:
                source.seek(0)
            before = b"\n"
            while block := source.read(_BLOCK_BYTES):
                _refuse_end_mark(before + block, file)
                before = block[-4:]
                copy.write(block)
                sent += len(block)
                wrote(sent)
        return cursor.rowcount

    def on_conflict(self, keys: Sequence[str], others: Sequence[str]) -> str:
        """ON CONFLICT."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in map(self.quoted, others))
        return f" on conflict ({listed(self, keys)}) do " + (f"update set {changes}" if others else "nothing")

    def trouble(self, error: Exception) -> Trouble | None:
        """By SQLSTATE."""
        return trouble_of(error) if isinstance(error, psycopg.Error) else None


def _bound(sql: Sql, quote: Any) -> tuple[str, list[Any]]:
    """The text with `$1`, `$2`, ... and the values."""
    values: list[Any] = []

    def parameter(name: str) -> str:
        values.append(_value(sql.parameters[name]))
        return f"${len(values)}"

    return sql.written(parameter=parameter, identifier=quote), values


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return as_json(value)
    if isinstance(value, list | tuple):
        items = list(cast("Sequence[Any]", value))
        return as_json(items) if any(isinstance(item, dict | list) for item in items) else items
    return value


def _own(text: str) -> Any:
    """Text that is no literal of this program; what stands in it is quoted, and values are bound."""
    return composed.SQL(cast("Any", text))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _refuse_end_mark(block: bytes, file: CsvFile) -> None:
    r"""Servers before version 18 take a line `\.` for the end of everything."""
    if b"\\." in block and re.search(rb"\n\\\.\r?\n", block):
        raise UserError(
            "file.broken_row", f"{file.shown} has a line `\\.`, which ends the data for PostgreSQL; take it out"
        )

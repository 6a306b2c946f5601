"""DuckDB files of the workspace, locked to their file: no other files, no network, no extensions, no settings.

Trap: all connections of one process to a file share one instance of it, and their settings must be the same.
"""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from concertmaster import Sql, UserError
from concertmaster.data.relations import fit_for_arrow
from concertmaster.nodes.builtin.duck.columns import quoted
from concertmaster.nodes.databases.adapter import Bounds, CsvFile, Reach, TableColumn, TableName, listed, qualified
from concertmaster.nodes.databases.files import file_of
from concertmaster.nodes.databases.rows import BATCH_ROWS, plain, plain_type, refuse_double
from concertmaster.nodes.databases.troubles import Kind, Trouble, error_of

SETTINGS: Mapping[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "memory_limit": "1024MB",
    "threads": min(4, os.cpu_count() or 1),
}
_STAGING, _ROWS = "concertmaster_rows", "concertmaster_batches"
_PAUSE_SECONDS = 0.05
_KIND = re.compile(r"([\w ]+) Error: (.*)", re.DOTALL)
_KINDS: Mapping[str, Kind] = {
    "constraint": "constraint",
    "conversion": "value",
    "out of range": "value",
    "mismatch type": "value",
    "parser": "statement",
    "binder": "statement",
    "catalog": "statement",
    "invalid input": "statement",
    "not implemented": "statement",
    "permission": "statement",
    "interrupt": "ended",
    "out of memory": "full",
    "io": "failed",
}
_NO_TABLE = re.compile(r"Table with name (\S+) does not exist")
_NO_COLUMN = re.compile(r'Referenced column "(.*?)" (?:was )?not found|does not have a column named "(.*?)"')


def opened(values: Mapping[str, Any], context: Reach, bounds: Bounds, *, read_only: bool) -> Duckdb:
    """Open the file; one that is to be written is made.

    Raises:
        UserError, OperationalError: nothing was written.
    """
    path = file_of(str(values["path"]), context, make=not read_only)
    try:
        return Duckdb(opened_file(path, bounds, read_only=read_only, write=not values.get("read_only")), read_only)
    except duckdb.Error as error:
        raise error_of(_trouble(error), Duckdb.title, sent=False) from error


def opened_file(path: Path, bounds: Bounds, *, read_only: bool, write: bool) -> duckdb.DuckDBPyConnection:
    """A connection, as soon as nobody else is in the way.

    Those who read may share the file with other processes, unless this one writes it.
    """
    until = time.monotonic() + bounds.lock_timeout.total_seconds()
    ways = (True, False) if read_only and write else (read_only,)
    while True:
        for way in ways:
            try:
                return _locked(duckdb.connect(str(path), read_only=way, config=dict(SETTINGS)))
            except duckdb.Error as error:
                over = way == ways[-1] and (time.monotonic() > until or bounds.stopped())
                if over or not _is_held(error):
                    raise
        time.sleep(_PAUSE_SECONDS)


def _locked(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """With settings that SQL cannot change; who opens the instance first makes them for all."""
    with suppress(duckdb.InvalidInputException):
        connection.execute("set global TimeZone = 'UTC'")
        connection.execute("set global lock_configuration = true")
    return connection


def _is_held(error: Exception) -> bool:
    """Another process has the file, or this one with other rights."""
    return "lock on file" in str(error) or "different configuration" in str(error)


class Duckdb:
    """See `adapter.Database`."""

    title = "DuckDB"
    ddl_rolls_back = True
    reads_csv = False

    def __init__(self, connection: duckdb.DuckDBPyConnection, read_only: bool) -> None:
        self._connection = connection
        self._read_only = read_only

    def begin(self) -> None:
        """Statements that follow are one transaction."""
        self._connection.execute("begin transaction read only" if self._read_only else "begin transaction")

    def commit(self) -> None:
        """Make it last."""
        self._connection.commit()

    def rollback(self) -> None:
        """Undo it."""
        self._connection.rollback()

    def cancel(self) -> None:
        """End the statement."""
        self._connection.interrupt()

    def sever(self) -> None:
        """There is nobody else to leave."""
        self._connection.interrupt()

    def close(self) -> None:
        """Leave; what was not committed is gone."""
        self._connection.close()

    def quoted(self, name: str) -> str:
        """In double quotes."""
        return quoted(name)

    def query(self, sql: Sql) -> Iterator[pa.Schema | pa.RecordBatch]:
        """Rows are computed while they are read."""
        if len(duckdb.extract_statements(sql.text)) != 1:
            raise UserError("db.statement", "Only one SELECT is possible here")
        self.begin()
        # DuckDB gives a relation for what has rows, None for the rest.
        relation: Any = self._connection.sql(sql.text, params=sql.parameters or None)
        if relation is None:
            raise UserError("db.statement", "Only one SELECT is possible here; db.execute runs other statements")
        refuse_double(relation.columns)
        schema, batches = fit_for_arrow(relation, BATCH_ROWS)
        yield schema
        yield from batches

    def execute(self, sql: Sql) -> int:
        """One statement."""
        statements = duckdb.extract_statements(sql.text)
        if len(statements) != 1:
            raise UserError("db.statement", f"A statement by itself is needed; these are {len(statements)}")
        found = self._connection.execute(sql.text, sql.parameters or None).fetchall()
        counts = statements[0].type in (
            duckdb.StatementType.INSERT,
            duckdb.StatementType.UPDATE,
            duckdb.StatementType.DELETE,
        )
        single = len(found) == 1 and len(found[0]) == 1 and isinstance(found[0][0], int)
        return found[0][0] if counts and single else len(found) if counts else 0

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows for a question of ours."""
        return self._connection.execute(text, values or None).fetchall()

    def tables(self) -> list[str]:
        """Of the file."""
        found = self.ask(
            "select case when schema_name = current_schema() then name else schema_name || '.' || name end from "
            "(select schema_name, table_name as name from duckdb_tables() union all select schema_name, view_name "
            "from duckdb_views() where not internal) limit 5000"
        )
        return [name for (name,) in found]

    def columns(self, table: TableName | None) -> list[TableColumn]:
        """From the catalog."""
        text = "select column_name from duckdb_columns() where not internal and database_name = current_database()"
        if table is None:
            return [TableColumn(name) for (name,) in self.ask(f"{text} limit 5000")]
        found = self.ask(
            f"{text} and schema_name = coalesce(?, current_schema()) and lower(table_name) = lower(?) order by "
            "column_index",
            table.schema,
            table.name,
        )
        return [TableColumn(name) for (name,) in found]

    def unique_keys(self, table: TableName) -> list[frozenset[str]]:
        """Primary key and unique constraints, and unique indexes over columns."""
        found = self.ask(
            "select constraint_column_names from duckdb_constraints() where constraint_type in ('PRIMARY KEY', "
            "'UNIQUE') and schema_name = coalesce(?, current_schema()) and lower(table_name) = lower(?)",
            table.schema,
            table.name,
        )
        indexes = self.ask(
            "select expressions from duckdb_indexes() where is_unique and schema_name = coalesce(?, current_schema()) "
            "and lower(table_name) = lower(?)",
            table.schema,
            table.name,
        )
        names = [[name.strip(" '\"") for name in text.strip("[]").split(",")] for (text,) in indexes]
        return [frozenset(columns) for columns in [*(columns for (columns,) in found), *names]]

    def check_target(self, table: TableName) -> None:
        """Everything is transactional."""

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """With the types that DuckDB has for Arrow's."""
        plain_schema = pa.schema([(field.name, plain_type(field.type)) for field in schema])
        self._connection.register(_ROWS, plain_schema.empty_table())
        self._connection.execute(f"create table {qualified(self, table)} as select * from {_ROWS}")
        self._connection.unregister(_ROWS)

    def stage(self, table: TableName, columns: Sequence[str]) -> TableName:
        """Gone with the connection."""
        source = f"select {listed(self, columns)} from {qualified(self, table)} limit 0"
        self._connection.execute(f"create temporary table {_STAGING} as {source}")
        return TableName(_STAGING)

    def load(self, table: TableName, columns: Sequence[TableColumn], batches: Iterable[pa.RecordBatch]) -> None:
        """By INSERT of Arrow batches."""
        names = listed(self, (column.name for column in columns))
        for batch in batches:
            arrays = list(map(plain, batch.columns))
            self._connection.register(_ROWS, pa.Table.from_arrays(arrays, names=[column.name for column in columns]))
            self._connection.execute(f"insert into {qualified(self, table)} ({names}) select {names} from {_ROWS}")
            self._connection.unregister(_ROWS)

    def load_csv(
        self, table: TableName, columns: Sequence[TableColumn], file: CsvFile, wrote: Callable[[int], None]
    ) -> int:
        """Locked to its own file."""
        raise NotImplementedError

    def on_conflict(self, keys: Sequence[str], others: Sequence[str]) -> str:
        """ON CONFLICT."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in map(self.quoted, others))
        return f" on conflict ({listed(self, keys)}) do " + (f"update set {changes}" if others else "nothing")

    def trouble(self, error: Exception) -> Trouble | None:
        """By the kind that its text begins with; once rows flow, Arrow passes errors on as OSError."""
        known = isinstance(error, duckdb.Error) or (isinstance(error, OSError) and _KIND.match(str(error)) is not None)
        return _trouble(error) if known else None


def _trouble(error: Exception) -> Trouble:
    found = _KIND.match(str(error))
    kind, message = (found[1].lower(), found[2].strip()) if found else ("", str(error).strip())
    # The text of the statement below the first paragraph helps nobody who has it before them.
    message = message.partition("\n\nLINE ")[0]
    table, column = _NO_TABLE.search(message), _NO_COLUMN.search(message)
    if table is not None:
        return Trouble("unknown_table", message, missing=table[1])
    if column is not None:
        return Trouble("unknown_column", message, missing=column[1] or column[2])
    if _is_held(error):
        return Trouble("locked", message, fix="Another program has the file open; let it end, or raise `lock_timeout`")
    if "read-only mode" in message:
        return Trouble("read_only", message)
    if "onflict" in message and "transaction" in kind:
        return Trouble("conflict", message)
    if kind == "permission":
        return Trouble("statement", message, fix="A database file reaches no other file, no network and no settings")
    return Trouble(_KINDS.get(kind, "failed"), message)

"""SQLite files of the workspace. SQL reaches nothing but its file: ATTACH is refused, extensions stay off."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from concertmaster import Sql
from concertmaster.nodes.databases import sqlite_types as types
from concertmaster.nodes.databases.adapter import Bounds, CsvFile, Reach, TableColumn, TableName, listed, qualified
from concertmaster.nodes.databases.files import file_of
from concertmaster.nodes.databases.rows import Field, as_json, batches_of, converted, refuse_double, schema_of
from concertmaster.nodes.databases.troubles import Kind, Trouble, error_of

_STAGING = "concertmaster_rows"
# Bytes of a text, a blob or a row: `zeroblob(900000000)` takes them from the server at once.
LARGEST_VALUE = 64 * 1024 * 1024
# A wait inside of SQLite cannot be ended, so each is short.
_WAIT_SECONDS = 0.1
# Primary result codes; https://www.sqlite.org/rescode.html
_CODES: Mapping[int, Kind] = {
    3: "rights", 5: "locked", 6: "locked", 8: "read_only", 9: "ended", 11: "failed", 13: "full", 14: "unreachable",
    18: "value", 19: "constraint", 20: "value", 23: "rights", 26: "failed",
}  # fmt: skip
_NO_TABLE = re.compile(r"no such table: (?:main\.)?(.+)")
_NO_COLUMN = re.compile(r"no such column: (.+)|has no column named (.+)")
_AGAIN = re.compile(r"(.+):\d+", re.DOTALL)
# What they set is for the whole process, so for the server's own database too; a heap limit is never lifted again.
_OF_THE_PROCESS = frozenset({"hard_heap_limit", "soft_heap_limit", "temp_store_directory", "data_store_directory"})
_NOTHING_ELSE = (
    "A database file reaches no other file and nothing of the server, so ATTACH and pragmas such as hard_heap_limit "
    "are refused"
)


def opened(values: Mapping[str, Any], context: Reach, bounds: Bounds, *, read_only: bool) -> Sqlite:
    """Open the file; one that is to be written is made.

    Raises:
        UserError, OperationalError: nothing was written.
    """
    path = file_of(str(values["path"]), context, make=not read_only)
    try:
        return Sqlite(path, bounds, read_only=read_only, never_written=bool(values.get("read_only")))
    except sqlite3.Error as error:
        raise error_of(_trouble(error), Sqlite.title, sent=False) from error


class Sqlite:
    """See `adapter.Database`."""

    title = "SQLite"
    ddl_rolls_back = True
    reads_csv = False

    def __init__(self, path: Path, bounds: Bounds, *, read_only: bool, never_written: bool) -> None:
        self._bounds = bounds
        self._read_only = read_only
        # A log that a crash has left behind is only played back where the file may be written.
        mode = "ro" if never_written else "rw" if read_only else "rwc"
        self._connection = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            timeout=_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=0,
        )
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
        self._connection.set_authorizer(_allowed)
        self._patient("select count(*) from sqlite_schema")
        if read_only:
            self._connection.execute("pragma query_only = on")
        else:
            self._connection.execute("pragma foreign_keys = on")

    def begin(self) -> None:
        """Whoever writes has the file's lock from here on."""
        self._patient("begin" if self._read_only else "begin immediate")

    def commit(self) -> None:
        """Make it last; readers may hold that up."""
        self._patient("commit")

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
        return '"' + name.replace('"', '""') + '"'

    def query(self, sql: Sql) -> Iterator[pa.Schema | pa.RecordBatch]:
        """Values have types here, and columns do not: all rows are looked at first, in the same transaction."""
        text = sql.written(parameter=_marker, identifier=self.quoted).rstrip().removesuffix(";")
        values, inner = _values(sql), f"(\n{text}\n)"
        self.begin()
        described = self._connection.execute(f"select * from {inner} limit 0", values).description
        names = [str(column[0]) for column in described]
        # Inside of another query the second `id` is called `id:1`.
        refuse_double([found[1] if (found := _AGAIN.fullmatch(name)) and found[1] in names else name for name in names])
        fields = self._fields(names, inner, values)
        schema = schema_of(fields)
        yield schema
        cursor = self._connection.execute(f"select * from {inner}", values)
        yield from batches_of(cursor.fetchmany, fields, schema)

    def execute(self, sql: Sql) -> int:
        """One statement."""
        text = sql.written(parameter=_marker, identifier=self.quoted)
        return max(0, self._connection.execute(text, _values(sql)).rowcount)

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows for a question of ours."""
        return self._connection.execute(text, values).fetchall()

    def tables(self) -> list[str]:
        """Of the file."""
        found = self.ask("select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%'")
        return [name for (name,) in found]

    def columns(self, table: TableName | None) -> list[TableColumn]:
        """From the schema."""
        if table is None:
            return [column for name in self.tables()[:500] for column in self.columns(TableName(name))]
        found = self.ask("select name from pragma_table_info(?, ?)", table.name, table.schema or "main")
        return [TableColumn(name) for (name,) in found]

    def unique_keys(self, table: TableName) -> list[frozenset[str]]:
        """The primary key, and unique indexes over columns and all rows."""
        where = (table.name, table.schema or "main")
        found = [
            frozenset(name for (name,) in self.ask("select name from pragma_table_info(?, ?) where pk > 0", *where))
        ]
        indexes = self.ask('select name from pragma_index_list(?, ?) where "unique" and not partial', *where)
        for (index,) in indexes:
            names = [name for (name,) in self.ask("select name from pragma_index_info(?, ?)", index, where[1])]
            if None not in names:
                found.append(frozenset(names))
        return [names for names in found if names]

    def check_target(self, table: TableName) -> None:
        """Everything is transactional."""

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """With the types of `sqlite_types`."""
        columns = [f"{self.quoted(field.name)} {types.sql_type(field.type)}" for field in schema]
        self._connection.execute(f"create table {qualified(self, table)} ({', '.join(columns)})")

    def stage(self, table: TableName, columns: Sequence[str]) -> TableName:
        """Gone with the connection."""
        source = f"select {listed(self, columns)} from {qualified(self, table)} limit 0"
        self._connection.execute(f"create temporary table {_STAGING} as {source}")
        return TableName(_STAGING, "temp")

    def load(self, table: TableName, columns: Sequence[TableColumn], batches: Iterable[pa.RecordBatch]) -> None:
        """By one prepared INSERT."""
        names = listed(self, (column.name for column in columns))
        places = ", ".join("?" * len(columns))
        text = f"insert into {qualified(self, table)} ({names}) values ({places})"
        for batch in batches:
            self._connection.executemany(text, converted(batch, types.convert))

    def load_csv(
        self, table: TableName, columns: Sequence[TableColumn], file: CsvFile, wrote: Callable[[int], None]
    ) -> int:
        """SQLite reads no files."""
        raise NotImplementedError

    def on_conflict(self, keys: Sequence[str], others: Sequence[str]) -> str:
        """ON CONFLICT; without a WHERE before, `on` would be read as that of a join."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in map(self.quoted, others))
        return f" where true on conflict ({listed(self, keys)}) do " + (
            f"update set {changes}" if others else "nothing"
        )

    def trouble(self, error: Exception) -> Trouble | None:
        """By result code and text."""
        return _trouble(error) if isinstance(error, sqlite3.Error | OverflowError) else None

    def _fields(self, names: Sequence[str], inner: str, values: Mapping[str, Any]) -> list[Field]:
        kinds = ("integer", "real", "text", "blob")
        tests = [f"max(typeof({self.quoted(name)}) = '{kind}')" for name in names for kind in kinds]
        if not tests:
            return []
        found = self._connection.execute(f"select {', '.join(tests)} from {inner}", values).fetchone()
        return [
            types.field_of(name, {kind for kind, there in zip(kinds, found[4 * n : 4 * n + 4], strict=True) if there})
            for n, name in enumerate(names)
        ]

    def _patient(self, text: str) -> None:
        """Run it, waiting for locks of others in small pieces."""
        until = time.monotonic() + self._bounds.lock_timeout.total_seconds()
        while True:
            try:
                self._connection.execute(text)
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (5, 6) or time.monotonic() > until or self._bounds.stopped():
                    raise


def _allowed(action: int, first: str | None, *_rest: str | None) -> int:
    # VACUUM attaches a file without a name.
    refused = bool(first) if action == sqlite3.SQLITE_ATTACH else False
    if action == sqlite3.SQLITE_PRAGMA:
        refused = (first or "").lower() in _OF_THE_PROCESS
    return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK


def _marker(name: str) -> str:
    return f":{name}"


def _values(sql: Sql) -> dict[str, Any]:
    return {name: as_json(value) if isinstance(value, dict | list) else value for name, value in sql.parameters.items()}


def _trouble(error: Exception) -> Trouble:
    message = str(error)
    if isinstance(error, OverflowError):
        return Trouble("value", "a whole number does not fit into 64 bits")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    table, column = _NO_TABLE.search(message), _NO_COLUMN.search(message)
    if table is not None:
        return Trouble("unknown_table", message, missing=table[1])
    if column is not None:
        return Trouble("unknown_column", message, missing=column[1] or column[2])
    if code == 23:
        return Trouble("statement", message, fix=_NOTHING_ELSE)
    if code == 18:
        return Trouble("value", message, fix=f"No text, blob or row may have more than {LARGEST_VALUE:,} bytes here")
    if code in (11, 26):
        return Trouble(
            "failed", message, fix="Check that it is a SQLite file, and bring back a backup if it is damaged"
        )
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.Warning) or code == 1:
        return Trouble("statement", message)
    return Trouble(_CODES.get(code, "failed"), message)

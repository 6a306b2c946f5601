"""db.copy: rows in bulk into a database: from another one, from a CSV or Parquet file, or from a table."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from concertmaster import Connection, Context, File, Input, Options, Sql, Table, UserError, columns_of, node, tables_of
from concertmaster.nodes.builtin.csv.columns import COMPRESSED, CsvOptions
from concertmaster.nodes.builtin.csv.reading import as_utf8, read_csv
from concertmaster.nodes.builtin.csv.records import ready, refuse_long_record
from concertmaster.nodes.builtin.durations import Duration
from concertmaster.nodes.builtin.file_read import EAGER_LIMIT_BYTES, existing, format_of
from concertmaster.nodes.databases.adapter import CsvFile, TableName, qualified
from concertmaster.nodes.databases.csv_header import header_of
from concertmaster.nodes.databases.session import DatabaseType, Session, session
from concertmaster.nodes.databases.target import Target
from concertmaster.nodes.databases.writing import Rows, Written, write_csv, write_rows

Name = Annotated[str, Field(min_length=1, max_length=255)]
Sign = Annotated[str, Field(min_length=1, max_length=1)]


@node(
    id="db.copy",
    category="database",
    effect="write",
    idempotent=False,
    idempotent_by=("mode", ("upsert", "replace")),
    summary="table",
    icon="database-import",
    title="Copy into database",
)
def db_copy(
    connection: Connection[DatabaseType],
    table: Annotated[Name, Options(tables_of("connection", schema="schema"))],
    context: Context,
    rows: Input[Any] | None = None,
    source: Connection[DatabaseType] | None = None,
    source_table: Annotated[Name, Options(tables_of("source", schema="source_schema"))] | None = None,
    source_schema: Name | None = None,
    query: Sql | None = None,
    path: Annotated[str | None, Field(min_length=1, json_schema_extra={"format": "path"})] = None,
    mode: Literal["insert", "append", "upsert", "replace"] = "append",
    keys: tuple[Annotated[Name, Options(columns_of("connection", "table", schema="schema"))], ...] = (),
    schema: Name | None = None,
    delimiter: Sign | None = None,
    quote: Sign = '"',
    null: str = "",
    encoding: str = "utf-8",
    timeout: Duration = "1h",
    lock_timeout: Duration = "10s",
) -> Written:
    """Copy rows in bulk into a table of a database.

    From another database (`source`, with `source_table` or `query`), from a CSV or Parquet file of the workspace
    (`path`), or else what is wired in: a table, or such a file. All or nothing, as with `db.write`. The rows flow
    through: some ten thousand are in memory. PostgreSQL reads a CSV file itself, by COPY, when the table is there.
    Columns of a table that is there say what the texts of a CSV file are.

    Args:
        connection: Where to: a connection of type `postgres`, `mysql`, `sqlite` or `duckdb`.
        table: The table to write to.
        source: The database to read, a connection of one of these types.
        source_table: The table of it to copy.
        source_schema: Of that table, where it is not in the one that the connection starts in.
        query: In place of a table: one SELECT in the dialect of the source.
        path: A file of the workspace, CSV or Parquet by its ending.
        mode: `append` makes the table from the columns when it is missing; `insert`, `upsert` and `replace` as with
            `db.write`.
        keys: For an upsert: the columns that tell which row is which; the table needs a unique key over them.
        schema: Of the table, where it is not in the one that the connection starts in; for MySQL another database.
        delimiter: Sign between CSV fields; a comma when left out, a tab for `.tsv`.
        quote: Sign around CSV fields.
        null: What stands for "no value" in a CSV file, where it is not quoted.
        encoding: Of a CSV file: `utf-8`, `windows-1252`, `utf-16`, and so on.
        timeout: Of everything, such as `15m`; then the server is told to stop.
        lock_timeout: How long to wait for what others hold.

    Example:
        ```yaml
        concertmaster: 1
        name: flights-into-shop
        nodes:
          copy:
            type: db.copy
            config: {connection: shop, table: flights, path: flights.csv, null: NA}
        outputs: {rows: "{{ nodes.copy.rows }}"}
        ```
    """
    target = Target(TableName(table, schema), mode, keys)
    target.check()
    if source is not None and path is not None:
        raise UserError("db.no_source", "Set `source` or `path`, not both", sent=False)
    writing = partial(session, connection, context, timeout=timeout, lock_timeout=lock_timeout, read_only=False)
    if source is not None:
        asked = _asked(source_table, query)
        _refuse_same_file(source, connection)
        with session(source, context, timeout=timeout, lock_timeout=lock_timeout, read_only=True) as origin:
            if asked is None:
                from_ = TableName(str(source_table), source_schema)
                asked = Sql(f"select * from {qualified(origin.database, from_)}")
            pieces = origin.query(asked)
            found = Rows(next(pieces), pieces)
            with writing() as database:
                return write_rows(database, target, found, context)
    if path is None and isinstance(rows, Table):
        with writing() as database:
            return write_rows(database, target, Rows.of(rows), context)
    file = _Source(*_file(rows, path, context), delimiter, quote, null, encoding)
    with writing() as database:
        return file.as_it_is(database, target, context) or write_rows(
            database, target, file.rows(database, target, context), context
        )


@dataclass(frozen=True, slots=True)
class _Source:
    """A file to copy, CSV or Parquet."""

    path: Path
    shown: str
    delimiter: str | None
    quote: str
    null: str
    encoding: str

    def as_it_is(self, database: Session, target: Target, context: Context) -> Written | None:
        """Read by the database; None where it cannot."""
        if self._format() != "csv" or self.path.suffix in COMPRESSED:
            return None
        with as_utf8(self.path, self.shown, self.encoding, context.scratch) as text:
            refuse_long_record(text, self.shown, self.quote)
            header = header_of(text, self.shown, delimiter=self._sign(), quote=self.quote)
            file = CsvFile(text, self.shown, self._sign(), self.quote, self.null)
            return write_csv(database, target, file, header, context)

    def rows(self, database: Session, target: Target, context: Context) -> Rows:
        """Read here; the columns of CSV are text where a table is there to say what they are."""
        if self._format() == "parquet":
            return Rows.in_file(self.path)
        options = CsvOptions(self._sign(), self.quote, nulls=(self.null,))
        copied = context.scratch() / "copied.parquet"
        with as_utf8(self.path, self.shown, self.encoding, context.scratch) as text:
            options = ready(text, self.shown, options)
            if database.database.columns(target.table) and text.stat().st_size:
                header = pl.read_csv(text, n_rows=0, infer_schema=False, **options.arguments()).columns
                options = replace(options, types={name: pl.String() for name in header})
            large = text.stat().st_size > EAGER_LIMIT_BYTES
            frame = read_csv(text, self.shown, options, spill=context.scratch() / "rows.parquet" if large else None)
            frame.sink_parquet(copied, compression="lz4")
        return Rows.in_file(copied)

    def _format(self) -> str:
        known = format_of(self.path, self.shown)
        if known not in ("csv", "parquet"):
            raise UserError(
                "file.unknown_format",
                f"{self.shown} is {known}; db.copy takes CSV and Parquet. Read it with file.read and wire that in",
                path=self.shown,
            )
        return known

    def _sign(self) -> str:
        return self.delimiter or ("\t" if ".tsv" in self.path.suffixes else ",")


def _file(rows: Any, path: str | None, context: Context) -> tuple[Path, str]:
    if path is not None:
        return existing(path, context), path
    if isinstance(rows, File):
        return rows.path, rows.name
    raise UserError(
        "db.no_source", "There is nothing to copy: set `source` or `path`, or wire in a table or a file", sent=False
    )


def _asked(table: str | None, query: Sql | None) -> Sql | None:
    if (table is None) == (query is None):
        raise UserError("db.no_source", "With `source`, set either `source_table` or `query`", sent=False)
    return query


def _refuse_same_file(source: Connection[Any], target: Connection[Any]) -> None:
    """Reading a file would keep the same file from being written."""
    place = (source.type, source.values.get("path"))
    if source.type in ("sqlite", "duckdb") and place == (target.type, target.values.get("path")):
        raise UserError(
            "db.same_file",
            "Both connections are the same file; use db.execute: insert into ... select ... from ...",
            sent=False,
        )

"""A locked DuckDB session over a node's inputs: it reads them, spills into scratch, and reaches nothing else.

Source of the measures: https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from concertmaster import Context, OperationalError, Sql, Table, UserError
from concertmaster.nodes.builtin.deferred import deferred
from concertmaster.nodes.builtin.duck.check import check_query
from concertmaster.nodes.builtin.duck.columns import quoted, unknown_column

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    Source = Table | pl.DataFrame | pl.LazyFrame | pa.Table
else:
    duckdb, pa = deferred("duckdb"), deferred("pyarrow")

DEFAULT_MEMORY_MB = 1024
_THREADS = 4
_BATCH_ROWS = 128 * 1024
_WATCH_SECONDS = 0.05
_MISSING_COLUMN = re.compile(r'Referenced column "(.*?)" (?:was )?not found|does not have a column named "(.*?)"')
_KIND = re.compile(r"([\w ]+) Error: (.*)", re.DOTALL)
_BIG_INTEGERS = ("HUGEINT", "UHUGEINT")


class Session:
    """One query over named inputs; use it once."""

    def __init__(
        self, inputs: Mapping[str, Source], context: Context | None, *, memory_mb: int = DEFAULT_MEMORY_MB
    ) -> None:
        self._context = context
        self._memory_mb = memory_mb
        self._columns = {name: _columns(source) for name, source in inputs.items()}
        self.con = _locked(inputs, context, memory_mb)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of all inputs."""
        return tuple(dict.fromkeys(name for columns in self._columns.values() for name in columns))

    def query(self, sql: Sql) -> pa.RecordBatchReader:
        """Run one SELECT; rows are computed while they are read.

        Raises:
            UserError: the query is refused (`check.py`), or `sql.unknown_column`, `sql.invalid`, `sql.failed`.
            OperationalError: `sql.out_of_memory`; `sql.cancelled`.
        """
        self.check_identifiers(sql)
        check_query(self.con, sql.text, tuple(self._columns))
        rows = self._rows(sql)
        # The first item is the schema: with it the query is bound, and most failures have happened.
        schema = next(rows)
        assert isinstance(schema, pa.Schema)
        batches: Iterator[Any] = rows
        return pa.RecordBatchReader.from_batches(schema, batches)

    def check_identifiers(self, sql: Sql) -> None:
        """Refuse `{{ ... | ident }}` that names no column.

        Raises:
            UserError: `sql.unknown_column`.
        """
        known = {name.lower() for name in self.columns}
        for name in sql.identifiers:
            if name.lower() not in known:
                raise unknown_column(name, self.columns)

    def _rows(self, sql: Sql) -> Iterator[pa.Schema | pa.RecordBatch]:
        done = threading.Event()
        try:
            if self._context is not None:
                threading.Thread(target=self._interrupt_when_cancelled, args=(done,), daemon=True).start()
            relation = self.con.sql(sql.text, params=sql.parameters or None)
            _refuse_double_columns(relation.columns)
            too_big = [n for n, type_ in enumerate(relation.types) if str(type_) in _BIG_INTEGERS]
            reader = relation.to_arrow_reader(_BATCH_ROWS)
            schema = reader.schema
            for n in too_big:
                schema = schema.set(n, schema.field(n).with_type(pa.int64()))
            yield schema
            for batch in reader:
                yield batch if not too_big else _narrowed(batch, schema)
        except (duckdb.Error, OSError) as error:
            # Once rows flow, Arrow passes DuckDB's errors on as OSError; the message starts alike in both.
            raise self._explained(error) from error
        finally:
            done.set()
            self.con.close()

    def _interrupt_when_cancelled(self, done: threading.Event) -> None:
        while not done.wait(_WATCH_SECONDS):
            if self._context is not None and self._context.cancelled():
                self.con.interrupt()

    def _explained(self, error: Exception) -> Exception:
        found = _KIND.match(str(error))
        kind, message = (found[1].lower(), found[2].strip()) if found else ("", str(error).strip())
        missing = _MISSING_COLUMN.search(message)
        if missing:
            return unknown_column(missing[1] or missing[2], self.columns)
        match kind:
            case "interrupt":
                return OperationalError("sql.cancelled", "The query was cancelled", retryable=False)
            case "out of memory":
                return OperationalError(
                    "sql.out_of_memory",
                    f"The query needs more than {self._memory_mb} MB of memory: select fewer columns, aggregate "
                    "earlier, or raise `memory_mb`",
                    retryable=False,
                )
            case "io":
                return OperationalError("sql.io", f"The query could not read its inputs or spill to disk: {message}")
            case "permission":
                reason = message.split("\n", 1)[0]
                return UserError("sql.not_allowed", f"{reason}. A query can only SELECT from its inputs")
            case "binder" | "catalog" | "parser":
                return UserError("sql.invalid", message)
            case _:
                return UserError("sql.failed", message)


def _locked(inputs: Mapping[str, Source], context: Context | None, memory_mb: int) -> duckdb.DuckDBPyConnection:
    settings: dict[str, Any] = {
        "memory_limit": f"{memory_mb}MB",
        "threads": min(_THREADS, os.cpu_count() or 1),
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "temp_directory": str(context.scratch()) if context else "",
    }
    con = duckdb.connect(":memory:", config=settings)
    paths = [str(source.path) for source in inputs.values() if isinstance(source, Table)]
    con.execute(f"SET allowed_paths = [{', '.join(map(_literal, paths))}]")
    for name, source in inputs.items():
        if isinstance(source, Table):
            con.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM read_parquet({_literal(str(source.path))})")
        else:
            con.register(name, _arrow(source))
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def _columns(source: Source) -> list[str]:
    if isinstance(source, Table):
        return [column.name for column in source.columns]
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        return source.lazy().collect_schema().names()
    return source.column_names


def _arrow(source: pl.DataFrame | pl.LazyFrame | pa.Table) -> pa.Table:
    return source.lazy().collect().to_arrow() if isinstance(source, pl.DataFrame | pl.LazyFrame) else source


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _refuse_double_columns(columns: list[str]) -> None:
    double = next((name for name in columns if columns.count(name) > 1), None)
    if double is not None:
        raise UserError("sql.double_column", f"The result has two columns '{double}'; rename one of them with AS")


def _narrowed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """DuckDB sums integers into 128 bits, which no other tool reads; back to 64."""
    try:
        return pa.RecordBatch.from_arrays(
            [column.cast(schema.field(n).type) for n, column in enumerate(batch.columns)], schema=schema
        )
    except pa.ArrowInvalid as error:
        raise UserError(
            "sql.failed", f"A sum does not fit into 64 bits ({error}); sum decimals: sum(x::double)"
        ) from error

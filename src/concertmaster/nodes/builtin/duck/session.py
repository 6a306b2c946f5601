"""A locked DuckDB session over a node's inputs: it reads them, spills to disk, and reaches nothing else."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from concertmaster import Context, OperationalError, Sql, Table, UserError
from concertmaster.nodes.builtin.duck import instances, slots
from concertmaster.nodes.builtin.duck.check import check_query
from concertmaster.nodes.builtin.duck.columns import literal, quoted, refuse_alike, unknown_column
from concertmaster.nodes.builtin.duck.watching import interrupting
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from concertmaster.data import relations

    Source = Table | Path | pl.DataFrame | pl.LazyFrame | pa.Table
else:
    duckdb, pa, relations = deferred("duckdb"), deferred("pyarrow"), deferred("concertmaster.data.relations")

DEFAULT_MEMORY_MB = 1024
_BATCH_ROWS = 128 * 1024
_MISSING_COLUMN = re.compile(r'Referenced column "(.*?)" (?:was )?not found|does not have a column named "(.*?)"')
# What `Query.fail` and bounds.py raise inside of a query: an error with a code of its own.
_OWN = re.compile(r"\x02([\w.]+)\x02([^\x02]*)")
_KIND = re.compile(r"([\w ]+) Error: (.*)", re.DOTALL)


class Session:
    """One query over named inputs; use it once."""

    def __init__(
        self, inputs: Mapping[str, Source], context: Context | None, *, memory_mb: int = DEFAULT_MEMORY_MB
    ) -> None:
        self._context = context
        self._memory_mb = memory_mb
        self._columns = {name: _columns(source) for name, source in inputs.items()}
        for names in self._columns.values():
            refuse_alike(names)
        files = {name: path for name, source in inputs.items() if (path := _file(source)) is not None}
        self.con, self._slot, places = _connected(files, context, memory_mb)
        for name, source in inputs.items():
            if name in places:
                file = f"read_parquet({literal(str(places[name]))})"
                shown = relations.every_column(source.columns) if isinstance(source, Table) else "*"
                self._name(name, f"SELECT {shown} FROM {file}")
            else:
                self.con.register(name, _arrow(cast("pl.DataFrame | pl.LazyFrame | pa.Table", source)))

    def _name(self, name: str, rows: str) -> None:
        """Let queries ask for the rows of a SELECT by a name."""
        self.con.execute(f"CREATE TEMP VIEW {quoted(name)} AS {rows}")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of all inputs."""
        return tuple(dict.fromkeys(name for columns in self._columns.values() for name in columns))

    @property
    def circumstances(self) -> tuple[Context | None, int]:
        """The attempt's context, and the limit of memory in MB."""
        return self._context, self._memory_mb

    def columns_of(self, table: str) -> dict[str, str]:
        """Names of the columns of one input to their DuckDB types."""
        relation = self.con.table(table)
        return dict(zip(relation.columns, map(str, relation.types), strict=True))

    def ask(self, sql: Sql) -> list[tuple[Any, ...]]:
        """The few rows of a question that has to be answered before the query: blocks until they are there.

        Raises:
            UserError, OperationalError: as for `query`.
        """
        check_query(self.con, sql.text, tuple(self._columns))
        with self._watched():
            return self.con.execute(sql.text, sql.parameters or None).fetchall()

    def query(self, sql: Sql) -> pa.RecordBatchReader:
        """Run one SELECT; rows are computed while they are read.

        Raises:
            UserError: the query is refused (`check.py`), or `sql.unknown_column`, `sql.invalid`, `sql.failed`.
            OperationalError: `sql.out_of_memory`; `sql.cancelled`.
        """
        self.check_identifiers(sql)
        check_query(self.con, sql.text, tuple(self._columns))
        return self.run(sql)

    def run(self, sql: Sql) -> pa.RecordBatchReader:
        """Run a query that was checked."""
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
        well = False
        try:
            yield from self._computed(sql)
            well = True
        finally:
            self._end(well=well)

    def _computed(self, sql: Sql) -> Iterator[pa.Schema | pa.RecordBatch]:
        with self._watched():
            relation = self.con.sql(sql.text, params=sql.parameters or None)
            refuse_double_columns(relation.columns)
            schema, batches = relations.fit_for_arrow(relation, _BATCH_ROWS)
            yield schema
            yield from batches

    def _end(self, *, well: bool) -> None:
        self.con.close()
        if self._slot is None:
            instances.prepare()
        elif well:
            slots.give_back(self._slot)
        else:
            self._slot.close()

    @contextmanager
    def _watched(self) -> Generator[None]:
        """Work of DuckDB that ends when the attempt is cancelled, and whose errors say what to do."""
        try:
            with nullcontext() if self._context is None else interrupting(self.con, self._context.cancelled):
                yield
        except (duckdb.Error, OSError) as error:
            # Once rows flow, Arrow passes DuckDB's errors on as OSError; the message starts alike in both.
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> Exception:
        found = _KIND.match(str(error))
        kind, message = (found[1].lower(), found[2].strip()) if found else ("", str(error).strip())
        if own := _OWN.search(message):
            return UserError(own[1], own[2])
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
            case "catalog" if message.endswith("is not an aggregate function"):
                what = f"{message.removesuffix(' is not an aggregate function')}() looks at one row"
                return UserError("sql.no_window", f"{what}; put `over w` after what is inside: `round(sum(x) over w)`")
            case "binder" | "catalog" | "parser":
                return UserError("sql.invalid", message)
            case _:
                return UserError("sql.failed", message)


def _connected(
    files: Mapping[str, Path], context: Context | None, memory_mb: int
) -> tuple[duckdb.DuckDBPyConnection, slots.Slot | None, Mapping[str, Path]]:
    """A connection that reaches nothing but these files, its slot if it has one, and where the files are for it."""
    home = getattr(context, "lasting", None)
    if home is not None:
        slot = slots.take(home, memory_mb)
        try:
            linked = {name: slot.link(path) for name, path in files.items()}
        except OSError:
            # A file of another disk; or the folder has gone, which the shelf sees.
            slots.give_back(slot)
        else:
            return slot.connect(), slot, linked
    spill = None if context is None else context.scratch()
    return instances.locked(memory_mb=memory_mb, spill=spill, paths=files.values()), None, files


def _columns(source: Source) -> list[str]:
    if isinstance(source, Table):
        return [column.name for column in source.columns]
    if isinstance(source, Path):
        return list(pl.read_parquet_schema(source))
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        return source.lazy().collect_schema().names()
    return source.column_names


def _arrow(source: pl.DataFrame | pl.LazyFrame | pa.Table) -> pa.Table:
    if not isinstance(source, pl.DataFrame | pl.LazyFrame):
        return source
    # DuckDB reads text as Polars has it in memory, so nothing is copied.
    return source.lazy().collect().to_arrow(compat_level=pl.CompatLevel.newest())


def _file(source: Source) -> Path | None:
    return source.path if isinstance(source, Table) else source if isinstance(source, Path) else None


def refuse_double_columns(columns: list[str]) -> None:
    """Refuse a result with two columns of one name.

    Raises:
        UserError: `sql.double_column`.
    """
    double = next((name for name in columns if columns.count(name) > 1), None)
    if double is not None:
        raise UserError("sql.double_column", f"The result has two columns '{double}'; rename one of them with AS")

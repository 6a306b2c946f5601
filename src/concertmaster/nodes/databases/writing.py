"""Writing rows: one transaction, so that a write that fails half way leaves nothing."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportUnknownLambdaType=false
from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from concertmaster import Context, Table, UserError
from concertmaster.nodes.databases.adapter import CsvFile, Database, TableColumn, TableName, listed, qualified
from concertmaster.nodes.databases.session import Session
from concertmaster.nodes.databases.target import Target, check_keys, matched, named, refuse_bad_keys, unknown_table
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from concertmaster.nodes.databases import rows as arrow_rows
else:
    pa, pq = deferred("pyarrow"), deferred("pyarrow.parquet")
    arrow_rows = deferred("concertmaster.nodes.databases.rows")

_WRITTEN_ROWS = 32 * 1024
_WRITTEN_BYTES = 32 * 1024 * 1024


class Written(TypedDict):
    """What a write came to: rows and bytes that went in, and whether the table was made for them."""

    table: str
    mode: str
    rows: int
    bytes: int
    made: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows on their way.

    Attributes:
        batches: have the types of `schema`; read once.
        total: how many there will be, None when nobody knows.
    """

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    total: int | None = None

    @staticmethod
    def of(table: Table) -> Rows:
        """The rows of a table, of which a batch is in memory."""
        return Rows.in_file(table.path)

    @staticmethod
    def in_file(path: Path) -> Rows:
        """The rows of a Parquet file, of which a batch is in memory.

        Raises:
            UserError: `file.unreadable`.
        """
        try:
            file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise UserError(
                "file.unreadable", f"{path.name} is no complete Parquet file: {error}. Write it again", sent=False
            ) from error
        told = file.metadata
        size = sum(told.row_group(n).total_byte_size for n in range(told.num_row_groups))
        each = arrow_rows.rows_in(_WRITTEN_BYTES, size, told.num_rows, most=_WRITTEN_ROWS)
        return Rows(file.schema_arrow, file.iter_batches(batch_size=each), told.num_rows)


def write_rows(session: Session, target: Target, rows: Rows, context: Context) -> Written:
    """Write rows, all or nothing.

    Raises:
        UserError: `db.unknown_table`, `db.unknown_column`, `db.keys`, `db.no_unique_key`,
            `db.key_twice`, `db.key_missing`, `db.no_transactions`, or what the database refuses.
    """
    database = session.database
    made, columns = _prepared(session, target, rows.schema.names, lambda: rows.schema)
    counted = _Counted(rows, session, context)
    with _undoing(database, target, made=made):
        _fill(session, target, columns, lambda into: database.load(into, columns, counted))
        session.commit()
    return _written(target, counted.rows, counted.bytes, made, context)


def write_csv(
    session: Session, target: Target, file: CsvFile, header: Sequence[str], context: Context
) -> Written | None:
    """Have the database read a CSV file, all or nothing; None where it cannot, or there is no such table.

    Raises:
        UserError: see `write_rows`.
    """
    database = session.database
    if not (database.reads_csv and database.columns(target.table)):
        return None
    made, columns = _prepared(session, target, header, None)
    size = file.path.stat().st_size
    counts: list[int] = []

    def wrote(sent: int) -> None:
        session.check()
        context.progress(sent, size)

    _fill(session, target, columns, lambda into: counts.append(database.load_csv(into, columns, file, wrote)))
    session.commit()
    return _written(target, counts[0], size, made, context)


def _prepared(
    session: Session, target: Target, names: Sequence[str], schema: Callable[[], pa.Schema] | None
) -> tuple[bool, list[TableColumn]]:
    """Start the transaction; whether the table was made, and its column for each name."""
    database, table = session.database, target.table
    target.check()
    known = database.columns(table)
    if not known and (schema is None or target.mode in ("insert", "upsert")):
        raise unknown_table(database, target)
    if not known and schema is not None:
        if not names:
            raise UserError("db.unknown_column", f"There are no columns to make the table {table} of", sent=False)
        if database.ddl_rolls_back:
            database.begin()
            database.create(table, schema())
        else:
            database.create(table, schema())
            database.begin()
        return True, matched(database.columns(table), names, table)
    columns = matched(known, names, table)
    database.check_target(table)
    if target.mode == "upsert":
        check_keys(database, target, columns)
    database.begin()
    return False, columns


def _fill(session: Session, target: Target, columns: Sequence[TableColumn], load: Callable[[TableName], None]) -> None:
    """Bring the rows to their table, inside of the transaction."""
    database, table = session.database, target.table
    if target.mode == "replace":
        database.ask(f"delete from {qualified(database, table)}")
    if target.mode != "upsert":
        return load(table)
    names = [column.name for column in columns]
    staging = database.stage(table, names)
    load(staging)
    keys = named(target.keys, columns)
    refuse_bad_keys(database, staging, keys)
    others = [name for name in names if name not in keys]
    source = f"select {listed(database, names)} from {qualified(database, staging)}"
    end = database.on_conflict(keys, others)
    session.check()
    database.ask(f"insert into {qualified(database, table)} ({listed(database, names)}) {source}{end}")
    return None


@contextmanager
def _undoing(database: Database, target: Target, *, made: bool) -> Generator[None]:
    """Takes a table away that was made for rows which did not arrive, where no rollback does."""
    try:
        yield
    except BaseException:
        if made and not database.ddl_rolls_back:
            with suppress(Exception):
                database.rollback()
                database.ask(f"drop table {qualified(database, target.table)}")
        raise


class _Counted:
    """The batches, counted as they pass; they stop when the attempt should end."""

    def __init__(self, rows: Rows, session: Session, context: Context) -> None:
        self.rows = 0
        self.bytes = 0
        self._source = rows
        self._session = session
        self._context = context

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source.batches:
            self._session.check()
            self.rows += batch.num_rows
            self.bytes += batch.nbytes
            if batch.num_rows:
                yield batch
            self._context.progress(self.rows, self._source.total)


def _written(target: Target, rows: int, size: int, made: bool, context: Context) -> Written:
    context.logger.info("%s rows (%s bytes) written to %s, mode %s", rows, size, target.table, target.mode)
    return Written(table=str(target.table), mode=target.mode, rows=rows, bytes=size, made=made)

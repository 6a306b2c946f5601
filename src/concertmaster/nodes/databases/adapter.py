"""Database: what nodes ask of a database, whichever it is; one adapter an engine implements it.

Adapters raise the errors of their drivers as they are; `session.py` makes sentences of them (`troubles.py`).
"""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from concertmaster import Sql

if TYPE_CHECKING:
    import pyarrow as pa

    from concertmaster.nodes.databases.troubles import Trouble


class Reach(Protocol):
    """What a database needs of a `Context`."""

    def cancelled(self) -> bool: ...

    def path(self, relative: str | Path, *, write: bool = False) -> Path: ...

    def addresses(self, host: str, port: int) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long things may take.

    Attributes:
        timeout: all of it, from the first statement to the last row.
        lock_timeout: waiting for what others hold.
        stopped: whether the attempt should end.
    """

    timeout: timedelta
    lock_timeout: timedelta
    stopped: Callable[[], bool]

    @staticmethod
    def none() -> Bounds:
        """For those who neither wait nor are in a hurry."""
        return Bounds(timedelta(days=1), timedelta(), lambda: False)


@dataclass(frozen=True, slots=True)
class TableName:
    """A table; `schema` is None for the one that the connection starts in."""

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table; `array` where it takes PostgreSQL's arrays."""

    name: str
    array: bool = False


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file in UTF-8 whose values the database reads itself."""

    path: Path
    shown: str
    delimiter: str
    quote: str
    null: str


class Database(Protocol):
    """A connection to a database, used by one thread; `cancel` and `sever` are called from another."""

    title: str
    ddl_rolls_back: bool
    """Whether a table that was made in a transaction goes with it."""
    reads_csv: bool
    """Whether it takes a CSV file as it is."""

    def begin(self) -> None:
        """Start a transaction."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def cancel(self) -> None:
        """End the statement that runs, if any; it fails then."""
        ...

    def sever(self) -> None:
        """Break the connection, because `cancel` was not heard."""
        ...

    def close(self) -> None: ...

    def quoted(self, name: str) -> str:
        """A name as an identifier."""
        ...

    def query(self, sql: Sql) -> Iterator[pa.Schema | pa.RecordBatch]:
        """Run one SELECT: first its schema, then its rows, of which a batch is in memory."""
        ...

    def execute(self, sql: Sql) -> int:
        """Run one statement. Returns how many rows it changed, 0 where that means nothing."""
        ...

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows for a question of ours; `?` stands for a value."""
        ...

    def tables(self) -> list[str]:
        """Names of tables and views that can be reached without naming a schema; for messages."""
        ...

    def columns(self, table: TableName | None) -> list[TableColumn]:
        """The columns of a table, none when it does not exist; of all tables where none is named."""
        ...

    def unique_keys(self, table: TableName) -> list[frozenset[str]]:
        """The columns of each unique key that holds for all rows."""
        ...

    def check_target(self, table: TableName) -> None:
        """Refuse a table that cannot be written all or nothing."""
        ...

    def create(self, table: TableName, schema: pa.Schema) -> None:
        """Make a table for rows of these types."""
        ...

    def stage(self, table: TableName, columns: Sequence[str]) -> TableName:
        """Make an empty temporary table with some columns of another."""
        ...

    def load(self, table: TableName, columns: Sequence[TableColumn], batches: Iterable[pa.RecordBatch]) -> None:
        """Add rows in bulk; the batches have these columns in this order."""
        ...

    def load_csv(
        self, table: TableName, columns: Sequence[TableColumn], file: CsvFile, wrote: Callable[[int], None]
    ) -> int:
        """Have the database read a CSV file with a header, where `reads_csv`. Returns how many rows it has.

        Args:
            wrote: called with how many bytes were sent.
        """
        ...

    def on_conflict(self, keys: Sequence[str], others: Sequence[str]) -> str:
        """The end of an INSERT whose rows replace those with the same key."""
        ...

    def trouble(self, error: Exception) -> Trouble | None:
        """What an error of the driver means; None when it is none of the driver's."""
        ...


def qualified(database: Database, table: TableName) -> str:
    """A table as it stands in SQL."""
    name = database.quoted(table.name)
    return f"{database.quoted(table.schema)}.{name}" if table.schema else name


def listed(database: Database, names: Iterable[str]) -> str:
    """Columns as they stand in SQL."""
    return ", ".join(map(database.quoted, names))

"""In what databases differ, as one Protocol; `sqlite.py` and `postgres.py` are the two answers.

Trap: nothing outside these files may ask which database it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Lease, Named, Slots
from concertmaster.storage.notices import Listeners, Notices

if TYPE_CHECKING:
    from concertmaster.storage.database import Database
    from concertmaster.storage.leases import FormerOwner, OnLost
    from concertmaster.storage.notifications import Listener

ColumnType = Literal["text", "bigint", "bytes"]


class Bulk(Protocol):
    """A statement over many rows, run in few steps."""

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Execute for all rows; returns the rows changed in the database."""
        ...

    def send(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute for all rows before the writer's transaction ends; an error shows then. Nothing that comes later in
        the transaction may depend on it."""
        ...

    def fetch(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Execute for all rows; returns what the statement gives back."""
        ...


class CommitRules(Protocol):
    """What the group writer has to know of its database.

    Attributes:
        separate: lanes, and each call, get transactions of their own: other processes lock rows too, and whoever
            holds rows while he waits for others may wait for ever.
    """

    separate: bool

    def is_transient(self, error: BaseException) -> bool:
        """Whether the same write may succeed later: disk full, database busy, connection lost."""
        ...

    def seal(self, connection: Connection, notices: Notices, number: int) -> None:
        """Last in a transaction: tell other processes with its commit, and leave its number, if it wrote anything."""
        ...

    def outcome(self, connection: Connection, number: int) -> bool | None:
        """Whether the transaction with this number, the last one of this process, was committed, where its commit
        failed in a way that does not tell; None: it is still under way."""
        ...

    def after_group(self, connection: Connection, idle: bool) -> bool:
        """Tidy between groups, or when there is nothing to do; returns whether something is left."""
        ...


class Dialect(CommitRules, Protocol):
    """A kind of database.

    Attributes:
        kind: `sqlite` or `postgresql`.
        shared: several processes may write at one time.
        now_sql: the database's own clock as SQL, in microseconds since 1970.
        url: where it is.
        place: what to call it in messages, without a password.
        readers: reading connections.
    """

    kind: str
    shared: bool
    now_sql: str
    url: URL
    place: str
    readers: int

    def writing(self) -> Engine:
        """Connections that write, opened anew each time."""
        ...

    def reading(self) -> Engine:
        """A pool of `readers` connections that cannot write, and see one moment in each transaction."""
        ...

    def demand_usable(self) -> None:
        """Raise OperationalError `database.unavailable` when it could be opened and yet not written."""
        ...

    def unavailable(self, error: BaseException) -> OperationalError:
        """`database.unavailable` with the remedy: it cannot be opened."""
        ...

    def bulk(self, statement: str, *columns: ColumnType) -> Bulk:
        """A statement over many rows.

        Args:
            statement: SQL with `{rows}` where a table of the rows stands, its columns called column1, column2, ...:
                `INSERT INTO t (a, b) {rows}`, `UPDATE t SET a = v.column2 FROM ({rows}) AS v WHERE t.id = v.column1`.
            columns: the type of each value in a row.
        """
        ...

    def lock_keys(self, connection: Connection, keys: Sequence[str]) -> None:
        """Wait for the exclusive right to these keys, and keep it until the transaction ends."""
        ...

    def end_sessions(self, connection: Connection, processes: Sequence[str]) -> None:
        """End what these processes began to write: stopped in the middle, they would keep what they have locked."""
        ...

    def lease(self, database: Database, on_lost: OnLost, seconds: float, former: FormerOwner) -> Lease:
        """How this process proves that it lives."""
        ...

    def slots(self, database: Database, owner: Named) -> Slots:
        """The places under limits of this process, or of all on the database."""
        ...

    def listener(self, listeners: Listeners) -> Listener | None:
        """What hears other processes, None where there are none."""
        ...

    def lock_for_migration(self, connection: Connection) -> None:
        """Wait until no other process migrates."""
        ...

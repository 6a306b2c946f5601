"""The lease where several processes share a database: short, and renewed from a thread of its own.

It is counted by the database's clock, for others, and by this machine's monotonic clock, for ourselves: when it was
not renewed for its whole length, others may own by now what we hold in memory, whether we can ask or not.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, text
from sqlalchemy.sql.functions import max as highest

from concertmaster.storage.group_commit import drop, first_line
from concertmaster.storage.leases import FormerOwner, OnLost, give_up
from concertmaster.storage.tables import executions, inbox

if TYPE_CHECKING:
    from concertmaster.storage.database import Database

_log = logging.getLogger(__name__)

_RENEWALS_A_LEASE = 4
_CHECKS_A_LEASE = 16
_COMMITS_KEPT_MICROS = 30 * 86_400 * 1_000_000
_UNREAD_BOUND = 1_000
_RELEASE_SECONDS = 5.0


class RenewedLease:
    """`Lease` of a process among others.

    Args:
        connect: opens a connection, each statement a transaction.
        on_lost: called on the loop when others may own what this process owned; it registers anew.
        on_others: told, in the lease's thread, at each renewal whether other processes live.
        seconds: how long it lasts after a renewal; there are four in this time.
        process: what the server of the database knows this process as.
        former: who had this process's data folder before.
    """

    def __init__(
        self,
        database: Database,
        connect: Callable[[], Connection],
        on_lost: OnLost,
        *,
        on_others: Callable[[bool], None],
        seconds: float,
        process: str,
        former: FormerOwner,
    ) -> None:
        self._database = database
        self._process = process
        self._former = former
        self._connect = connect
        self._on_lost = on_lost
        self._on_others = on_others
        self._seconds = seconds
        until = f"{database.dialect.now_sql} + {round(seconds * 1e6)}"
        now = database.dialect.now_sql
        self._begin = text(
            f"INSERT INTO owners (owner, lease_until, started_at, process) VALUES (:owner, {until}, {now}, :process)"
        )
        self._end = text(f"UPDATE owners SET lease_until = {now} WHERE owner = :owner")
        # A process that still writes leaves a new one.
        self._purge = text(f"DELETE FROM commits WHERE at < {now} - {_COMMITS_KEPT_MICROS}")
        self._renew = text(
            f"UPDATE owners SET lease_until = {until} WHERE owner = :owner "
            f"RETURNING (SELECT count(*) FROM owners AS o WHERE o.owner <> :owner AND o.lease_until > {now})"
        )
        self._owner: str | None = None
        self._renewed_at = 0.0
        self._unread: dict[str, int] = {}
        self._closing = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._losing: asyncio.Future[object] | None = None

    async def register(self, owner: str) -> None:
        """See `Lease`; that of the dead process before us ends now, instead of some seconds later."""
        dead = await asyncio.to_thread(self._former.name)

        def begin(connection: Connection) -> float:
            began_at = time.monotonic()
            if dead is not None:
                connection.execute(self._end, {"owner": dead})
            connection.execute(self._begin, {"owner": owner, "process": self._process})
            connection.execute(self._purge)
            # So that the others know that somebody hears them from now on.
            self._database.writer.notices.look = True
            return began_at

        self._renewed_at = await self._database.write(begin, patient=True)
        await asyncio.to_thread(self._former.succeed, owner)
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = Thread(target=self._work, name="lease", daemon=True)
            self._thread.start()
            self._check()

    async def release(self) -> None:
        """See `Lease`."""
        owner, self._owner = self._owner, None
        self._closing.set()
        if self._watch is not None:
            self._watch.cancel()
        if self._losing is not None:
            self._losing.cancel()
        if owner is not None:
            await give_up(self._database, owner)
        if self._thread is not None:
            # A server that says nothing keeps it longer than anybody wants to wait for the end of the process.
            await asyncio.to_thread(self._thread.join, _RELEASE_SECONDS)

    def _check(self) -> None:
        """On the loop, because the thread may be waiting for a server that says nothing."""
        assert self._loop is not None
        if self._owner is not None and time.monotonic() - self._renewed_at > self._seconds:
            self._lose(self._owner)
        self._watch = self._loop.call_later(self._seconds / _CHECKS_A_LEASE, self._check)

    def _lose(self, owner: str) -> None:
        if self._owner != owner:
            return
        _log.error("The lease of this process is lost: others may go on with its executions; it starts over")
        self._owner = None
        self._database.listeners.lost()
        self._losing = asyncio.ensure_future(self._on_lost())

    def _wake(self, ids: Sequence[str]) -> None:
        if self._owner is not None:
            self._database.listeners.wake(ids)

    # --- in the lease's thread ---

    def _work(self) -> None:
        connection: Connection | None = None
        while not self._closing.wait(self._seconds / _RENEWALS_A_LEASE):
            owner = self._owner
            if owner is None:
                continue
            try:
                if connection is None:
                    connection = self._connect()
                self._renewed(connection, owner)
                self._look_for_unread(connection, owner)
            except Exception as error:
                # Whatever it is: without its thread the lease would be lost for a small thing.
                _log.warning("The lease could not be renewed: %s", first_line(error))
                if connection is not None:
                    drop(connection)
                    connection = None
        if connection is not None:
            connection.close()

    def _renewed(self, connection: Connection, owner: str) -> None:
        # Before it is sent: the database counts from later on, never from earlier.
        began_at = time.monotonic()
        others = connection.execute(self._renew, {"owner": owner}).scalar()
        if others is None:
            self._call(self._lose, owner)
        elif self._owner == owner:
            self._renewed_at = began_at
            self._on_others(others > 0)

    def _look_for_unread(self, connection: Connection, owner: str) -> None:
        """Requests whose announcement was lost: an owner is told once of each that it has not answered."""
        query = (
            select(inbox.c.execution_id, highest(inbox.c.id))
            .join(executions, executions.c.id == inbox.c.execution_id)
            .where(executions.c.owner == owner)
            .group_by(inbox.c.execution_id)
            .limit(_UNREAD_BOUND)
        )
        unread: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        fresh = [id_ for id_, newest in unread.items() if self._unread.get(id_) != newest]
        self._unread = unread
        if fresh:
            self._call(self._wake, fresh)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            self._closing.set()

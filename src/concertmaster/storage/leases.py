"""The lease of a process: while it lasts nobody takes over what the process owns."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert

from concertmaster.storage.encoding import to_micros, utc_now
from concertmaster.storage.ownership import strip
from concertmaster.storage.tables import owners

if TYPE_CHECKING:
    from concertmaster.storage.database import Database

OnLost = Callable[[], Awaitable[object]]

_log = logging.getLogger(__name__)
LEASE_SECONDS = 8.0
_FOR_EVER = 2**62
_RELEASE_SECONDS = 5.0


class FormerOwner:
    """The name under which the process before us had the data folder: the folder's lock proves that it is dead.

    Nothing hangs on the file: without it the lease has to run out, and in a copied folder it names somebody who lives,
    who renews the lease, or starts over when others were quicker.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / "owner"

    def name(self) -> str | None:
        """None where nobody is known."""
        try:
            return None if self._path is None else self._path.read_text() or None
        except (OSError, UnicodeDecodeError):
            return None

    def succeed(self, owner: str) -> None:
        """From now on it is this process."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.write_text(owner)


class SoleLease:
    """Where the lock of the data folder proves that every former owner is dead: it lasts until the process ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner: str | None = None

    async def register(self, owner: str) -> None:
        """See `Lease`."""

        def begin(connection: Connection) -> None:
            connection.execute(delete(owners))
            started_at = to_micros(utc_now())
            connection.execute(insert(owners).values(owner=owner, lease_until=_FOR_EVER, started_at=started_at))

        await self._database.write(begin, patient=True)
        self._owner = owner

    async def release(self) -> None:
        """See `Lease`."""
        owner, self._owner = self._owner, None
        if owner is not None:
            await give_up(self._database, owner)


async def give_up(database: Database, owner: str) -> None:
    """Take the lease, the places and the executions from an owner that ends, and let everybody know."""
    at = to_micros(utc_now())

    def end(connection: Connection) -> None:
        connection.execute(delete(owners).where(owners.c.owner == owner))
        database.writer.notices.attention(strip(connection, [owner], at=at))

    try:
        async with asyncio.timeout(_RELEASE_SECONDS):
            await database.write(end, patient=True)
    except TimeoutError:
        _log.warning("The database does not answer; what is not finished goes on once the lease has run out")

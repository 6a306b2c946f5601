"""The lease of a process: while it lasts nobody takes over what the process owns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert

from concertmaster.storage.encoding import to_micros, utc_now
from concertmaster.storage.ownership import strip
from concertmaster.storage.tables import owners

if TYPE_CHECKING:
    from concertmaster.storage.database import Database

OnLost = Callable[[], Awaitable[object]]

_log = logging.getLogger(__name__)
_FOR_EVER = 2**62
_RELEASE_SECONDS = 5.0


class Lease:
    """Of one process, under one name after the other.

    Args:
        on_lost: called on the loop when somebody else may own everything by now.
    """

    def __init__(self, database: Database, on_lost: OnLost) -> None:
        self._database = database
        self._on_lost = on_lost
        self._owner: str | None = None

    async def register(self, owner: str) -> None:
        """Begin to live under this name.

        Raises:
            OperationalError: `database.unavailable`.
        """

        def begin(connection: Connection) -> None:
            # The lock of the data folder is ours: whoever had a lease is dead.
            connection.execute(delete(owners))
            connection.execute(
                insert(owners).values(owner=owner, lease_until=_FOR_EVER, started_at=to_micros(utc_now()))
            )

        await self._database.write(begin)
        self._owner = owner

    async def release(self) -> None:
        """End it: what is not finished is due at once, for whoever comes next."""
        owner, self._owner = self._owner, None
        if owner is None:
            return
        at = to_micros(utc_now())

        def end(connection: Connection) -> None:
            connection.execute(delete(owners).where(owners.c.owner == owner))
            self._database.writer.notices.attention(strip(connection, [owner], at=at))

        try:
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._database.write(end, patient=True)
        except TimeoutError:
            _log.warning("The database does not answer; what is not finished goes on once the lease has run out")

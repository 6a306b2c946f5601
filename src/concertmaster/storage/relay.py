"""Relay: what other processes commit, for those who follow it here. Nothing is lost if it fails: readers have the
journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Committed
from concertmaster.domain.recent import Recent
from concertmaster.storage.database import Database
from concertmaster.storage.rows import EVENT_COLUMNS, EXECUTION_COLUMNS, event_from, execution_from
from concertmaster.storage.tables import events, executions

_log = logging.getLogger(__name__)
_KEPT = 10_000
_AT_ONCE = 200
_EVENTS_AT_ONCE = 1_000
_TROUBLE_SECONDS = 0.5


class Relay:
    """Reads what was announced, in batches, and hands it to the bus of this process.

    Args:
        publish: gets what others committed as if it had been committed here.
        wanted: whether anybody here follows an execution; what nobody follows is not read.
    """

    def __init__(
        self,
        database: Database,
        publish: Callable[[Sequence[Committed]], None],
        wanted: Callable[[str], bool],
    ) -> None:
        self._database = database
        self._publish = publish
        self._wanted = wanted
        self._heads: dict[str, int] = {}
        self._told = Recent[str, int](_KEPT)
        self._announced = asyncio.Event()

    def announce(self, heads: Sequence[tuple[str, int]]) -> None:
        """Executions and the seq of their last event."""
        for execution_id, head in heads:
            if self._wanted(execution_id):
                self._heads[execution_id] = max(head, self._heads.get(execution_id, 0))
        if self._heads:
            self._announced.set()

    async def run(self) -> None:
        """Relay until cancelled."""
        while True:
            await self._announced.wait()
            self._announced.clear()
            heads, self._heads = self._heads, {}
            ids = list(heads)
            for start in range(0, len(ids), _AT_ONCE):
                part = {id_: heads[id_] for id_ in ids[start : start + _AT_ONCE]}
                try:
                    found = await self._database.read(lambda connection, part=part: self._look(connection, part))
                    self._publish(found)
                except OperationalError:
                    _log.warning("what other processes committed cannot be read; trying again", exc_info=True)
                    self._heads = {**part, **self._heads}
                    await asyncio.sleep(_TROUBLE_SECONDS)
                    self._announced.set()
                else:
                    # Only now: what was read and then lost on the way would be told to nobody.
                    for committed in found:
                        self._told.put(committed.row.id, committed.events[-1].seq)

    def _look(self, connection: Connection, heads: dict[str, int]) -> list[Committed]:
        query = select(*EXECUTION_COLUMNS).where(executions.c.id.in_(list(heads)))
        found: list[Committed] = []
        for line in connection.execute(query):
            row = execution_from(line)
            # Of one that nobody here has heard of, the last event will do: whoever wants more reads the journal.
            after = self._told.get(row.id) or row.head_seq - 1
            own = (
                select(*EVENT_COLUMNS)
                .where(events.c.execution_id == row.id, events.c.seq > after, events.c.seq <= row.head_seq)
                # The newest: they show a follower that it has missed some, which it reads from the journal.
                .order_by(events.c.seq.desc())
                .limit(_EVENTS_AT_ONCE)
            )
            lines = connection.execute(own).all()[::-1]
            if lines:
                made = [event_from(row.id, part) for part in lines]
                found.append(Committed(row, made, [part[-1].encode() for part in lines]))
        return found

"""Reading the journal of one execution, or of many that are claimed together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, select

from concertmaster.domain.events import Event
from concertmaster.domain.interfaces import History, InboxItem, Snapshot
from concertmaster.storage.bulk import batched
from concertmaster.storage.database import Database
from concertmaster.storage.rows import EVENT_COLUMNS, event_from
from concertmaster.storage.tables import events, inbox

# A history may have a thousand events, and a reader is not to be held for long.
_AT_ONCE = 32


class Histories:
    """Reads histories; those that are asked for in one turn of the loop in one go, for whoever claims two hundred
    executions would spend more on the questions than on the work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        bulk = database.dialect.bulk
        self._snapshots = bulk(
            "SELECT s.execution_id, s.seq, s.data FROM ({rows}) AS v CROSS JOIN snapshots AS s "
            "WHERE s.execution_id = v.column1",
            "text",
        )
        # Lines are numbered without gaps.
        self._lines = bulk(
            "SELECT v.column1, (SELECT max(n) FROM logs WHERE logs.execution_id = v.column1) FROM ({rows}) AS v",
            "text",
        )
        self._inbox = bulk(
            "SELECT i.execution_id, i.id, i.kind, i.data FROM ({rows}) AS v CROSS JOIN inbox AS i "
            "WHERE i.execution_id = v.column1 ORDER BY i.id",
            "text",
        )
        self._events = bulk(
            "SELECT e.execution_id, e.seq, e.at, e.kind, e.node, e.data FROM ({rows}) AS v CROSS JOIN events AS e "
            "WHERE e.execution_id = v.column1 AND e.seq > v.column2 ORDER BY e.execution_id, e.seq",
            *("text", "bigint"),
        )
        self._asked: dict[str, asyncio.Future[History]] = {}
        self._readings: set[asyncio.Task[None]] = set()

    async def get(self, execution_id: str) -> History:
        """See `Journal.history`."""
        future = self._asked.get(execution_id)
        if future is None:
            loop = asyncio.get_running_loop()
            if not self._asked:
                loop.call_soon(self._begin)
            future = self._asked[execution_id] = loop.create_future()
        # Two may ask, and one of them may be cancelled.
        return await asyncio.shield(future)

    def _begin(self) -> None:
        asked, self._asked = self._asked, {}
        for part in batched(list(asked.items()), _AT_ONCE):
            task = asyncio.create_task(self._answer(dict(part)))
            self._readings.add(task)
            task.add_done_callback(self._readings.discard)

    async def _answer(self, asked: dict[str, asyncio.Future[History]]) -> None:
        try:
            found = await self._database.read(lambda connection: self._read(connection, list(asked)))
        except BaseException as error:
            found = dict.fromkeys(asked, error)
        for execution_id, future in asked.items():
            answer = found[execution_id]
            if future.done():
                continue
            if isinstance(answer, History):
                future.set_result(answer)
            else:
                future.set_exception(answer)
                # Whoever asked may have been cancelled meanwhile.
                future.exception()

    def _read(self, connection: Connection, ids: Sequence[str]) -> dict[str, History | BaseException]:
        """In one transaction, so that all of an execution is of one moment; what cannot be read is that one's alone."""
        keys = [(id_,) for id_ in ids]
        snapshots = {id_: Snapshot(seq, bytes(data)) for id_, seq, data in self._snapshots.fetch(connection, keys)}
        lines = {id_: highest or 0 for id_, highest in self._lines.fetch(connection, keys)}
        requests, tails = defaultdict[str, list[Any]](list), defaultdict[str, list[Any]](list)
        for id_, *row in self._inbox.fetch(connection, keys):
            requests[id_].append(row)
        after = [(id_, snapshots[id_].seq if id_ in snapshots else 0) for id_ in ids]
        for id_, *row in self._events.fetch(connection, after):
            tails[id_].append(row)
        found: dict[str, History | BaseException] = {}
        for id_ in ids:
            try:
                found[id_] = History(
                    snapshot=snapshots.get(id_),
                    events=[event_from(id_, row) for row in tails[id_]],
                    inbox=[InboxItem(number, kind, orjson.loads(data)) for number, kind, data in requests[id_]],
                    log_lines=lines[id_],
                )
            except Exception as error:
                found[id_] = error
        return found


def read_events(connection: Connection, execution_id: str, after_seq: int, *, limit: int | None) -> list[Event]:
    """See `Journal.read`."""
    query = (
        select(*EVENT_COLUMNS)
        .where(events.c.execution_id == execution_id, events.c.seq > after_seq)
        .order_by(events.c.seq)
        .limit(limit)
    )
    return [event_from(execution_id, row) for row in connection.execute(query)]


def read_inbox(connection: Connection, execution_id: str) -> list[InboxItem]:
    """See `Journal.inbox`."""
    query = select(inbox.c.id, inbox.c.kind, inbox.c.data).where(inbox.c.execution_id == execution_id)
    return [
        InboxItem(id_, kind, orjson.loads(data)) for id_, kind, data in connection.execute(query.order_by(inbox.c.id))
    ]

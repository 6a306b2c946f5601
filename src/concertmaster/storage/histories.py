"""Reading the journal of one execution."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection, select
from sqlalchemy.sql.functions import max as highest

from concertmaster.domain.events import Event
from concertmaster.domain.interfaces import History, InboxItem, Snapshot
from concertmaster.storage.rows import EVENT_COLUMNS, event_from
from concertmaster.storage.tables import events, inbox, logs, snapshots


def read_history(connection: Connection, execution_id: str) -> History:
    """See `Journal.history`; in one transaction, so that all is of one moment."""
    query = select(snapshots.c.seq, snapshots.c.data).where(snapshots.c.execution_id == execution_id)
    found = connection.execute(query).one_or_none()
    snapshot = None if found is None else Snapshot(found.seq, bytes(found.data))
    # Lines are numbered without gaps.
    lines = connection.scalar(select(highest(logs.c.n)).where(logs.c.execution_id == execution_id))
    return History(
        snapshot=snapshot,
        events=read_events(connection, execution_id, 0 if snapshot is None else snapshot.seq, limit=None),
        inbox=read_inbox(connection, execution_id),
        log_lines=lines or 0,
    )


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

"""Named events and approvals in SQL: what nodes wait for that others give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from concertmaster.domain.access import Actor
from concertmaster.domain.errors import Conflict, NotFound
from concertmaster.domain.interfaces import Approval, Message, NamedEvent, Page, SentEvent
from concertmaster.storage.audit import record
from concertmaster.storage.awaiting import Awaiting, event_lock
from concertmaster.storage.cursors import read_cursor, write_cursor
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import encode, from_micros, maybe_instant, plain_key, to_micros
from concertmaster.storage.happenings import note_event
from concertmaster.storage.rows import json_text
from concertmaster.storage.tables import executions
from concertmaster.storage.tables_waits import approvals, deliveries, listeners, named_events

_MICROS = 1_000_000
_SWEPT_AT_ONCE = 200
_COLUMNS = (
    *(approvals.c.id, approvals.c.execution_id, approvals.c.visible_id, executions.c.workflow, approvals.c.node),
    approvals.c.title,
    *(approvals.c.about, approvals.c.status, approvals.c.created_at, approvals.c.due_at, approvals.c.decided_at),
    *(approvals.c.decided_by, approvals.c.comment, approvals.c.data),
)
_ASKED = select(*_COLUMNS).join(executions, executions.c.id == approvals.c.execution_id)


class SqlWaitStore:
    """`WaitStore` of `domain/interfaces`."""

    def __init__(self, database: Database, awaiting: Awaiting, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._awaiting = awaiting
        self._now = now

    async def send(self, event: NamedEvent, *, actor: Actor) -> SentEvent:
        """See `WaitStore`."""
        data = encode({"data": event.data}).decode()
        return await self._database.write(lambda connection: self._send(connection, event, data, actor))

    def _send(self, connection: Connection, event: NamedEvent, data: str, actor: Actor) -> SentEvent:
        name, key, now = plain_key(event.name), plain_key(event.key), self._now()
        again = None if event.idempotency_key is None else plain_key(event.idempotency_key)
        locks = [event_lock(name, key), *([] if again is None else [f"event-key:{again}"])]
        self._database.dialect.lock_keys(connection, sorted(locks))
        if again is not None:
            known = select(named_events).where(named_events.c.idempotency_key == again)
            found = connection.execute(known).one_or_none()
            if found is not None:
                # A node that is tried again may compute something else; its event was sent all the same.
                if event.sender is None and (found.name, found.key, _sorted(found.data)) != (name, key, _sorted(data)):
                    raise _reused(again, found.name, found.id)
                got = select(deliveries.c.execution_id).where(deliveries.c.event_id == found.id).distinct()
                return SentEvent(found.id, list(connection.scalars(got)), is_new=False)
        at = to_micros(now)
        self._sweep(connection, at)
        # Its number and its deliveries are kept for a while even when nobody may get it later.
        kept = at + int(event.keep_seconds * _MICROS)
        values = {"name": name, "key": key, "data": data, "at": at, "expires_at": kept, "idempotency_key": again}
        number = connection.scalar(insert(named_events).values(**values).returning(named_events.c.id))
        assert number is not None
        note_event(connection, number, event, name=name, key=key, at=now)
        waits = delete(listeners).where(listeners.c.name == name, listeners.c.key == key)
        ended = connection.execute(waits.returning(listeners.c.execution_id, listeners.c.node, listeners.c.once)).all()
        told = self._awaiting.deliver(connection, number, data, [(row[0], row[1], row[2]) for row in ended])
        record(connection, actor, "event.send", f"event:{name}", at=now, data={"key": key, "id": number})
        return SentEvent(number, list(dict.fromkeys(told)), is_new=True)

    def _sweep(self, connection: Connection, at: int) -> None:
        """Forget a few events whose time is over; a day more, so that one sent again is known."""
        gone = select(named_events.c.id).where(named_events.c.expires_at < at - 86_400 * _MICROS).limit(_SWEPT_AT_ONCE)
        ids = list(connection.scalars(gone))
        if ids:
            connection.execute(delete(deliveries).where(deliveries.c.event_id.in_(ids)))
            connection.execute(delete(named_events).where(named_events.c.id.in_(ids)))

    async def approval(self, approval_id: str) -> Approval:
        """See `WaitStore`."""
        query = _ASKED.where(approvals.c.id == approval_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise NotFound("approval.not_found", f"There is no approval {approval_id}")
        return _approval(row)

    async def approvals(
        self, *, status: str | None, execution_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> Page[Approval]:
        """See `WaitStore`."""
        query = _ASKED
        if status is not None:
            query = query.where(approvals.c.status == status)
        if execution_id is not None:
            query = query.where(approvals.c.visible_id == execution_id)
        if before is not None:
            query = query.where(approvals.c.id < read_cursor(before, str)[0])
        query = query.order_by(approvals.c.id.desc()).limit(limit + 1)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        page = [_approval(row) for row in rows[:limit]]
        return Page(page, write_cursor(page[-1].id) if page and len(rows) > limit else None)

    async def decide(
        self, approval_id: str, decision: str, *, comment: str, data: Mapping[str, Any], actor: Actor
    ) -> Approval:
        """See `WaitStore`."""
        return await self._database.write(
            lambda connection: self._decide(connection, approval_id, decision, comment=comment, data=data, actor=actor)
        )

    def _decide(
        self,
        connection: Connection,
        approval_id: str,
        decision: str,
        *,
        comment: str,
        data: Mapping[str, Any],
        actor: Actor,
    ) -> Approval:
        now = self._now()
        # The first one changes the row, and whoever comes later finds it changed.
        statement = (
            update(approvals)
            .where(approvals.c.id == approval_id, approvals.c.status == "open")
            .values(
                status=decision,
                decided_at=to_micros(now),
                decided_by=actor.name,
                comment=comment,
                data=json_text(data),
            )
        )
        changed = connection.execute(statement).rowcount == 1
        row = connection.execute(_ASKED.where(approvals.c.id == approval_id)).one_or_none()
        if row is None:
            raise NotFound("approval.not_found", f"There is no approval {approval_id}")
        found = _approval(row)
        if not changed:
            raise Conflict("approval.answered", _why_closed(found), status=found.status)
        told = {
            "id": found.id,
            "node": found.node,
            "decision": decision,
            "by": actor.name,
            "at": now.isoformat(),
            "comment": comment,
            "data": data,
        }
        self._awaiting.tell(connection, [Message(found.execution_id, "approval", told)])
        about = {"execution": found.execution_id, "node": found.node, "decision": decision}
        record(connection, actor, "approval.decide", f"approval:{approval_id}", at=now, data=about)
        return found


def _sorted(data: str) -> bytes:
    """To compare: the order of keys means nothing."""
    return orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS)


def _reused(key: str, name: str, number: int) -> Conflict:
    message = f"Idempotency key {key!r} was used for another event, number {number} ({name}); use a new one"
    return Conflict("event.key_reused", message, event=number)


def _why_closed(found: Approval) -> str:
    match found.status:
        case "expired":
            return f"Nobody decided about {found.title!r} in time"
        case "withdrawn":
            return f"{found.title!r} is not asked any more: its execution has ended or gone on without an answer"
        case status:
            return f"{found.decided_by} has {status} {found.title!r} already"


def _approval(row: Any) -> Approval:
    id_, execution_id, visible, workflow, node, title, about, status, created_at, due_at, *answer = row
    decided_at, by, comment, data = answer
    return Approval(
        id=id_,
        execution_id=execution_id,
        visible_id=visible,
        workflow=workflow,
        node=node,
        title=title,
        about=orjson.loads(about),
        status=status,
        created_at=from_micros(created_at),
        due_at=maybe_instant(due_at),
        decided_at=maybe_instant(decided_at),
        decided_by=by,
        comment=comment,
        data=None if data is None else orjson.loads(data),
    )

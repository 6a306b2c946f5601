"""What comes with an append beside its events: children, requests to others, what nodes wait for, kept results.

Used in the writer's thread, in its transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import get_args

import orjson
from sqlalchemy import Connection, case, delete, select, text, update

from concertmaster.domain.execution import ExecutionRow, MessageKind
from concertmaster.domain.interfaces import AskApproval, KeptResult, Listen, Message, StopAwaiting
from concertmaster.storage.admission import Admission
from concertmaster.storage.bulk import batched
from concertmaster.storage.companions import insert_events
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import maybe_micros, plain_key, to_micros
from concertmaster.storage.happenings import note_ends
from concertmaster.storage.merging import ChildStart, QueuedAppend
from concertmaster.storage.newcomers import Newcomers
from concertmaster.storage.notices import Move
from concertmaster.storage.results import keep_results, result_row
from concertmaster.storage.rows import MOVED, counted_as, json_text
from concertmaster.storage.tables import OPEN, executions
from concertmaster.storage.tables_waits import approvals, deliveries, listeners, named_events

_own = executions.c
_GO_ON = ("resume", "retry", "cancel")
# What an execution takes that has ended: what came for its nodes is kept until an interrupted one goes on.
_TAKEN: Mapping[str, tuple[str, ...]] = {
    "open": get_args(MessageKind),
    "interrupted": ("resume", "retry", "cancel", "child", "event", "approval"),
    "failed": ("retry",),
    "cancelled": ("retry",),
    "succeeded": ("retry",),
}
# Those of the given executions that have a cancel before them, or above them.
_CANCELLED = """
WITH RECURSIVE line(below, id, next) AS (
  SELECT e.id, e.id, e.parent FROM ({rows}) AS v JOIN executions AS e ON e.id = v.column1
  UNION ALL
  SELECT line.below, e.id, e.parent FROM line JOIN executions AS e ON e.id = line.next
)
SELECT DISTINCT below FROM line
WHERE EXISTS (SELECT 1 FROM inbox WHERE inbox.execution_id = line.id AND inbox.kind = 'cancel')
"""


def event_lock(name: str, key: str) -> str:
    """What senders and those who begin to wait lock first, so that they do not miss each other."""
    return f"event:{name}/{key}"


class Awaiting:
    """Writes the companions of appends.

    Args:
        rows: what is known of the executions owned here: these are not locked, since only this thread lets go of them.
        admission: the places under concurrency limits.
    """

    def __init__(
        self, database: Database, rows: dict[str, ExecutionRow], now: Callable[[], datetime], admission: Admission
    ) -> None:
        self._admission = admission
        self._newcomers = Newcomers(database, admission)
        self._dialect = database.dialect
        self._writer = database.writer
        self._rows = rows
        self._now = now
        self._children = self._dialect.bulk(
            "INSERT INTO executions (id, workflow, version, status, epoch, owner, head_seq, trigger, created_at, "
            "ended_at, wake_at, priority, slot_key, slot_limit, admitted, parent, hidden, "
            "trigger_type, counted_as) {rows}",
            *("text", "text", "bigint", "text", "bigint", "text", "bigint", "text", "bigint"),
            *("bigint", "bigint", "bigint", "text", "bigint", "bigint", "text", "bigint", "text", "text"),
        )
        self._events = insert_events(self._dialect)
        self._listeners = self._dialect.bulk(
            "INSERT INTO listeners (execution_id, node, name, key, once) {rows} ON CONFLICT (execution_id, node) "
            "DO UPDATE SET name = excluded.name, key = excluded.key, once = excluded.once",
            *("text", "text", "text", "text", "text"),
        )
        self._deliveries = self._dialect.bulk(
            "INSERT INTO deliveries (event_id, execution_id, once) {rows} ON CONFLICT DO NOTHING",
            *("bigint", "text", "text"),
        )
        self._approvals = self._dialect.bulk(
            # After an interruption the same question is asked again.
            "INSERT INTO approvals (id, execution_id, visible_id, node, title, about, status, created_at, due_at) "
            "{rows} ON CONFLICT (id) DO UPDATE SET status = excluded.status WHERE approvals.status = 'withdrawn'",
            *("text", "text", "text", "text", "text", "text", "text", "bigint", "bigint"),
        )
        self._results = keep_results(self._dialect)
        self._unheard = self._dialect.bulk("DELETE FROM listeners WHERE execution_id IN ({rows})", "text")
        self._withdrawn = self._dialect.bulk(
            "UPDATE approvals SET status = 'withdrawn' WHERE status = 'open' AND execution_id IN ({rows})", "text"
        )
        self._cancelled = self._dialect.bulk(_CANCELLED, "text")
        self._messages = self._dialect.bulk(
            "INSERT INTO inbox (execution_id, at, kind, data) {rows}", "text", "bigint", "text", "text"
        )

    def lock(self, connection: Connection, jobs: Sequence[QueuedAppend]) -> None:
        """Before anything else is locked: the names of events that nodes begin to wait for."""
        keys = {
            event_lock(one.name, one.key) for job in jobs for one in job.batch.companions if isinstance(one, Listen)
        }
        if keys:
            self._dialect.lock_keys(connection, sorted(keys))

    def write(self, connection: Connection, jobs: Sequence[QueuedAppend], freed: Set[str]) -> None:
        """Everything that comes with the appends, in their order.

        Args:
            freed: keys of concurrency limits that this transaction will lock later; they are locked in one go.
        """
        with_some = [job for job in jobs if job.batch.companions]
        if not with_some:
            return
        children = [child for job in with_some for child in job.children]
        if children:
            self._make(connection, children, freed)
        self.tell(connection, [one for job in with_some for one in job.batch.companions if isinstance(one, Message)])
        # Not before the messages: a cancel that has just been passed on counts.
        self._hold_back(connection, children)
        for job in with_some:
            for one in job.batch.companions:
                match one:
                    case Listen():
                        self._listen(connection, job.batch.execution_id, one)
                    case AskApproval():
                        self._ask(connection, job.batch.execution_id, one)
                    case StopAwaiting(node):
                        self._stop(connection, job.batch.execution_id, node)
                    case KeptResult():
                        self._results.run(connection, [result_row(one, self._now())])
                    case _:
                        pass

    def _make(self, connection: Connection, children: Sequence[ChildStart], freed: Set[str]) -> None:
        limited = {child.slot.key for child in children if child.slot is not None}
        if limited:
            self._admission.lock(connection, limited | freed)
        self._newcomers.decide(connection, children)
        self._children.run(connection, [child.row_values for child in children])
        self._events.run(connection, [values for child in children for values in child.event_values])
        self._newcomers.follow_up(connection, children)
        self._writer.notices.moves += [
            Move(child.row.workflow, to_micros(child.at), None, child.row.status)
            for child in children
            if not child.row.hidden
        ]
        self._writer.notices.heads.update((child.row.id, child.row.head_seq) for child in children)
        self._writer.notices.attention(child.row.id for child in children if child.row.wake_at is not None)
        self.tell(connection, [report for child in children for report in child.reports])

    def _hold_back(self, connection: Connection, children: Sequence[ChildStart]) -> None:
        """Let nobody drive children of which an ancestor has a cancel before it, until the cancel reaches them: a tree
        that grows as fast as a cancel goes down would never end."""
        parents = {child.row.parent for child in children if child.row.parent and child.row.status == "queued"}
        if not parents:
            return
        cancelled = {row[0] for row in self._cancelled.fetch(connection, [(parent,) for parent in sorted(parents)])}
        if not cancelled:
            return
        held = [child for child in children if child.row.parent in cancelled and child.row.status == "queued"]
        for child in held:
            child.row = replace(child.row, owner=None, wake_at=None)
        for part in batched([child.row.id for child in held], 500):
            connection.execute(update(executions).where(_own.id.in_(part)).values(owner=None, wake_at=None))

    def forget(self, connection: Connection, ended: Sequence[str], *, followed: Sequence[str]) -> None:
        """Executions that have ended wait for nothing more.

        Args:
            followed: those for whose end a trigger waits.
        """
        if followed:
            note_ends(connection, followed, at=self._now())
        rows = [(execution_id,) for execution_id in ended]
        self._unheard.send(connection, rows)
        self._withdrawn.send(connection, rows)

    def tell(self, connection: Connection, messages: Sequence[Message]) -> None:
        """Put messages into inboxes; those that an execution which has ended cannot answer any more are dropped."""
        if not messages:
            return
        ids = sorted({message.execution_id for message in messages})
        foreign = [id_ for id_ in ids if id_ not in self._rows]
        asked = {one.execution_id for one in messages if one.kind in _GO_ON}
        ended = self._ended(connection, [id_ for id_ in ids if id_ in asked or id_ not in self._rows])
        told = [one for one in messages if one.kind in _TAKEN.get(ended.get(one.execution_id, "open"), ())]
        at = to_micros(self._now())
        self._messages.run(connection, [(one.execution_id, at, one.kind, json_text(one.data)) for one in told])
        reached = {one.execution_id for one in told}
        self._wake(connection, [id_ for id_ in foreign if id_ in reached and id_ not in ended], at)
        self._let_go_on(connection, {one.execution_id for one in told if one.kind in _GO_ON} & ended.keys(), at)
        self._writer.notices.attention(dict.fromkeys(one.execution_id for one in told))

    def _ended(self, connection: Connection, ids: Sequence[str]) -> dict[str, str]:
        """Those of them that have ended, with their status."""
        found: dict[str, str] = {}
        for part in batched(ids, 500):
            query = select(_own.id, _own.status).where(_own.id.in_(part), text(f"NOT {OPEN}"))
            found.update((row.id, row.status) for row in connection.execute(query))
        return found

    def _wake(self, connection: Connection, ids: Sequence[str], at: int) -> None:
        """Make those due that nobody drives. Rows that somebody has locked are left: whoever lets go of one at this
        moment looks into its inbox, or the next look of a dispatcher finds the message."""
        for part in batched(ids, 500):
            unowned = select(_own.id).where(_own.id.in_(part), _own.owner.is_(None)).with_for_update(skip_locked=True)
            found = list(connection.scalars(unowned))
            if found:
                connection.execute(update(executions).where(_own.id.in_(found)).values(wake_at=at))

    def _let_go_on(self, connection: Connection, ids: Set[str], at: int) -> None:
        """Queue those again that have ended, as anybody's request would; the place of a limit is to be waited for."""
        if not ids:
            return
        # Nobody holds the row of one that has ended for long.
        query = select(_own.id).where(_own.id.in_(ids), text(f"NOT {OPEN}")).order_by(_own.id).with_for_update()
        found = list(connection.scalars(query))
        admitted = case((_own.slot_key.is_(None), 1), else_=0)
        values = {"admitted": admitted, "ended_at": None, "error": None, "wake_at": at, **counted_as("queued")}
        again = update(executions).where(_own.id.in_(found)).values(**values).returning(*MOVED)
        self._writer.notices.moves += [Move(*row) for row in connection.execute(again)]

    def _listen(self, connection: Connection, execution_id: str, one: Listen) -> None:
        """Wait for an event, unless one that is kept has not been given to this wait yet: then that one arrives."""
        name, key, once = plain_key(one.name), plain_key(one.key), plain_key(one.once)
        given = select(deliveries.c.event_id).where(
            deliveries.c.event_id == named_events.c.id, deliveries.c.once == once
        )
        if not one.shared:
            given = given.where(deliveries.c.execution_id == execution_id)
        kept = (
            select(named_events.c.id, named_events.c.data)
            .where(named_events.c.name == name, named_events.c.key == key)
            .where(named_events.c.expires_at > to_micros(self._now()), ~given.exists())
            .order_by(named_events.c.id)
            .limit(1)
        )
        found = connection.execute(kept).one_or_none()
        if found is None:
            self._listeners.run(connection, [(execution_id, one.node, name, key, once)])
            return
        self._unlisten(connection, execution_id, one.node)
        self.deliver(connection, found.id, found.data, [(execution_id, one.node, once)])

    def deliver(
        self, connection: Connection, event_id: int, data: str, waits: Iterable[tuple[str, str, str]]
    ) -> list[str]:
        """Give an event to waits (execution, node, once), which are none any more. Returns the executions."""
        given = list(waits)
        if not given:
            return []
        told = {"event": event_id, "data": orjson.loads(data)["data"]}
        self._deliveries.run(connection, [(event_id, execution_id, once) for execution_id, _, once in given])
        self.tell(
            connection, [Message(execution_id, "event", {"node": node, **told}) for execution_id, node, _ in given]
        )
        return [execution_id for execution_id, _, _ in given]

    def _ask(self, connection: Connection, execution_id: str, one: AskApproval) -> None:
        about, now = json_text(one.about), to_micros(self._now())
        row = (one.id, execution_id, one.visible, one.node, one.title, about, "open", now, maybe_micros(one.due_at))
        self._approvals.run(connection, [row])

    def _unlisten(self, connection: Connection, execution_id: str, node: str) -> None:
        connection.execute(delete(listeners).where(listeners.c.execution_id == execution_id, listeners.c.node == node))

    def _stop(self, connection: Connection, execution_id: str, node: str) -> None:
        self._unlisten(connection, execution_id, node)
        connection.execute(
            update(approvals)
            .where(approvals.c.execution_id == execution_id, approvals.c.node == node, approvals.c.status == "open")
            .values(status="withdrawn")
        )

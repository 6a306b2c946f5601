"""New executions under a concurrency limit: start, wait, give up at once, or make the oldest one give way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, exists, select, text, update

from concertmaster.domain.access import Actor
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.domain.interfaces import Slot
from concertmaster.storage.admission import Admission
from concertmaster.storage.database import Database
from concertmaster.storage.encoding import to_micros
from concertmaster.storage.happenings import note_refused
from concertmaster.storage.requests import Request
from concertmaster.storage.tables import OPEN, executions, inbox

_own = executions.c
# The next start asks more of them.
_ASKED_AT_ONCE = 500


class Newcomer(Protocol):
    """A start that is not stored yet."""

    actor: Actor
    row: ExecutionRow
    slot: Slot | None

    @property
    def at(self) -> datetime:
        """When."""
        ...

    def decide(self, *, room: bool) -> None:
        """Set the row."""
        ...


class Newcomers:
    """Used in the writer's thread, in its transactions."""

    def __init__(self, database: Database, admission: Admission) -> None:
        self._writer = database.writer
        self._admission = admission

    def decide(self, connection: Connection, jobs: Sequence[Newcomer]) -> None:
        """Give places while there are some, in the order of the jobs."""
        limited = [(job, job.slot) for job in jobs if job.slot is not None]
        if not limited:
            return
        keys = {slot.key for _, slot in limited}
        self._admission.lock(connection, keys)
        taken = self._admission.taken(connection, keys)
        for job, slot in limited:
            room = taken[slot.key] < slot.limit
            taken[slot.key] += room
            job.decide(room=room)

    def follow_up(self, connection: Connection, jobs: Sequence[Newcomer]) -> None:
        """Now that all are stored: triggers may listen to the end of those that gave up, and the oldest ones are asked
        to give way, where the newcomer's policy says so."""
        ended = [job.row for job in jobs if job.row.status in FINAL_EXECUTION]
        if ended:
            note_refused(connection, ended, at=ended[0].created_at)
        wanting = [(job, job.slot) for job in jobs if job.slot is not None and not job.row.admitted]
        for key, (job, slot) in {slot.key: (job, slot) for job, slot in wanting}.items():
            if slot.when_full == "cancel_oldest":
                reason = f"a newer execution wants its place: the limit of {key} is {slot.limit}"
                self._ask_older(connection, job, slot, reason)

    def _ask_older(self, connection: Connection, job: Newcomer, slot: Slot, reason: str) -> None:
        """Ask all but the newest ones, as many as there are places, whether they have one or wait for it."""
        asked = exists().where(inbox.c.execution_id == _own.id, inbox.c.kind == "cancel")
        query = (
            select(_own.id)
            .where(_own.slot_key == slot.key, text(OPEN), ~asked)
            .order_by(_own.id.desc())
            .offset(slot.limit)
            .limit(_ASKED_AT_ONCE)
        )
        older = list(connection.scalars(query))
        if not older:
            return
        at = job.at
        for execution_id in older:
            Request(execution_id, "cancel", {"reason": reason}, job.actor, at).put(connection)
        # Their rows are not waited for, because other starts wait for us. If one is let go of at this very moment,
        # looking into the inbox for what nobody answers will find the request.
        unowned = select(_own.id).where(_own.id.in_(older), _own.owner.is_(None)).with_for_update(skip_locked=True)
        connection.execute(
            update(executions).where(_own.id.in_(unowned.scalar_subquery())).values(wake_at=to_micros(at))
        )
        self._writer.notices.attention(older)

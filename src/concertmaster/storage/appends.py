"""The lane of the journal's hot path: what all executions append, written in a handful of statements.

One UPDATE moves the heads of all executions of the group and proves, by counting, that every owner is still the
owner; only when the count is short is it found out who is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from concertmaster.domain.errors import StaleOwner
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.domain.interfaces import Committed
from concertmaster.storage.admission import Admission
from concertmaster.storage.awaiting import Awaiting
from concertmaster.storage.bulk import batched
from concertmaster.storage.companions import Companions
from concertmaster.storage.database import Database
from concertmaster.storage.heads import Heads
from concertmaster.storage.merging import Merged, QueuedAppend, merge
from concertmaster.storage.rows import EVENT_COLUMNS, EXECUTION_COLUMNS, changed, execution_from
from concertmaster.storage.tables import events, executions

_REFUSED_LIMIT = 10_000


class AppendLane:
    """See `Lane`.

    Args:
        rows: what is known of the executions owned here; read in the writer's thread, changed on the loop.
        on_commit: gets what is durable, in the order of the commits.
        admission: gives freed places to those that wait for them.
        awaiting: writes children, requests to others, and waits.
    """

    patient = True

    def __init__(
        self,
        database: Database,
        rows: dict[str, ExecutionRow],
        on_commit: Callable[[Sequence[Committed]], None],
        admission: Admission,
        awaiting: Awaiting,
    ) -> None:
        self._writer = database.writer
        self._rows = rows
        self._on_commit = on_commit
        self._admission = admission
        self._heads = Heads(database.dialect)
        self._companions = Companions(database.dialect)
        self._awaiting = awaiting
        # The epoch up to which an execution's appends are refused: whoever was refused once has to claim again.
        self._refused: dict[str, int] = {}

    def run(self, connection: Connection, jobs: Sequence[QueuedAppend], *, careful: bool) -> None:
        """Write all appends but the stale ones, which get their error."""
        for job in jobs:
            job.written = job.result = False
        self._awaiting.lock(connection, jobs)
        rest: Sequence[QueuedAppend] = jobs
        while rest:
            merged, rest = merge(self._not_refused(rest))
            if careful:
                merged = self._fresh(connection, merged)
            ends = self._heads.move(connection, merged)
            self._writer.notices.moves += ends.moves
            freed = set(ends.freed)
            unwritten = [job for entry in merged for job in entry.jobs if not job.written]
            self._companions.write(connection, unwritten)
            self._awaiting.write(connection, unwritten, freed)
            ended = {entry.id: entry.change.status for entry in merged if entry.final}
            self._companions.forget(connection, ended)
            self._awaiting.forget(connection, list(ended), followed=ends.followed)
            freed |= self._release(connection, [entry for entry in merged if entry.release is not None])
            self._admission.fill(connection, freed)
            self._learn(connection, [entry for entry in merged if entry.id not in self._rows])
            self._writer.notices.heads.update((entry.id, entry.head) for entry in merged if entry.head is not None)

    def _release(self, connection: Connection, merged: Sequence[Merged]) -> set[str]:
        """Returns keys of concurrency limits for a place of which somebody waits from now on."""
        if not merged:
            return set()
        released = {row[0]: row for row in self._heads.release(connection, merged)}
        for entry in merged:
            if entry.id in released:
                for job in entry.jobs:
                    job.result = job.batch.release is not None
        return {row[1] for row in released.values() if row[1] is not None and not row[2] and row[3] is None}

    def _fresh(self, connection: Connection, merged: Sequence[Merged]) -> list[Merged]:
        """Those whose owner and head are still right; the others get their error, or their success if it was one."""
        found: dict[str, tuple[int, int, str | None]] = {}
        for part in batched([entry.id for entry in merged], 500):
            query = select(executions.c.id, executions.c.epoch, executions.c.head_seq, executions.c.owner)
            query = query.where(executions.c.id.in_(part)).order_by(executions.c.id).with_for_update()
            for id_, epoch, head, owner in connection.execute(query):
                found[id_] = (epoch, head, owner)
        fresh: list[Merged] = []
        for entry in merged:
            epoch, head, owner = found.get(entry.id, (None, None, None))
            if epoch == entry.epoch and entry.expected in (None, head):
                fresh.append(entry)
            elif epoch == entry.epoch and _stored(connection, entry):
                # A commit whose outcome was unknown had happened.
                for job in entry.jobs:
                    job.written = True
                    job.result = job.batch.release is not None and owner is None
            else:
                self._refused[entry.id] = entry.epoch if epoch is None else min(epoch, entry.epoch)
                for job in entry.jobs:
                    job.error = StaleOwner(entry.id)
        while len(self._refused) > _REFUSED_LIMIT:
            del self._refused[next(iter(self._refused))]
        return fresh

    def _not_refused(self, jobs: Sequence[QueuedAppend]) -> list[QueuedAppend]:
        """What a dropped execution had queued already is refused, even where it would fit by chance."""
        if not self._refused:
            return list(jobs)
        kept: list[QueuedAppend] = []
        for job in jobs:
            if self._refused.get(job.batch.execution_id, -1) >= job.batch.epoch:
                job.error = StaleOwner(job.batch.execution_id)
            else:
                kept.append(job)
        return kept

    def _learn(self, connection: Connection, merged: Sequence[Merged]) -> None:
        """Rows that nobody here has seen: an owner of an earlier life of this process may append without a claim."""
        for entry in merged:
            query = select(*EXECUTION_COLUMNS).where(executions.c.id == entry.id)
            entry.jobs[0].learned = execution_from(connection.execute(query).one())

    def units(self, jobs: Sequence[QueuedAppend]) -> list[list[QueuedAppend]]:
        """One an execution."""
        by_execution: dict[str, list[QueuedAppend]] = {}
        for job in jobs:
            by_execution.setdefault(job.batch.execution_id, []).append(job)
        return list(by_execution.values())

    def transactions(self, jobs: Sequence[QueuedAppend]) -> list[list[QueuedAppend]]:
        """All at once: nobody else locks rows that are owned here and waits for others while he holds them."""
        return [list(jobs)]

    def settle(self, jobs: Sequence[QueuedAppend]) -> None:
        """Bring the known rows up to date, publish, answer the callers."""
        committed: list[Committed] = []
        for job in jobs:
            batch = job.batch
            known = self._rows.get(batch.execution_id) or job.learned
            if job.error is not None:
                # Unless this process has claimed it again meanwhile, what is known of it is of no more use.
                if known is not None and known.epoch <= batch.epoch:
                    self._rows.pop(batch.execution_id, None)
            elif known is not None:
                head = batch.events[-1].seq if batch.events else known.head_seq
                row = changed(known, batch.change, head_seq=head)
                if batch.release is not None and job.result:
                    row = replace(row, owner=None, wake_at=batch.release.wake_at)
                self._rows[row.id] = row
                if batch.events:
                    committed.append(Committed(row, batch.events, job.data))
                for child in job.children:
                    committed.append(Committed(child.row, tuple(child.events), tuple(child.data)))
                    if child.row.owner is not None:
                        self._rows[child.row.id] = child.row
        self._forget(jobs)
        for job in jobs:
            job.settle()
        if committed:
            self._on_commit(committed)

    def _forget(self, jobs: Sequence[QueuedAppend]) -> None:
        """Executions that are not owned here any more: ended, or given up."""
        for job in jobs:
            if job.error is None and (job.result or job.batch.change.status in FINAL_EXECUTION):
                self._rows.pop(job.batch.execution_id, None)


def _stored(connection: Connection, entry: Merged) -> bool:
    """Whether exactly these events are in the journal already."""
    ours: list[tuple[Any, ...]] = [row[1:] for job in entry.jobs for row in job.rows]
    if not ours:
        return False
    query = select(*EVENT_COLUMNS).where(
        events.c.execution_id == entry.id, events.c.seq >= ours[0][0], events.c.seq <= ours[-1][0]
    )
    return [tuple(row) for row in connection.execute(query.order_by(events.c.seq))] == ours

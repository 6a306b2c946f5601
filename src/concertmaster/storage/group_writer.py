"""The one thread that writes: everything queued goes into one transaction, then its callers hear of it together.

A lane is a kind of work (appends, starts, calls) and knows how to do many jobs of its kind at once. A group is what
was queued while the group before it was being committed; so groups grow with the load, and a lone job waits for
nobody. Nothing is settled before its commit: neither a result nor an event is seen that could still be lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

from sqlalchemy import Connection

from concertmaster.domain.errors import OperationalError
from concertmaster.storage.dialect import CommitRules
from concertmaster.storage.group_commit import Count, Group, GroupCommit, count_nothing, first_line
from concertmaster.storage.lanes import Job, Lane
from concertmaster.storage.notices import Listeners, Notices

_log = logging.getLogger(__name__)

_CLOSING_SECONDS = 5.0
_PATIENCE_SECONDS = 3.0
_IDLE_SECONDS = 1.0


class GroupWriter:
    """Owns the writing connection and its thread.

    Args:
        connect: opens the writing connection.
        rules: those of the database.
        count: counts the executions that a transaction has moved; last in it.
        listeners: whom a commit's notices go to.
        patience_seconds: how long a request waits for a database in trouble.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        rules: CommitRules,
        *,
        listeners: Listeners,
        count: Count = count_nothing,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._rules = rules
        self._listeners = listeners
        self._patience_seconds = patience_seconds
        self._lanes: list[Lane] = []
        self._queue: SimpleQueue[list[tuple[Lane, Job]] | None] = SimpleQueue()
        self._tick: list[tuple[Lane, Job]] = []
        self._requests: dict[Job, None] = {}
        self._watch: asyncio.TimerHandle | None = None
        self._closing = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._commit = GroupCommit(
            connect,
            rules,
            count=count,
            patience_seconds=patience_seconds,
            closing=self._closing,
            hand_back=self._hand_back,
        )

    @property
    def notices(self) -> Notices:
        """Those of the transaction under way; for what runs in it."""
        return self._commit.notices

    def observe(self, tell: Callable[[float, int], None]) -> None:
        """Have the seconds and the number of jobs of each group told, in the writer's thread."""
        self._commit.observe = tell

    def add_lane(self, lane: Lane) -> None:
        """Lanes run in the order they were added in; calls last, so that they see the appends queued before."""
        self._lanes.insert(0, lane)

    async def open(self) -> None:
        """Connect and start the thread. Raises what connecting raises."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._commit.connect)
        self._thread = Thread(target=self._work, name="journal-writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Commit what is queued and stop; a database that stays in trouble is given up after five seconds."""
        if self._thread is None or self._closing.is_set():
            return
        self._flush()
        self._commit.give_up_at = time.monotonic() + _CLOSING_SECONDS
        self._closing.set()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._watch is not None:
            self._watch.cancel()

    def health(self) -> str | None:
        """Why nothing can be committed at the moment, None when all is well."""
        return self._commit.trouble

    def submit(self, lane: Lane, job: Job) -> None:
        """Queue a job for the next group; from the loop only.

        What one turn of the loop submits is handed over at its end, as one: waking the thread in the middle of a
        turn would make both fight for the interpreter.
        """
        if self._loop is None or self._closing.is_set():
            raise OperationalError("database.closed", "The database is not open", retryable=False)
        if not lane.patient:
            trouble = self._commit.trouble
            if trouble is not None and time.monotonic() - self._commit.tried_at < self._patience_seconds:
                raise OperationalError("database.unavailable", f"{trouble} Nothing was stored; try again later")
            self._requests[job] = None
            if self._watch is None:
                self._watch = self._loop.call_later(self._patience_seconds, self._look_after_requests)
        if not self._tick:
            self._loop.call_soon(self._flush)
        self._tick.append((lane, job))

    def _flush(self) -> None:
        if self._tick:
            self._queue.put(self._tick)
            self._tick = []

    def _look_after_requests(self) -> None:
        """Answer requests when the database does not even say no: a thread that waits for it cannot."""
        self._watch = None
        stuck = self._commit.stuck()
        if stuck is not None:
            for job in self._requests:
                if not job.future.done():
                    job.future.set_exception(OperationalError("database.unavailable", stuck))
            self._requests.clear()
        elif self._requests and self._loop is not None:
            self._watch = self._loop.call_later(self._patience_seconds / 4, self._look_after_requests)

    # --- in the writer's thread ---

    def _work(self) -> None:
        dirty = False
        while True:
            try:
                first = self._queue.get(timeout=_IDLE_SECONDS if dirty else None)
            except Empty:
                dirty = self._tidied(idle=True)
                continue
            parts, closing = self._gather(first)
            for part in parts:
                self._commit.run(part)
            if parts:
                dirty = self._tidied(idle=False)
            if closing:
                break
        self._commit.disconnect()

    def _gather(self, first: list[tuple[Lane, Job]] | None) -> tuple[list[Group], bool]:
        """All that is queued, as the transactions it will be, and whether the end was among it."""
        ticks = [first, *(self._queue.get_nowait() for _ in range(self._queue.qsize()))]
        by_lane: dict[int, list[Any]] = {id(lane): [] for lane in self._lanes}
        for tick in ticks:
            for lane, job in tick or ():
                by_lane[id(lane)].append(job)
        group = [(lane, by_lane[id(lane)]) for lane in self._lanes if by_lane[id(lane)]]
        if not self._rules.separate:
            return [group] if group else [], None in ticks
        return [[(lane, unit)] for lane, jobs in group for unit in lane.transactions(jobs)], None in ticks

    def _tidied(self, *, idle: bool) -> bool:
        """Returns whether there is something left to tidy."""
        try:
            connection = self._commit.connection
            return connection is not None and self._rules.after_group(connection, idle)
        except Exception as error:
            _log.warning("The database could not be tidied: %s", first_line(error))
            return False

    def _hand_back(self, group: Group, notices: list[Notices]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._settle, group, notices)
        except RuntimeError:
            _log.warning("The event loop ended before its last commit was reported")

    def _settle(self, group: Group, notices: list[Notices]) -> None:
        for lane, jobs in group:
            if not lane.patient:
                for job in jobs:
                    self._requests.pop(job, None)
            lane.settle(jobs)
        for item in notices:
            self._tell(item)

    def _tell(self, notices: Notices) -> None:
        try:
            if notices.wake:
                self._listeners.wake(list(notices.wake))
            if notices.drafts:
                self._listeners.drafts(list(notices.drafts))
            for version in notices.versions:
                self._listeners.version(version)
            if notices.look:
                self._listeners.gap()
        except Exception:
            # What is committed stays so; whoever wants attention is found by looking.
            _log.exception("Telling of a commit failed")

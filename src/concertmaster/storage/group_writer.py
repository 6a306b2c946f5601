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
from concertmaster.storage.lanes import HeadsMovedError, Job, Lane

_log = logging.getLogger(__name__)

_FIRST_BACKOFF_SECONDS = 0.05
_MAXIMUM_BACKOFF_SECONDS = 2.0
_CLOSING_SECONDS = 5.0
_PATIENCE_SECONDS = 3.0
_IDLE_SECONDS = 1.0


Group = list[tuple[Lane, list[Any]]]


class GroupWriter:
    """Owns the writing connection and its thread.

    Args:
        connect: opens the writing connection.
        is_transient: whether a database error may go away by waiting (disk full, busy).
        patience_seconds: how long a request waits for a database in trouble.
        tidy: called between groups with the connection and whether there is nothing to do; checkpoints.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        is_transient: Callable[[BaseException], bool],
        tidy: Callable[[Connection, bool], bool],
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._connect = connect
        self._is_transient = is_transient
        self._tidy = tidy
        self._patience_seconds = patience_seconds
        self._lanes: list[Lane] = []
        self._queue: SimpleQueue[list[tuple[Lane, Job]] | None] = SimpleQueue()
        self._tick: list[tuple[Lane, Job]] = []
        self._closing = Event()
        self._give_up_at = float("inf")
        self._trouble: str | None = None
        self._tried_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._connection: Connection | None = None

    def add_lane(self, lane: Lane) -> None:
        """Lanes run in the order they were added in; calls last, so that they see the appends queued before."""
        self._lanes.insert(0, lane)

    async def open(self) -> None:
        """Connect and start the thread. Raises what connecting raises."""
        self._loop = asyncio.get_running_loop()
        self._connection = await asyncio.to_thread(self._connect)
        self._thread = Thread(target=self._work, name="journal-writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Commit what is queued and stop; a database that stays in trouble is given up after five seconds."""
        if self._thread is None or self._closing.is_set():
            return
        self._flush()
        self._give_up_at = time.monotonic() + _CLOSING_SECONDS
        self._closing.set()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def health(self) -> str | None:
        """Why nothing can be committed at the moment, None when all is well."""
        return self._trouble

    def submit(self, lane: Lane, job: Job) -> None:
        """Queue a job for the next group; from the loop only.

        What one turn of the loop submits is handed over at its end, as one: waking the thread in the middle of a
        turn would make both fight for the interpreter.
        """
        if self._loop is None or self._closing.is_set():
            raise OperationalError("database.closed", "The database is not open", retryable=False)
        if (
            self._trouble is not None
            and not lane.patient
            and time.monotonic() - self._tried_at < self._patience_seconds
        ):
            raise OperationalError("database.unavailable", f"{self._trouble} Nothing was stored; try again later")
        if not self._tick:
            self._loop.call_soon(self._flush)
        self._tick.append((lane, job))

    def _flush(self) -> None:
        if self._tick:
            self._queue.put(self._tick)
            self._tick = []

    # --- in the writer's thread ---

    def _work(self) -> None:
        dirty = False
        while True:
            try:
                first = self._queue.get(timeout=_IDLE_SECONDS if dirty else None)
            except Empty:
                dirty = self._tidied(idle=True)
                continue
            group, closing = self._gather(first)
            if group:
                self._commit(group)
                self._hand_back(group)
                dirty = self._tidied(idle=False)
            if closing:
                break
        if self._connection is not None:
            self._connection.close()

    def _gather(self, first: list[tuple[Lane, Job]] | None) -> tuple[Group, bool]:
        """All that is queued, by lane, and whether the end was among it."""
        ticks = [first, *(self._queue.get_nowait() for _ in range(self._queue.qsize()))]
        by_lane: dict[int, list[Job]] = {id(lane): [] for lane in self._lanes}
        for tick in ticks:
            for lane, job in tick or ():
                by_lane[id(lane)].append(job)
        return [(lane, by_lane[id(lane)]) for lane in self._lanes if by_lane[id(lane)]], None in ticks

    def _commit(self, group: Group) -> None:
        """Commit the group, whatever it takes; afterwards every job has a result or an error."""
        careful = False
        backoff = _FIRST_BACKOFF_SECONDS
        patience_ends_at = time.monotonic() + self._patience_seconds
        while group:
            try:
                self._transaction(group, careful=careful)
            except HeadsMovedError:
                careful = True
            except Exception as error:
                careful = True
                if not self._is_transient(error):
                    self._take_apart(group, error)
                    return
                if time.monotonic() >= self._give_up_at:
                    self._fail(group, error)
                    return
                self._report(error)
                if time.monotonic() >= patience_ends_at:
                    self._fail_requests(group, error)
                if self._closing.wait(backoff):
                    # The last tries before giving up follow each other quickly.
                    time.sleep(_FIRST_BACKOFF_SECONDS)
                backoff = min(backoff * 2, _MAXIMUM_BACKOFF_SECONDS)
            else:
                if self._trouble is not None:
                    self._trouble = None
                    _log.warning("The database can be written again")
                return

    def _transaction(self, group: Group, *, careful: bool) -> None:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        try:
            with connection.begin():
                for lane, jobs in group:
                    for job in jobs:
                        job.result = job.error = None
                    lane.run(connection, jobs, careful=careful)
        except HeadsMovedError:
            raise
        except Exception as error:
            if self._is_transient(error):
                # A connection that has failed once may be gone or hold a lock: the next try opens another.
                self._drop_connection()
            raise

    def _take_apart(self, group: Group, error: Exception) -> None:
        """One job made the group fail: commit execution by execution, so that only the guilty one fails."""
        units: list[Group] = [[(lane, unit)] for lane, jobs in group for unit in lane.units(jobs)]
        if len(units) > 1:
            for unit in units:
                self._commit(unit)
            return
        _log.error("A write was refused by the database", exc_info=error)
        refusal = OperationalError(
            "database.write_refused", f"The database refused a write: {_first_line(error)}", retryable=False
        )
        refusal.__cause__ = error
        self._fail(group, refusal)

    def _fail_requests(self, group: Group, error: Exception) -> None:
        """Answer those that wait for an answer, and go on with the rest. They were rolled back: nothing is stored."""
        requests: Group = [part for part in group if not part[0].patient]
        group[:] = [part for part in group if part[0].patient]
        self._fail(requests, error)
        self._hand_back(requests)

    def _fail(self, group: Group, error: Exception) -> None:
        if not isinstance(error, OperationalError):
            error = OperationalError("database.unavailable", f"The database cannot be written: {_first_line(error)}")
        for _, jobs in group:
            for job in jobs:
                job.error = error

    def _report(self, error: Exception) -> None:
        if self._trouble is None:
            _log.error("The database cannot be written; trying again until it can", exc_info=error)
        self._tried_at = time.monotonic()
        self._trouble = f"The database cannot be written: {_first_line(error)}."

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:
                connection.invalidate()

    def _tidied(self, *, idle: bool) -> bool:
        """Returns whether there is something left to tidy."""
        try:
            return self._connection is not None and self._tidy(self._connection, idle)
        except Exception as error:
            _log.warning("The database could not be tidied", exc_info=error)
            return False

    def _hand_back(self, group: Group) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(_settle, group)
        except RuntimeError:
            _log.warning("The event loop ended before its last commit was reported")


def _settle(group: Group) -> None:
    for lane, jobs in group:
        lane.settle(jobs)


def _first_line(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    return str(original).partition("\n")[0]

"""Committing one group, whatever it takes: retries, unknown outcomes, and taking a group apart."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

from sqlalchemy import Connection

from concertmaster.domain.errors import OperationalError
from concertmaster.storage.dialect import CommitRules
from concertmaster.storage.lanes import HeadsMovedError, Lane
from concertmaster.storage.notices import Move, Notices

_log = logging.getLogger(__name__)

_FIRST_BACKOFF_SECONDS = 0.05
_MAXIMUM_BACKOFF_SECONDS = 2.0
# A disk or a server under load may take long; beyond this it is said not to answer.
_SILENCE_SECONDS = 10.0

Group = list[tuple[Lane, list[Any]]]
Count = Callable[[Connection, Sequence[Move]], None]


def count_nothing(connection: Connection, moves: Sequence[Move]) -> None:
    """For a writer that changes no executions."""


class StillUnderWayError(Exception):
    """The server has not noticed yet that it lost us in the middle of a commit."""


class GroupCommit:
    """Owns the writing connection; used by the writer's thread alone but for what is said to be for the loop.

    Args:
        connect: opens the writing connection.
        rules: those of the database.
        count: counts the executions that a transaction has moved; last in it.
        patience_seconds: how long a request waits for a database in trouble.
        closing: set when the writer is to end.
        hand_back: gets each group once all its jobs have a result or an error, and what it has to tell.
    Attributes:
        observe: told the seconds and the jobs of each group, in the writer's thread.
        connection: None while it is lost.
        notices: of the transaction under way.
        trouble: why nothing can be committed, None when all is well; for the loop, as is `tried_at` (monotonic).
        give_up_at: when to stop trying (monotonic).
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        rules: CommitRules,
        *,
        count: Count,
        patience_seconds: float,
        closing: Event,
        hand_back: Callable[[Group, list[Notices]], None],
    ) -> None:
        self._connect = connect
        self._rules = rules
        self._count = count
        self._patience_seconds = patience_seconds
        self._closing = closing
        self._hand_back = hand_back
        self.observe: Callable[[float, int], None] | None = None
        self.connection: Connection | None = None
        self.notices = Notices()
        self.trouble: str | None = None
        self.tried_at = 0.0
        self.give_up_at = float("inf")
        self._number = 0
        # The number of a transaction whose commit failed, which may have happened all the same.
        self._unknown: int | None = None
        self._began_at: float | None = None

    def connect(self) -> None:
        """Open the connection. Raises what connecting raises."""
        self.connection = self._connect()

    def disconnect(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()

    def stuck(self) -> str | None:
        """For the loop: what is wrong when a try has lasted longer than a request can wait."""
        began = self._began_at
        if began is None or time.monotonic() - began < max(_SILENCE_SECONDS, self._patience_seconds):
            return None
        self.tried_at = time.monotonic()
        self.trouble = self.trouble or "The database does not answer."
        return f"{self.trouble} It is not known whether this was stored; look before you try again"

    def run(self, group: Group) -> None:
        """Commit the group, and hand it back."""
        told: list[Notices] = []
        began, jobs = time.monotonic(), sum(len(part) for _, part in group)
        self._commit(group, told)
        if self.observe is not None:
            self.observe(time.monotonic() - began, jobs)
        self._hand_back(group, told)

    def _commit(self, group: Group, told: list[Notices]) -> None:
        """Afterwards every job has a result or an error."""
        careful = False
        backoff = _FIRST_BACKOFF_SECONDS
        patience_ends_at = time.monotonic() + self._patience_seconds
        while group:
            try:
                self._began_at = time.monotonic()
                self._transaction(group, careful=careful)
            except HeadsMovedError:
                careful = True
            except Exception as error:
                careful = True
                if not isinstance(error, StillUnderWayError) and not self._rules.is_transient(error):
                    self._take_apart(group, error, told)
                    return
                if time.monotonic() >= self.give_up_at:
                    self._end(group, error)
                    return
                self._report(error)
                if time.monotonic() >= patience_ends_at:
                    self._fail_requests(group, error)
                self._began_at = None
                if self._closing.wait(backoff):
                    # The last tries before giving up follow each other quickly.
                    time.sleep(_FIRST_BACKOFF_SECONDS)
                backoff = min(backoff * 2, _MAXIMUM_BACKOFF_SECONDS)
            else:
                told.append(self.notices)
                self._all_well()
                return
            finally:
                self._began_at = None
        self._unknown = None

    def _all_well(self) -> None:
        if self.trouble is not None:
            self.trouble = None
            _log.warning("The database can be written again")

    def _transaction(self, group: Group, *, careful: bool) -> None:
        if self.connection is None:
            self.connection = self._connect()
        try:
            if self._unknown is not None and self._was_committed(self.connection, self._unknown):
                return
            # Of those that wait for an answer, whoever was told that it failed must not be done after all.
            _drop_answered(group)
            self._write(self.connection, group, careful=careful)
        except HeadsMovedError:
            raise
        except Exception as error:
            if self._rules.is_transient(error):
                # A connection that has failed once may be gone or hold a lock: the next try opens another.
                self._drop_connection()
            raise

    def _write(self, connection: Connection, group: Group, *, careful: bool) -> None:
        self.notices = Notices()
        self._number += 1
        with connection.begin() as transaction:
            for lane, jobs in group:
                for job in jobs:
                    job.result = job.error = None
                lane.run(connection, jobs, careful=careful)
            if self.notices.moves:
                self._count(connection, self.notices.moves)
            try:
                self._rules.seal(connection, self.notices, self._number)
                transaction.commit()
            except Exception:
                self._unknown = self._number
                raise

    def _was_committed(self, connection: Connection, number: int) -> bool:
        """Find out what became of a commit that was lost on the way; results and notices are still those of its try."""
        with connection.begin():
            outcome = self._rules.outcome(connection, number)
        if outcome is None:
            raise StillUnderWayError("the server has not yet ended the transaction that was lost")
        self._unknown = None
        return outcome

    def _take_apart(self, group: Group, error: Exception, told: list[Notices]) -> None:
        """One job made the group fail: commit execution by execution, so that only the guilty one fails."""
        units: list[Group] = [[(lane, unit)] for lane, jobs in group for unit in lane.units(jobs)]
        if len(units) > 1:
            for unit in units:
                self._commit(unit, told)
            return
        _log.error("A write was refused by the database", exc_info=error)
        refusal = OperationalError(
            "database.write_refused", f"The database refused a write: {first_line(error)}", retryable=False
        )
        refusal.__cause__ = error
        self._end(group, refusal)

    def _fail_requests(self, group: Group, error: Exception) -> None:
        """Answer those that wait for an answer, and go on with the rest.

        Unless a commit was lost on the way, they were rolled back: nothing is stored. Whether it was lost is still to
        be found out for the rest, which would else be done twice.
        """
        requests: Group = [part for part in group if not part[0].patient]
        group[:] = [part for part in group if part[0].patient]
        self._fail(requests, error)
        if requests:
            self._hand_back(requests, [])

    def _end(self, group: Group, error: Exception) -> None:
        """The whole group fails, and nobody asks any more what became of its commit."""
        self._unknown = None
        self._fail(group, error)

    def _fail(self, group: Group, error: Exception) -> None:
        if not isinstance(error, OperationalError):
            error = OperationalError("database.unavailable", f"The database cannot be written: {first_line(error)}")
        for _, jobs in group:
            for job in jobs:
                job.error = error

    def _report(self, error: Exception) -> None:
        if self.trouble is None:
            _log.error("The database cannot be written; trying again until it can", exc_info=error)
        self.tried_at = time.monotonic()
        self.trouble = f"The database cannot be written: {first_line(error)}."

    def _drop_connection(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            drop(connection)


def _drop_answered(group: Group) -> None:
    """Nobody waits any more for what was told to have failed; it was rolled back and is not done after all."""
    group[:] = [
        (lane, jobs if lane.patient else waiting)
        for lane, jobs in group
        if (waiting := [job for job in jobs if lane.patient or not job.future.done()])
    ]


def drop(connection: Connection) -> None:
    """Let go of a connection that may be broken."""
    # Without a rollback, which would need the server.
    with contextlib.suppress(Exception):
        connection.invalidate()
    with contextlib.suppress(Exception):
        connection.close()


def first_line(error: BaseException) -> str:
    """What went wrong, short."""
    original = getattr(error, "orig", None) or error
    return str(original).partition("\n")[0]

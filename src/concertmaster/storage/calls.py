"""The lane for everything that is not the journal's bulk: one function a job, each in a savepoint of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from concertmaster.storage.lanes import Job
from concertmaster.storage.notices import Move


class Call(Job):
    """A function to run in the group's transaction; it may run again when the group is retried."""

    __slots__ = ("function",)

    def __init__(self, future: asyncio.Future[Any], function: Callable[[Connection], Any]) -> None:
        super().__init__(future)
        self.function = function


class CallLane:
    """Runs calls one after the other; one that raises leaves nothing behind and does not hurt the others.

    Args:
        moves: those of the transaction under way, to take back what a call that raises has added.
        is_transient: errors that are the database's fault, for which the group is tried again.
        patient: see `Lane`.
    """

    def __init__(
        self, is_transient: Callable[[BaseException], bool], moves: Callable[[], list[Move]], *, patient: bool
    ) -> None:
        self._is_transient = is_transient
        self._moves = moves
        self.patient = patient

    def run(self, connection: Connection, jobs: Sequence[Call], *, careful: bool) -> None:  # noqa: ARG002
        """See `Lane`."""
        moves = self._moves()
        for job in jobs:
            known = len(moves)
            try:
                with connection.begin_nested():
                    job.result = job.function(connection)
            except Exception as error:
                if self._is_transient(error):
                    raise
                del moves[known:]
                job.error = error

    def units(self, jobs: Sequence[Call]) -> list[list[Call]]:
        """Each call for itself."""
        return [[job] for job in jobs]

    def transactions(self, jobs: Sequence[Call]) -> list[list[Call]]:
        """Each call for itself: it may lock rows of others, and must hold none while it waits for them."""
        return self.units(jobs)

    def settle(self, jobs: Sequence[Call]) -> None:
        """Answer the callers."""
        for job in jobs:
            job.settle()

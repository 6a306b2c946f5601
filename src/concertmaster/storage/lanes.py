"""Lanes and jobs: what the group writer puts into one transaction, a lane a kind of work, a job a caller."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection


class Job:
    """One caller's part of a group: `run` of its lane leaves a result or an error in it."""

    __slots__ = ("error", "future", "result")

    def __init__(self, future: asyncio.Future[Any]) -> None:
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Answer the caller; on the loop, after the commit."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)
            # Nobody has to await an append; without this asyncio would complain about those that are not.
            self.future.exception()


class HeadsMovedError(Exception):
    """A lane met a stale owner; the group is rolled back and done again with checks one by one."""


class Lane(Protocol):
    """A kind of work. `units` says what fails together when a group is taken apart.

    `patient`: its jobs wait for as long as the database is in trouble, because what they hold has happened. The jobs
    of other lanes are requests: somebody waits for an answer, and nothing has happened yet, so they fail soon.
    """

    patient: bool

    def run(self, connection: Connection, jobs: Sequence[Any], *, careful: bool) -> None:
        """In the writer's thread and transaction: do the jobs, perhaps not for the first time.

        Args:
            careful: an earlier try failed: find out which jobs are stale before writing.
        Raises:
            HeadsMovedError: not careful, and something was stale.
        """
        ...

    def units(self, jobs: Sequence[Any]) -> list[list[Any]]:
        """What fails together."""
        ...

    def transactions(self, jobs: Sequence[Any]) -> list[list[Any]]:
        """What may be one transaction where other processes lock rows, too (`CommitRules.separate`)."""
        ...

    def settle(self, jobs: Sequence[Any]) -> None:
        """On the loop, after the commit (or with `error` set in every job that failed)."""
        ...

"""Backfills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from concertmaster.domain.access import Actor
from concertmaster.domain.execution import ExecutionStatus
from concertmaster.domain.interfaces.stores import Page


@dataclass(frozen=True, slots=True)
class Backfill:
    """The times of a schedule in a range that has passed, and how far their executions are.

    Attributes:
        version, config: of the trigger when it was ordered.
        from_at, until_at: the range, without its end.
        status: `running`, `paused`, `cancelled` or `finished`.
        concurrency: how many of its executions there are at one time at most.
        total: how many times there are.
        cursor_at: the last time that was dealt with; None before the first.
        active: ids of executions that have not ended, as far as was looked.
        refused: times whose execution could not be started.
        error: the last reason of those, or why it cannot go on.
    """

    id: str
    workflow: str
    trigger: str
    version: int
    config: Mapping[str, Any]
    from_at: datetime
    until_at: datetime
    status: str
    concurrency: int
    total: int
    created_at: datetime
    created_by: str
    cursor_at: datetime | None = None
    active: Sequence[str] = ()
    started: int = 0
    succeeded: int = 0
    failed: int = 0
    refused: int = 0
    error: str | None = None

    @property
    def clipped(self) -> bool:
        """Whether the range was to end later than it was ordered."""
        return self.until_at >= self.created_at


class BackfillStore(Protocol):
    """Backfills; each is worked off by one living process at a time."""

    async def create(self, backfill: Backfill, *, actor: Actor) -> None: ...

    async def get(self, backfill_id: str) -> Backfill:
        """Raises NotFound `backfill.not_found`."""
        ...

    async def list(self, *, before: str | None = None, limit: int = 100) -> Page[Backfill]:
        """Newest first."""
        ...

    async def switch(self, backfill_id: str, *, status: str, of: Sequence[str], actor: Actor) -> Backfill:
        """Give it another status.

        Raises:
            NotFound: `backfill.not_found`.
            Conflict: `backfill.status`, its status is none of `of`.
        """
        ...

    async def claim(self, owner: str) -> Sequence[Backfill]:
        """All that have something to do and that no other living process works off."""
        ...

    async def advance(self, owner: str, backfill: Backfill) -> None:
        """Store progress, unless another process has it by now; of the status only `finished` counts."""
        ...

    async def ended(self, ids: Sequence[str]) -> Mapping[str, ExecutionStatus]:
        """Those of these executions that have ended, with their status."""
        ...

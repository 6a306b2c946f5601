"""What is kept: which executions name which artifacts, and results for later executions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from concertmaster.domain.interfaces.append import KeptResult


@dataclass(frozen=True, slots=True)
class Referrer:
    """An execution that names artifacts.

    Attributes:
        root: the execution that it is a part of at the top; often itself.
        workflow: that of the root.
        created_at: its own.
        ended_at: when the root ended; None while it may still go on by itself or by a resume.
    """

    id: str
    root: str
    workflow: str
    created_at: datetime
    ended_at: datetime | None


class ReferenceStore(Protocol):
    """The references that come with events."""

    async def referrers(self, after: str, *, limit: int) -> Sequence[Referrer]:
        """A page of them, oldest first; ids of executions rise with time.

        Args:
            after: the id of the last one of the page before, "" at the beginning.
        """
        ...

    async def oldest_of_newest(self, workflow: str, count: int) -> str:
        """The id of the oldest among the `count` newest executions of a workflow that are nobody's part; "" when there
        are not more."""
        ...

    async def only_named_by(self, ids: Sequence[str]) -> Mapping[str, int]:
        """The artifacts that these executions name, and nobody else does, with their bytes."""
        ...

    async def forget(self, referrers: Sequence[Referrer]) -> int:
        """Remove the references of those whose root is at its end still; returns how many executions had some."""
        ...

    async def named(self, digests: Sequence[str]) -> set[str]:
        """Those of them that anybody names."""
        ...


class ResultStore(Protocol):
    """Results of nodes that only compute; they come with appends."""

    async def get(self, key: str) -> KeptResult | None:
        """The newest result of this key."""
        ...

    async def forget(self, *, before: datetime) -> None:
        """Remove those that were computed before."""
        ...

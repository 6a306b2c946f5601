"""What is kept to look back on many executions: how many, how long, and which failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from concertmaster.domain.execution import ExecutionRow, ExecutionStatus, NodeStatus

# The widths in which executions are counted: narrow ones are kept for a while, wide ones for good.
FINE = timedelta(minutes=5)
COARSE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class NodeTime:
    """How long a node took in one execution, from its first start to its end.

    Attributes:
        reused: the result of an earlier execution was taken, so it says nothing about the node.
    """

    at: datetime
    took: timedelta
    status: NodeStatus
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Failing:
    """Executions of a workflow that failed or were interrupted, and how many there were in all."""

    workflow: str
    failed: int
    total: int


@dataclass(frozen=True, slots=True)
class Slowest:
    """The slowest executions of those that were looked at.

    Attributes:
        scanned_until: when the last one looked at was made, where there were too many to look at all.
    """

    rows: Sequence[ExecutionRow]
    scanned_until: datetime | None


class HistoryStore(Protocol):
    """Reads what the journal's writer counts in its own commits, and rows of ended executions."""

    async def counts(
        self, first: datetime, width: timedelta, buckets: int, *, workflow: str | None = None
    ) -> Sequence[Mapping[ExecutionStatus, int]]:
        """How many executions were made in each bucket, by their present status; parts of loops do not count.

        Args:
            first: where the first bucket begins: a multiple of the width since 1970.
            width: of a bucket: a multiple of `COARSE`, or of `finest(first)`.
            buckets: how many follow each other.
        """
        ...

    def finest(self, first: datetime) -> timedelta:
        """The width in which is counted what was made since then."""
        ...

    async def complete(self) -> bool:
        """Whether all executions are counted; those from before there were counts are counted little by little."""
        ...

    async def open_counts(self) -> Mapping[ExecutionStatus, int]:
        """How many executions are not final, by status; zeros are left out."""
        ...

    async def failing(self, since: datetime, *, limit: int) -> Sequence[Failing]:
        """Workflows of which executions made since then failed, those with most failures first.

        Args:
            since: a multiple of `COARSE` since 1970, or of `finest(since)`.
        """
        ...

    async def slowest(self, since: datetime, *, workflow: str | None = None, limit: int) -> Slowest:
        """Ended executions made since then by how long they took, the slowest first."""
        ...

    async def ended(
        self, workflow: str, *, last: int, status: Sequence[ExecutionStatus] = ()
    ) -> Sequence[ExecutionRow]:
        """The last ones of a workflow that ran to an end (in one of these statuses), newest first."""
        ...

    async def node_times(self, execution_ids: Sequence[str]) -> Mapping[str, Mapping[str, NodeTime]]:
        """How long each node took, by execution and node; nodes that never ended are left out."""
        ...

    async def count_missing(self, *, limit: int) -> int:
        """Count some of the executions that are not yet counted; returns how many there were."""
        ...

    async def prune(self, *, limit: int) -> int:
        """Remove some of the counts that nobody asks for any more; returns how many there were."""
        ...

"""The JSON of looking back on many executions, and of what comes next."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from concertmaster.api.models import ExecutionSummary
from concertmaster.domain.execution import ExecutionStatus, NodeStatus


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExecutionList(_Model):
    """A page, newest first; `next` is the cursor for `before`, `scanned_until` when the last one looked at was made."""

    items: list[ExecutionSummary]
    next: str | None
    scanned_until: datetime | None


class Bucket(_Model):
    """Executions made within some seconds from `at` on, by their present status; zeros are left out."""

    at: datetime
    seconds_wide: int
    counts: dict[ExecutionStatus, int]


class Histogram(_Model):
    """Buckets that follow each other, oldest first; not `complete` while older executions are still being counted."""

    items: list[Bucket]
    complete: bool


class RunTime(_Model):
    """How long an execution took, or a node in it; `seconds` from its first start to its end."""

    execution: str
    at: datetime
    seconds: float
    status: ExecutionStatus | NodeStatus
    reused: bool = Field(description="The node's result was taken from an earlier execution")


class Durations(_Model):
    """Half of the succeeded ones took no longer than `p50` seconds; `last` has also those that failed, newest first."""

    p50: float | None
    p95: float | None
    last: list[RunTime]


class WorkflowDurations(_Model):
    """Of the last executions of a workflow; very long ones may be missing among the nodes."""

    workflow: str
    run: Durations
    nodes: dict[str, Durations]


class SlowExecution(ExecutionSummary):
    """An execution, the seconds it took, and those that half of its workflow's take at most."""

    seconds: float
    typical_seconds: float | None


class SlowExecutions(_Model):
    """Slowest first; `scanned_until`: there were so many that none made before it was looked at."""

    items: list[SlowExecution]
    scanned_until: datetime | None


class FailingWorkflow(_Model):
    """How many executions failed or were interrupted, of how many, and the newest of them."""

    workflow: str
    failed: int
    total: int
    last: ExecutionSummary | None


class FailingWorkflows(_Model):
    """Those with most failures first; counted from `since` on, which may be somewhat earlier than asked for."""

    items: list[FailingWorkflow]
    since: datetime


class ResourceSlots(_Model):
    """Places under the limit of a node type or connection."""

    resource: str
    limit: int
    taken: int


class Queue(_Model):
    """Executions that have not ended, by status, and what limits them.

    `oldest_queued`: since when the one waits that waits longest for its start. `here`: what the answering process has
    at the moment, by name.
    """

    running: int
    queued: int
    waiting: int
    paused: int
    oldest_queued: datetime | None
    slots: list[ResourceSlots]
    here: dict[str, float]


class UpcomingFire(_Model):
    """When a trigger will start an execution."""

    workflow: str
    trigger: str
    type: str
    at: datetime


class UpcomingFires(_Model):
    """The next times of all schedules, soonest first."""

    items: list[UpcomingFire]

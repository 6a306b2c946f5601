"""The JSON of triggers: what they are told, when they are due, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TriggerFireInfo(_Model):
    """What became of a time, or of something that happened."""

    at: datetime
    outcome: Literal["started", "skipped", "failed", "refused"]
    reason: str | None
    execution: str | None = Field(description="Id of the execution that was started")
    scheduled_at: datetime | None = Field(description="The time that it was for; the first one of several skipped")
    count: int = Field(
        description="How many times were skipped in a row, 1,000 also stands for more; or calls refused in a minute"
    )


class TriggerDetail(_Model):
    """A trigger of a published version."""

    workflow: str
    name: str
    type: str
    config: dict[str, Any]
    version: int = Field(description="The published version")
    enabled: bool
    next_at: list[datetime] = Field(description="The next times; empty unless it is an enabled schedule")
    last_fires: list[TriggerFireInfo] = Field(description="Newest first")


class TriggerList(_Model):
    """A page of triggers, by workflow and name."""

    items: list[TriggerDetail]
    next: str | None


class TriggerSample(_Model):
    """What a trigger says when it is tried out."""

    sample: dict[str, Any] | None = Field(description="What is told as `trigger`; null: something made up")
    kept: bool = Field(description="Somebody chose it: later calls do not replace it")
    listening_until: datetime | None = Field(description="Until then the next call is kept, and starts nothing")


class SampleRequest(BaseModel):
    """A sample to keep, or to try out with."""

    model_config = ConfigDict(extra="forbid")
    sample: dict[str, Any]


class TestRequest(BaseModel):
    """What to try a trigger out with."""

    # Pytest would take it for tests of its own.
    __test__ = False
    model_config = ConfigDict(extra="forbid")
    sample: dict[str, Any] | None = Field(default=None, description="In place of the one that is kept")


class ListenRequest(BaseModel):
    """Whether to wait for a call."""

    model_config = ConfigDict(extra="forbid")
    on: bool = True


class SchedulePreview(BaseModel):
    """A schedule that is being written."""

    model_config = ConfigDict(extra="forbid")
    config: dict[str, Any]
    count: Annotated[int, Field(ge=1, le=50, description="How many times")] = 5


class ScheduleTimes(_Model):
    """When a schedule would be due."""

    next_at: list[datetime]


class TriggerToken(_Model):
    """What callers of a webhook prove themselves with, shown once."""

    token: str


class BackfillRequest(BaseModel):
    """Which times of which schedule: `from` included, `to` not; in the schedule's zone unless with an offset."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True)
    workflow: Annotated[str, Field(max_length=200)]
    trigger: Annotated[str, Field(max_length=200)]
    from_at: Annotated[datetime, Field(alias="from", description="The first moment")]
    until_at: Annotated[
        datetime, Field(alias="to", description="The first moment after the range; now, when it lies in the future")
    ]
    concurrency: Annotated[int, Field(ge=1, le=100, description="Executions at one time")] = 1
    dry_run: Annotated[bool, Field(description="Only count the times")] = False


class BackfillPreview(_Model):
    """What a backfill would do."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True)
    dry_run: Literal[True]
    total: int
    first: datetime | None
    last: datetime | None
    from_at: Annotated[datetime, Field(alias="from")]
    until_at: Annotated[datetime, Field(alias="to")]
    timezone: str = Field(description="The schedule's zone")
    clipped: bool = Field(description="`to` lay in the future and became now")


class BackfillDetail(_Model):
    """A backfill and how far it is."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True)
    id: str
    workflow: str
    trigger: str
    version: int
    from_at: Annotated[datetime, Field(alias="from")]
    until_at: Annotated[datetime, Field(alias="to")]
    timezone: str = Field(description="The schedule's zone")
    clipped: bool = Field(description="`to` lay in the future and became the moment of the order")
    status: Literal["running", "paused", "cancelled", "finished"]
    concurrency: int
    total: int = Field(description="Times in the range")
    started: int
    succeeded: int
    failed: int
    refused: int = Field(description="Times whose execution could not be started")
    active: list[str] = Field(description="Ids of the executions that run")
    cursor_at: datetime | None = Field(description="The last time that was dealt with")
    error: str | None = Field(description="Why the last refused one could not be started, or why it cannot go on")
    created_at: datetime
    created_by: str


class BackfillList(_Model):
    """A page of backfills, newest first."""

    items: list[BackfillDetail]
    next: str | None

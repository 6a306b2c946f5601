"""The JSON of triggers: what they are told, when they are due, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TriggerFireInfo(_Model):
    """What became of a time, or of something that happened."""

    at: datetime
    outcome: Literal["started", "skipped", "failed"]
    reason: str | None
    execution: str | None = Field(description="Id of the execution that was started")
    scheduled_at: datetime | None = Field(description="The time that it was for; the first one of several skipped")
    count: int = Field(description="How many times were skipped in a row; 1,000 also stands for more")


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

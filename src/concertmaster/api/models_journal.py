"""The JSON of what an execution's journal holds: its events, and what its nodes logged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

JsonObject = dict[str, Any]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class Event(_Model):
    """A fact of an execution; `seq` counts from 1 without gaps."""

    execution: str
    seq: int
    at: datetime
    kind: str
    node: str | None = None
    data: JsonObject


class EventList(_Model):
    """Events after a seq; `next` is the value for the next `after`."""

    items: list[Event]
    next: int


class LogLine(_Model):
    """One line that a node logged."""

    n: int
    node: str
    attempt: int
    at: datetime
    level: str
    text: str


class LogList(_Model):
    """Log lines in order; `next` is the value for the next `after`, `before` that for the lines before these, null
    where there are none."""

    items: list[LogLine]
    next: int
    before: int | None

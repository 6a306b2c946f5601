"""The JSON of named events and approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ApprovalStatus = Literal["open", "approved", "rejected", "expired", "withdrawn"]
ApprovalFilter = Literal["open", "approved", "rejected", "expired", "withdrawn", "all"]


class SendEvent(BaseModel):
    """What goes with an event."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(max_length=200, description="Correlation key")] = ""
    data: Any = None
    keep: Annotated[str | None, Field(max_length=100, description="How long it is kept, such as `1h`; `1d`")] = None


class EventSent(BaseModel):
    """An event, and how many executions have got it so far; `new` is false when it had been sent before."""

    id: int
    delivered: int
    new: bool


class Approval(BaseModel):
    """A question to people, with the answer once there is one; `form` has a JSON Schema for each field."""

    id: str
    execution: str
    workflow: str
    node: str
    title: str
    instructions: str
    assignees: list[str]
    form: dict[str, dict[str, Any]]
    when_due: Literal["fail", "approve", "reject"]
    status: ApprovalStatus
    created_at: datetime
    due_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    comment: str | None
    data: dict[str, Any] | None


class ApprovalPage(BaseModel):
    """A page of approvals, newest first."""

    items: list[Approval]
    next: str | None


class Decision(BaseModel):
    """An answer; `data` holds what the form asks for."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approved", "rejected"]
    comment: Annotated[str, Field(max_length=5_000)] = ""
    data: dict[str, Any] = Field(default_factory=lambda: dict[str, Any]())

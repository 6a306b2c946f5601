"""The JSON of steering executions: what is asked, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from concertmaster.api.filters import MAX_VERSION, Seconds, span
from concertmaster.domain.execution import ExecutionStatus
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.services.control import BulkAction

Reason = Annotated[str | None, Field(max_length=500, description="For the journal and the audit")]
Priority = Annotated[int | None, Field(strict=True, ge=-(2**31), le=2**31 - 1, description="Higher ones start first")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_by_name=True)


class ControlRequest(_Request):
    """Why it is asked."""

    reason: Reason = None


class RetryRequest(_Request):
    """What runs again: all that did not succeed, or from a node on; with the same inputs unless they are given."""

    start: Annotated[str | None, Field(alias="from", max_length=200, description="Node to start from")] = None
    inputs: dict[str, Any] | None = None
    reason: Reason = None


class ReplayRequest(_Request):
    """How a new execution with the same version and inputs starts."""

    priority: Priority = None


class BulkRequest(_Request):
    """The same request to many executions, or a replay of each; at least one filter beside `called`."""

    action: BulkAction
    workflow: Annotated[str | None, Field(max_length=200)] = None
    status: list[ExecutionStatus] = Field(default_factory=lambda: list[ExecutionStatus]())
    backfill: Annotated[str | None, Field(max_length=100, description="Those that this backfill has started")] = None
    called: Annotated[
        bool | None, Field(description="Only those that another execution called, or only the others")
    ] = None
    since: Annotated[AwareDatetime | None, Field(description="Made then or later")] = None
    until: Annotated[AwareDatetime | None, Field(description="Made before then")] = None
    trigger: Annotated[str | None, Field(max_length=100, description="Type of what started them")] = None
    error: Annotated[str | None, Field(min_length=1, max_length=200, description="Text in their error")] = None
    min_seconds: Seconds = None
    max_seconds: Seconds = None
    version: Annotated[int | None, Field(strict=True, ge=1, le=MAX_VERSION)] = None
    ids: Annotated[list[str], Field(max_length=10_000)] = Field(default_factory=lambda: list[str]())
    reason: Reason = None
    dry_run: Annotated[bool, Field(description="Only count")] = False

    @property
    def chosen(self) -> ExecutionFilter:
        """Its filters.

        Raises:
            Invalid: `request.invalid`, a range holds nothing.
        """
        found = ExecutionFilter(
            workflow=self.workflow,
            status=tuple(self.status),
            backfill=self.backfill,
            called=self.called,
            since=self.since,
            until=self.until,
            trigger=self.trigger,
            error=self.error,
            at_least=span(self.min_seconds),
            at_most=span(self.max_seconds),
            version=self.version,
        )
        found.demand_sound()
        return found


class Refusal(BaseModel):
    """An execution that could not be asked."""

    id: str
    code: str
    message: str


class BulkResult(BaseModel):
    """`matched` by the filter, `done`, and the first few `refused`."""

    matched: int
    done: int
    refused: list[Refusal]

"""The filters of executions as parameters of a route."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime, Field

from concertmaster.domain.execution import ExecutionStatus
from concertmaster.domain.execution_filter import ExecutionFilter

# A PostgreSQL integer ends there.
MAX_VERSION = 2**31 - 1
MAX_SECONDS = 1e9
Since = Annotated[AwareDatetime | None, Query(description="Made then or later: `2026-03-01T00:00:00Z`")]
Until = Annotated[AwareDatetime | None, Query(description="Made before then")]
Seconds = Annotated[float | None, Field(ge=0, le=MAX_SECONDS, allow_inf_nan=False)]


async def chosen(
    workflow: Annotated[str | None, Query(max_length=200)] = None,
    status: Annotated[list[ExecutionStatus] | None, Query(description="One or several")] = None,
    backfill: Annotated[str | None, Query(max_length=100, description="Those that this backfill has started")] = None,
    called: Annotated[
        bool | None, Query(description="Only those that another execution called, or only the others")
    ] = None,
    since: Since = None,
    until: Until = None,
    trigger: Annotated[
        str | None, Query(max_length=100, description="Type of what started them: `manual`, `schedule`, `webhook`")
    ] = None,
    error: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Text in the code or message of their error")
    ] = None,
    min_seconds: Annotated[
        Seconds, Query(description="From its start to its end, or until now, it took no less than this")
    ] = None,
    max_seconds: Annotated[Seconds, Query(description="... and no more than this")] = None,
    version: Annotated[int | None, Query(ge=1, le=MAX_VERSION, description="Of the workflow")] = None,
) -> ExecutionFilter:
    """What a request for a list chooses.

    Raises:
        Invalid: `request.invalid`, a range holds nothing.
    """
    found = ExecutionFilter(
        workflow=workflow,
        status=tuple(status or ()),
        backfill=backfill,
        called=called,
        since=since,
        until=until,
        trigger=trigger,
        error=error,
        at_least=span(min_seconds),
        at_most=span(max_seconds),
        version=version,
    )
    found.demand_sound(at="/query")
    return found


def span(seconds: float | None) -> timedelta | None:
    """Seconds as a time span."""
    return None if seconds is None else timedelta(seconds=seconds)


Chosen = Annotated[ExecutionFilter, Depends(chosen)]

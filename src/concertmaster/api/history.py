"""Routes that look back on many executions, and on what comes next; before those with ids and names in their paths."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from concertmaster.api import models_history as models
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.api.filters import Since, Until

router = APIRouter(tags=["history"])

Top = Annotated[int, Query(ge=1, le=100, description="How many")]
OfWorkflow = Annotated[str | None, Query(max_length=200, description="Only of this workflow")]


@router.get("/executions/histogram", response_model=models.Histogram)
async def get_histogram(
    parts: Parts,
    asker: Asker,
    since: Since = None,
    until: Until = None,
    buckets: Annotated[int, Query(ge=1, le=500, description="No more than this many")] = 60,
    workflow: OfWorkflow = None,
) -> Response:
    """How many executions were made when, by their present status: of the last day, unless times are given.

    Buckets are at least five minutes wide, and six hours where they begin more than a week ago.
    """
    return JsonResponse(await parts.history.histogram(asker, since, until, buckets=buckets, workflow=workflow))


@router.get("/executions/slowest", response_model=models.SlowExecutions)
async def list_slowest(
    parts: Parts, asker: Asker, since: Since = None, workflow: OfWorkflow = None, limit: Top = 10
) -> Response:
    """The ended executions that took longest, of those made since then: the last day, unless a time is given."""
    return JsonResponse(await parts.history.slowest(asker, since, workflow=workflow, limit=limit))


@router.get("/executions/failing", response_model=models.FailingWorkflows)
async def list_failing(parts: Parts, asker: Asker, since: Since = None, limit: Top = 10) -> Response:
    """Workflows by how many of their executions failed since then: the last day, unless a time is given."""
    return JsonResponse(await parts.history.failing(asker, since, limit=limit))


@router.get("/workflows/{name}/durations", response_model=models.WorkflowDurations, responses=problems(404))
async def get_durations(
    parts: Parts,
    asker: Asker,
    name: Annotated[str, Path(max_length=200)],
    last: Annotated[int, Query(ge=1, le=200, description="How many executions are looked at")] = 50,
) -> Response:
    """How long the last executions of a workflow took, as a whole and by node."""
    return JsonResponse(await parts.history.durations(asker, name, last=last))


@router.get("/queue", response_model=models.Queue)
async def get_queue(parts: Parts, asker: Asker) -> Response:
    """What is to do and what limits it."""
    return JsonResponse(await parts.history.queue(asker))


@router.get("/triggers/upcoming", response_model=models.UpcomingFires)
async def list_upcoming(parts: Parts, asker: Asker, until: Until = None, limit: Top = 20) -> Response:
    """The next times of enabled schedules, soonest first: of the next week, unless a time is given."""
    found: list[dict[str, Any]] = [
        {"workflow": row.workflow, "trigger": row.name, "type": row.type, "at": at}
        for row, at in await parts.triggering.triggers.upcoming(asker, until=until, limit=limit)
    ]
    return JsonResponse({"items": found})

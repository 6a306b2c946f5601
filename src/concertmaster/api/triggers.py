"""Routes of triggers: look, switch, try out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from concertmaster.api import models
from concertmaster.api.dependencies import Asker, Before, JsonResponse, Limit, Parts, problems
from concertmaster.api.models_triggers import SchedulePreview, ScheduleTimes, TestRequest, TriggerDetail, TriggerList
from concertmaster.services.triggers import TriggerView

router = APIRouter(tags=["triggers"])

Workflow = Annotated[str, Path(max_length=200, description="Name of the workflow")]
Name = Annotated[str, Path(max_length=200, description="Name of the trigger")]


def _json(view: TriggerView) -> dict[str, Any]:
    row = view.row
    return {
        "workflow": row.workflow,
        "name": row.name,
        "type": row.type,
        "config": row.config,
        "version": row.version,
        "enabled": row.enabled,
        "next_at": view.upcoming,
        "last_fires": [asdict(fire) for fire in view.fires],
    }


@router.get("/triggers", response_model=TriggerList)
async def list_triggers(
    parts: Parts,
    asker: Asker,
    workflow: Annotated[str | None, Query(max_length=200, description="Only of this workflow")] = None,
    before: Before = None,
    limit: Limit = 100,
) -> Response:
    """Triggers of published versions, with their next times and what became of the last ones."""
    page = await parts.triggering.triggers.list(asker, workflow=workflow, before=before, limit=limit)
    return JsonResponse({"items": [_json(view) for view in page.items], "next": page.next})


@router.post("/triggers/preview", response_model=ScheduleTimes, responses=problems(422))
async def preview_schedule(parts: Parts, asker: Asker, body: SchedulePreview) -> Response:
    """The next times of a schedule that is being written."""
    times = parts.triggering.triggers.preview(asker, body.config, count=body.count)
    return JsonResponse({"next_at": list(times)})


@router.get("/triggers/{workflow}/{trigger}", response_model=TriggerDetail, responses=problems(404))
async def get_trigger(parts: Parts, asker: Asker, workflow: Workflow, trigger: Name) -> Response:
    """One trigger, with more of what became of it."""
    return JsonResponse(_json(await parts.triggering.triggers.show(asker, workflow, trigger)))


@router.post("/triggers/{workflow}/{trigger}/enable", response_model=TriggerDetail, responses=problems(404))
async def enable_trigger(parts: Parts, asker: Asker, workflow: Workflow, trigger: Name) -> Response:
    """Let it start executions, from now on."""
    return JsonResponse(_json(await parts.triggering.triggers.enable(asker, workflow, trigger, enabled=True)))


@router.post("/triggers/{workflow}/{trigger}/disable", response_model=TriggerDetail, responses=problems(404))
async def disable_trigger(parts: Parts, asker: Asker, workflow: Workflow, trigger: Name) -> Response:
    """Let it start nothing; times that pass meanwhile are not made up for."""
    return JsonResponse(_json(await parts.triggering.triggers.enable(asker, workflow, trigger, enabled=False)))


@router.post(
    "/triggers/{workflow}/{trigger}/test",
    name="test_trigger",
    response_model=models.Execution,
    status_code=202,
    responses=problems(404, 422),
)
async def try_trigger(
    parts: Parts, asker: Asker, workflow: Workflow, trigger: Name, body: TestRequest | None = None
) -> Response:
    """Start an execution at once, told the sample, or as if the trigger were due now."""
    sample = None if body is None else body.sample
    started = await parts.triggering.triggers.test(asker, workflow, trigger, sample=sample)
    return JsonResponse(started.as_json(), 202, headers={"Location": f"/api/v1/executions/{started.row.id}"})

"""Routes of backfills: order, look, pause, resume, cancel."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from concertmaster.api.dependencies import Asker, Before, JsonResponse, Limit, Parts, problems
from concertmaster.api.models_triggers import BackfillDetail, BackfillList, BackfillPreview, BackfillRequest
from concertmaster.domain.interfaces import Backfill
from concertmaster.domain.triggers import timezone_of

router = APIRouter(tags=["triggers"])

Id = Annotated[str, Path(max_length=100, description="Id of the backfill")]


def _json(backfill: Backfill) -> dict[str, Any]:
    shown = asdict(backfill)
    del shown["config"]
    about = {"timezone": timezone_of(backfill.config), "clipped": backfill.clipped}
    return _named({**shown, **about})


def _named(shown: dict[str, Any]) -> dict[str, Any]:
    return {"from": shown.pop("from_at"), "to": shown.pop("until_at"), **shown}


@router.post(
    "/backfills",
    response_model=BackfillDetail | BackfillPreview,
    status_code=202,
    responses={200: {"model": BackfillPreview, "description": "Nothing was started"}, **problems(404, 422)},
)
async def create_backfill(parts: Parts, asker: Asker, body: BackfillRequest) -> Response:
    """Start an execution for each time of a schedule in a range that has passed; durable when this answers."""
    if body.dry_run:
        plan = await parts.triggering.backfills.plan(
            asker, body.workflow, body.trigger, from_at=body.from_at, until_at=body.until_at
        )
        return JsonResponse(_named({"dry_run": True, **asdict(plan)}))
    ordered = await parts.triggering.backfills.create(
        asker,
        body.workflow,
        body.trigger,
        from_at=body.from_at,
        until_at=body.until_at,
        concurrency=body.concurrency,
    )
    return JsonResponse(_json(ordered), 202, headers={"Location": f"/api/v1/backfills/{ordered.id}"})


@router.get("/backfills", response_model=BackfillList)
async def list_backfills(parts: Parts, asker: Asker, before: Before = None, limit: Limit = 100) -> Response:
    """Backfills, newest first."""
    page = await parts.triggering.backfills.list(asker, before=before, limit=limit)
    return JsonResponse({"items": [_json(one) for one in page.items], "next": page.next})


@router.get("/backfills/{backfill_id}", response_model=BackfillDetail, responses=problems(404))
async def get_backfill(parts: Parts, asker: Asker, backfill_id: Id) -> Response:
    """One backfill, with its progress."""
    return JsonResponse(_json(await parts.triggering.backfills.get(asker, backfill_id)))


@router.post("/backfills/{backfill_id}/pause", response_model=BackfillDetail, responses=problems(404, 409))
async def pause_backfill(parts: Parts, asker: Asker, backfill_id: Id) -> Response:
    """Start no more for now; executions that run go on."""
    return JsonResponse(_json(await parts.triggering.backfills.pause(asker, backfill_id)))


@router.post("/backfills/{backfill_id}/resume", response_model=BackfillDetail, responses=problems(404, 409))
async def resume_backfill(parts: Parts, asker: Asker, backfill_id: Id) -> Response:
    """Go on after a pause."""
    return JsonResponse(_json(await parts.triggering.backfills.resume(asker, backfill_id)))


@router.post("/backfills/{backfill_id}/cancel", response_model=BackfillDetail, responses=problems(404, 409))
async def cancel_backfill(parts: Parts, asker: Asker, backfill_id: Id) -> Response:
    """Start no more, for good; executions that run go on."""
    return JsonResponse(_json(await parts.triggering.backfills.cancel(asker, backfill_id)))

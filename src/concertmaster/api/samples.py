"""Routes of samples: what a trigger says when it is tried out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Response

from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.api.models_triggers import ListenRequest, SampleRequest, TriggerSample
from concertmaster.api.triggers import Name, Workflow
from concertmaster.domain.interfaces import TriggerRow

router = APIRouter(prefix="/triggers/{workflow}/{trigger}", tags=["triggers"])


def _json(row: TriggerRow) -> dict[str, Any]:
    until = row.listen_until
    listening = until if until is not None and until > datetime.now(UTC) else None
    return {"sample": row.sample, "kept": row.sample_kept, "listening_until": listening}


@router.get("/sample", response_model=TriggerSample, responses=problems(403, 404))
async def get_sample(parts: Parts, asker: Asker, workflow: Workflow, trigger: Name) -> Response:
    """What the trigger says when it is tried out: the last call, or what somebody chose."""
    return JsonResponse(_json(await parts.triggering.samples.get(asker, workflow, trigger)))


@router.put("/sample", response_model=TriggerSample, responses=problems(403, 404))
async def put_sample(parts: Parts, asker: Asker, workflow: Workflow, trigger: Name, body: SampleRequest) -> Response:
    """Keep a sample; later calls do not replace it."""
    return JsonResponse(_json(await parts.triggering.samples.put(asker, workflow, trigger, body.sample)))


@router.delete("/sample", status_code=204, responses=problems(403, 404))
async def delete_sample(parts: Parts, asker: Asker, workflow: Workflow, trigger: Name) -> Response:
    """Forget it; the next call is the sample."""
    await parts.triggering.samples.forget(asker, workflow, trigger)
    return Response(status_code=204)


@router.post("/listen", response_model=TriggerSample, responses=problems(403, 404, 422))
async def listen_for_sample(
    parts: Parts, asker: Asker, workflow: Workflow, trigger: Name, body: ListenRequest | None = None
) -> Response:
    """Keep the next call within five minutes as the sample; it starts nothing, and is answered 200."""
    on = body is None or body.on
    return JsonResponse(_json(await parts.triggering.samples.listen(asker, workflow, trigger, on=on)))

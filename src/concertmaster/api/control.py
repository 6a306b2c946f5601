"""Routes that steer executions: cancel, pause, resume, retry, replay, and the same for many."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from concertmaster.api import models
from concertmaster.api import models_control as requests
from concertmaster.api.dependencies import Asker, ExecutionId, JsonResponse, Parts, problems
from concertmaster.domain.execution import RequestKind

router = APIRouter(tags=["executions"])


@router.post("/executions/bulk", response_model=requests.BulkResult, responses=problems(404))
async def control_executions(parts: Parts, asker: Asker, body: requests.BulkRequest) -> Response:
    """Ask the same of many executions; what is asked is durable when this answers."""
    result = await parts.control.bulk(
        asker,
        body.action,
        body.chosen,
        ids=body.ids,
        reason=body.reason,
        dry_run=body.dry_run,
    )
    return JsonResponse(result.as_json())


async def _ask(
    parts: Parts, asker: Asker, execution_id: str, kind: RequestKind, body: requests.ControlRequest | None
) -> Response:
    row = await parts.control.request(asker, execution_id, kind, reason=None if body is None else body.reason)
    return JsonResponse(row.as_json(), 202)


@router.post(
    "/executions/{execution_id}/cancel",
    response_model=models.ExecutionSummary,
    status_code=202,
    responses=problems(404, 409),
)
async def cancel_execution(
    parts: Parts, asker: Asker, execution_id: ExecutionId, body: requests.ControlRequest | None = None
) -> Response:
    """Ask for cancellation; running nodes are stopped, then the execution ends as cancelled."""
    return await _ask(parts, asker, execution_id, "cancel", body)


@router.post(
    "/executions/{execution_id}/pause",
    response_model=models.ExecutionSummary,
    status_code=202,
    responses=problems(404, 409),
)
async def pause_execution(
    parts: Parts, asker: Asker, execution_id: ExecutionId, body: requests.ControlRequest | None = None
) -> Response:
    """Start no further node until it is resumed; running ones go on to their end."""
    return await _ask(parts, asker, execution_id, "pause", body)


@router.post(
    "/executions/{execution_id}/resume",
    response_model=models.ExecutionSummary,
    status_code=202,
    responses=problems(404, 409),
)
async def resume_execution(
    parts: Parts, asker: Asker, execution_id: ExecutionId, body: requests.ControlRequest | None = None
) -> Response:
    """Let a paused execution go on, or an interrupted one try again; an interrupted write needs a retry."""
    return await _ask(parts, asker, execution_id, "resume", body)


@router.post(
    "/executions/{execution_id}/retry",
    response_model=models.ExecutionSummary,
    status_code=202,
    responses=problems(404, 409),
)
async def retry_execution(
    parts: Parts, asker: Asker, execution_id: ExecutionId, body: requests.RetryRequest | None = None
) -> Response:
    """Let an ended execution go on: what did not succeed runs again, the rest keeps its results."""
    asked = body or requests.RetryRequest()
    row = await parts.control.retry(asker, execution_id, start=asked.start, inputs=asked.inputs, reason=asked.reason)
    return JsonResponse(row.as_json(), 202)


@router.post(
    "/executions/{execution_id}/replay",
    response_model=models.Execution,
    status_code=202,
    responses=problems(404, 409),
)
async def replay_execution(
    parts: Parts,
    asker: Asker,
    execution_id: ExecutionId,
    body: requests.ReplayRequest | None = None,
    idempotency_key: Annotated[str | None, Header(description="The same key and request start one execution")] = None,
) -> Response:
    """Start a new execution of the same version with the same inputs; its `trigger` is the same, with `replay_of`."""
    started = await parts.control.replay(
        asker, execution_id, idempotency_key=idempotency_key, priority=None if body is None else body.priority
    )
    row = started.row
    shown = started.as_json() if started.is_new else await parts.executions.show(asker, row.id)
    return JsonResponse(shown, 202, headers={"Location": f"/api/v1/executions/{row.id}"})

"""Routes of what nodes wait for that others give: named events and approvals."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response

from concertmaster.api import models_waits as models
from concertmaster.api.dependencies import Asker, Before, JsonResponse, Limit, Parts, problems
from concertmaster.domain.durations import parse_duration
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import Approval
from concertmaster.services.waits import KEPT_SECONDS

router = APIRouter(tags=["waits"])
Id = Annotated[str, Path(max_length=100, description="Id of the approval")]


@router.post("/events/{name}", response_model=models.EventSent, status_code=202, responses=problems(409, 422))
async def send_event(
    parts: Parts,
    asker: Asker,
    name: Annotated[str, Path(max_length=200, description="Name of the event")],
    body: models.SendEvent | None = None,
    idempotency_key: Annotated[str | None, Header(description="The same key is the same event")] = None,
) -> Response:
    """Send a named event to every execution that waits for it, now or while it is kept."""
    asked = body or models.SendEvent()
    sent = await parts.waits.send(
        asker,
        name,
        key=asked.key,
        data=asked.data,
        keep_seconds=KEPT_SECONDS if asked.keep is None else _seconds(asked.keep),
        idempotency_key=idempotency_key,
    )
    return JsonResponse({"id": sent.id, "delivered": len(sent.delivered), "new": sent.is_new}, 202)


@router.get("/approvals", response_model=models.ApprovalPage)
async def list_approvals(
    parts: Parts,
    asker: Asker,
    status: Annotated[models.ApprovalFilter, Query(description="`all` for every status")] = "open",
    execution: Annotated[str | None, Query(max_length=100, description="Only of this execution")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Response:
    """Approvals, newest first."""
    wanted = None if status == "all" else status
    page = await parts.waits.approvals(asker, status=wanted, execution_id=execution, before=before, limit=limit)
    return JsonResponse({"items": [_render(one) for one in page.items], "next": page.next})


@router.get("/approvals/{approval_id}", response_model=models.Approval, responses=problems(404))
async def get_approval(parts: Parts, asker: Asker, approval_id: Id) -> Response:
    """One approval."""
    return JsonResponse(_render(await parts.waits.approval(asker, approval_id)))


@router.post("/approvals/{approval_id}", response_model=models.Approval, responses=problems(404, 409, 422))
async def decide_approval(parts: Parts, asker: Asker, approval_id: Id, body: models.Decision) -> Response:
    """Answer an approval; it can be answered once."""
    approve = body.decision == "approved"
    found = await parts.waits.decide(asker, approval_id, approve=approve, comment=body.comment, data=body.data)
    return JsonResponse(_render(found))


def _seconds(text: str) -> float:
    try:
        return parse_duration(text).total_seconds()
    except ValueError as error:
        raise UserError("event.invalid", f"`keep`: {error}") from error


def _render(one: Approval) -> dict[str, Any]:
    about = one.about
    return {
        "id": one.id,
        "execution": one.visible_id,
        "workflow": one.workflow,
        "node": one.node,
        "title": one.title,
        "instructions": about.get("instructions", ""),
        "assignees": about.get("assignees", []),
        "form": about.get("form", {}),
        "when_due": about.get("when_due", "fail"),
        "status": one.status,
        "created_at": one.created_at,
        "due_at": one.due_at,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by,
        "comment": one.comment,
        "data": one.data,
    }

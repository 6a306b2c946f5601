"""Routes of what the owner looks at: settings in force, and the audit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from concertmaster.api.dependencies import Asker, Before, JsonResponse, Limit, Parts, problems
from concertmaster.api.models_settings import AuditPage, SettingList
from concertmaster.config import tell
from concertmaster.domain.access import demand

router = APIRouter(tags=["operations"])
By = Annotated[str | None, Query(max_length=200, description="Only what this actor did")]
Action = Annotated[str | None, Query(max_length=200, description="Only this action, such as `workflow.publish`")]
Target = Annotated[
    str | None, Query(max_length=500, description="Only what was done to this, such as `workflow:report`")
]


@router.get("/settings", response_model=SettingList, responses=problems(403))
async def list_settings(parts: Parts, asker: Asker) -> Response:
    """Settings as they are in force, and where each comes from; of secrets only whether they are set."""
    demand(asker, "instance:manage")
    return JsonResponse({"items": [asdict(setting) for setting in tell(parts.settings)]})


@router.get("/audit", response_model=AuditPage, responses=problems(403))
async def list_audit(
    parts: Parts,
    asker: Asker,
    target: Target = None,
    actor: By = None,
    action: Action = None,
    before: Before = None,
    limit: Limit = 100,
) -> Response:
    """Who did what, newest first."""
    page = await parts.audit.list(asker, target=target, by=actor, action=action, before=before, limit=limit)
    return JsonResponse({"items": [asdict(line) for line in page.items], "next": page.next})

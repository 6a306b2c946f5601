"""The public door of webhook triggers, and the route that makes their tokens.

What callers get is the trigger's choice, so `/hooks` is not in the OpenAPI document; `docs/how-to/webhooks.md` has it.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.api.models_triggers import TriggerToken
from concertmaster.api.triggers import Name, Workflow
from concertmaster.domain.errors import UserError
from concertmaster.domain.triggers_webhook import METHODS
from concertmaster.triggers.webhook import HookRequest

router = APIRouter(tags=["triggers"])
root_router = APIRouter(include_in_schema=False)


@router.post("/triggers/{workflow}/{trigger}/token", response_model=TriggerToken, responses=problems(404, 422))
async def make_trigger_token(parts: Parts, asker: Asker, workflow: Workflow, trigger: Name) -> Response:
    """Give a webhook a new token; the former one is void, and this one is never shown again."""
    token = await parts.triggering.hooks.make_token(asker, workflow, trigger)
    return JsonResponse({"token": token}, headers={"Cache-Control": "no-store"})


@root_router.api_route("/hooks/{path:path}", methods=list(METHODS))
async def call_hook(parts: Parts, request: Request, path: str) -> Response:
    """Start what the webhook at this path starts."""
    hook = await parts.triggering.hooks.find(path, request.method)
    with parts.triggering.hooks.refusals.counting(hook.row):
        body = await _body(request, hook.config.max_body_bytes)
    # Meanwhile its token may have become void, or it itself disabled or gone.
    hook = await parts.triggering.hooks.find(path, request.method)
    headers = {name.lower(): value for name, value in request.headers.items()}
    address = request.client.host if request.client else ""
    received = HookRequest(request.method, path.strip("/"), headers, dict(request.query_params), body, address)
    answer = await parts.triggering.hooks.receive(hook, received)
    return Response(answer.body, answer.status, headers=dict(answer.headers))


async def _body(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise UserError("hook.too_large", f"The body is larger than the {limit} bytes that this webhook takes")
        parts.append(part)
    return b"".join(parts)

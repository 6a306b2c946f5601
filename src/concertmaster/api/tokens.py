"""Routes of API tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from concertmaster.api import models_access as models
from concertmaster.api.dependencies import Asker, JsonResponse, Parts, problems
from concertmaster.domain.access import ApiToken

router = APIRouter(prefix="/tokens", tags=["access"])
Id = Annotated[str, Path(max_length=100, description="Id of the token, not the token itself")]


@router.get("", response_model=models.TokenList, responses=problems(403))
async def list_tokens(parts: Parts, asker: Asker) -> Response:
    """All tokens without their secrets, newest first."""
    return JsonResponse({"items": [_render(token) for token in await parts.tokens.list(asker)], "next": None})


@router.post("", response_model=models.CreatedToken, status_code=201, responses=problems(403, 409, 422))
async def create_token(parts: Parts, asker: Asker, body: models.CreateToken) -> Response:
    """Make a token; its secret is in this answer and can never be seen again."""
    token, secret = await parts.tokens.create(asker, body.name, scopes=body.scopes, expires_at=body.expires_at)
    answer = JsonResponse({**_render(token), "token": secret}, 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.delete("/{id}", status_code=204, responses=problems(403, 404))
async def revoke_token(parts: Parts, asker: Asker, id: Id) -> Response:
    """Revoke a token: from now on it opens nothing."""
    await parts.tokens.revoke(asker, id)
    return Response(status_code=204)


def _render(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }

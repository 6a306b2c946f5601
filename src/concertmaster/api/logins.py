"""Routes of logging in and out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from concertmaster.api import models_access as models
from concertmaster.api.dependencies import Asker, Here, JsonResponse, LoggedIn, Parts, problems
from concertmaster.domain.access import Login
from concertmaster.domain.errors import NotLoggedIn

router = APIRouter(tags=["access"])


@router.post("/login", response_model=models.Me, responses=problems(401, 422, 429))
async def log_in(request: Request, parts: Parts, doors: Here, body: models.UseLoginLink) -> Response:
    """Use a login link up; the answer sets the session's cookie. Needs no login."""
    try:
        opened = await parts.logins.log_in(body.token.get_secret_value())
    except NotLoggedIn as error:
        raise doors.wrong(request.scope, error) from error
    answer = JsonResponse(_me(opened.login))
    answer.headers["Set-Cookie"] = doors.set_cookie(opened.secret)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/logout", status_code=204)
async def log_out(request: Request, parts: Parts, asker: Asker, doors: Here) -> Response:
    """End the session whose cookie comes with the request, and take the cookie away."""
    session = doors.session_of(request.scope)
    if session is not None:
        await parts.logins.log_out(asker, session)
    return Response(status_code=204, headers={"Set-Cookie": doors.set_cookie("")})


@router.get("/me", response_model=models.Me)
async def get_me(login: LoggedIn) -> Response:
    """Who the request comes from, and what they may do."""
    return JsonResponse(_me(login))


@router.post("/login-links", response_model=models.LoginLink, status_code=201, responses=problems(403))
async def create_login_link(parts: Parts, asker: Asker) -> Response:
    """A link that logs a browser in, once, within 15 minutes."""
    link = await parts.logins.create_link(asker)
    answer = JsonResponse({"path": f"/login#{link.secret}", "expires_at": link.expires_at}, 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _me(login: Login) -> dict[str, Any]:
    return {
        "name": login.actor.name,
        "role": login.actor.role,
        "kind": login.kind,
        "expires_at": login.expires_at,
    }

"""The one place where errors become `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from concertmaster.domain.errors import (
    ConcertMasterError,
    Conflict,
    Invalid,
    NotFound,
    NotLoggedIn,
    OperationalError,
    PreconditionFailed,
    TooManyRequests,
    UserError,
)
from concertmaster.domain.problems import Problem, plain_message, pointer

_log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[ConcertMasterError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (PreconditionFailed, 412),
    (NotLoggedIn, 401),
    (TooManyRequests, 429),
    (UserError, 422),
    (OperationalError, 503),
)
_CODES = {
    404: "route.not_found",
    405: "route.method_not_allowed",
    408: "request.too_slow",
    413: "request.too_large",
}
# What callers of webhooks get: other programs, which go by the status; and what is too old or too large.
OF_CODES = {
    "hook.unauthorized": 401,
    "hook.method": 405,
    "hook.too_large": 413,
    "draft.too_old": 410,
    "draft.too_large": 413,
}


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    problems: Iterable[Problem] = (),
    details: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem document."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [problem.as_json() for problem in problems],
    }
    if details:
        body["details"] = details
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z, default=str)
    return Response(content, status, headers, media_type="application/problem+json")


def status_of(error: ConcertMasterError) -> int:
    """The HTTP status of an error of the tree; 500 for one whose class nobody placed."""
    if error.code.startswith("access.") and not isinstance(error, (NotLoggedIn, TooManyRequests)):
        return 403
    if error.code in OF_CODES:
        return OF_CODES[error.code]
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def install(app: FastAPI) -> None:
    """Handle every error that a route can raise."""
    app.add_exception_handler(ConcertMasterError, _on_known)
    app.add_exception_handler(RequestValidationError, _on_bad_request)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_known(_: Request, error: Exception) -> Response:
    return response_of(cast("ConcertMasterError", error))


def response_of(error: ConcertMasterError) -> Response:
    """The problem document of an error of the tree."""
    problems = error.problems if isinstance(error, Invalid) else ()
    headers: dict[str, str] = {}
    if isinstance(error, OperationalError) and error.retryable:
        headers["Retry-After"] = "1"
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, NotLoggedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if error.code in OF_CODES:
        headers |= {"Allow": str(error.details["allow"])} if "allow" in error.details else {}
    if isinstance(error, OperationalError):
        _log.warning("request failed", extra={"code": error.code, "error": error.message})
    return problem_response(
        status_of(error), error.code, error.message, problems=problems, details=error.details, headers=headers
    )


async def _on_bad_request(_: Request, error: Exception) -> Response:
    found: list[Problem] = []
    for item in cast("RequestValidationError", error).errors():
        where, *path = item["loc"]
        # The place of a body field is its pointer; of a query or header parameter its name.
        at = pointer(*path) if where == "body" else pointer(where, *path)
        found.append(Problem(f"request.{item['type']}", at, plain_message(item["msg"])))
    first = found[0]
    return problem_response(422, "request.invalid", f"{first.pointer or 'body'}: {first.message}", problems=found)


async def _on_http(request: Request, error: Exception) -> Response:
    error = cast("HTTPException", error)
    code = _CODES.get(error.status_code, f"http.{error.status_code}")
    detail = error.detail
    if error.status_code == 404:
        detail = f"There is nothing at {request.url.path}; see /api/docs"
    return problem_response(error.status_code, code, detail, headers=dict(error.headers or {}))

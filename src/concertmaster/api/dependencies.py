"""What routes ask for: the runtime, who asks, and the bounds of a page."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Response
from starlette.requests import HTTPConnection

from concertmaster.api.models import ProblemDetails
from concertmaster.bootstrap import Runtime
from concertmaster.domain.access import LOCAL_ADMIN, Actor


def runtime(connection: HTTPConnection) -> Runtime:
    """The running parts that `create_app` was given."""
    return connection.app.state.runtime


def actor() -> Actor:
    """Who asks: until users exist only this machine reaches the server, as its administrator."""
    return LOCAL_ADMIN


class JsonResponse(Response):
    """JSON by orjson: times in UTC with `Z`, no detour through pydantic."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode."""
        return orjson.dumps(content, option=orjson.OPT_UTC_Z)


Parts = Annotated[Runtime, Depends(runtime)]
Asker = Annotated[Actor, Depends(actor)]
Before = Annotated[str | None, Query(description="Cursor: `next` of the page before", max_length=500)]
# What every database can hold in a number, and an unlucky `9999999999999999999` cannot be.
MAX_NUMBER = 2**63 - 1
Limit = Annotated[int, Query(ge=1, le=1000, description="Items of a page")]

PROBLEM: dict[str, Any] = {
    "model": ProblemDetails,
    "description": "Problem details (RFC 9457)",
    "content": {"application/problem+json": {}},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for OpenAPI."""
    return dict.fromkeys(statuses, PROBLEM)

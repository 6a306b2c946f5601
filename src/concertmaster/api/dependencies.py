"""What routes ask for: the runtime, who asks, and the bounds of a page.

All of it is `async`, although nothing is awaited: the framework takes a thread for each other function.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import Depends, Path, Query, Response
from starlette.requests import HTTPConnection

from concertmaster.api.login import REMEDY, Doors
from concertmaster.api.models import ProblemDetails
from concertmaster.domain.access import Actor, Login
from concertmaster.domain.errors import NotLoggedIn
from concertmaster.runtime import Runtime


async def runtime(connection: HTTPConnection) -> Runtime:
    """The running parts that `create_app` was given."""
    return connection.app.state.runtime


StillThere = Callable[[], Awaitable[bool]]


async def doors(connection: HTTPConnection) -> Doors:
    """The check of logins that `create_app` made."""
    return connection.app.state.doors


async def login(connection: HTTPConnection) -> Login:
    """The login that `LoginCheck` has found.

    Raises:
        NotLoggedIn: `access.login`, it has not looked: nobody comes in by a mistake of ours.
    """
    found = getattr(connection.state, "login", None)
    if not isinstance(found, Login):
        raise NotLoggedIn("access.login", REMEDY)
    return found


LoggedIn = Annotated[Login, Depends(login)]


async def actor(login: LoggedIn) -> Actor:
    """Who asks."""
    return login.actor


class JsonResponse(Response):
    """JSON by orjson: times in UTC with `Z`, no detour through pydantic."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode."""
        return orjson.dumps(content, option=orjson.OPT_UTC_Z)


Parts = Annotated[Runtime, Depends(runtime)]


async def still(connection: HTTPConnection, here: Annotated[Doors, Depends(doors)]) -> StillThere:
    """Asks again who the request comes from: a stream outlives its login."""
    return partial(here.still, connection.scope)


Asker = Annotated[Actor, Depends(actor)]
Here = Annotated[Doors, Depends(doors)]
Still = Annotated[StillThere, Depends(still)]
Before = Annotated[str | None, Query(description="Cursor: `next` of the page before", max_length=500)]
# What every database can hold in a number, and an unlucky `9999999999999999999` cannot be.
MAX_NUMBER = 2**63 - 1
Limit = Annotated[int, Query(ge=1, le=1000, description="Items of a page")]
ExecutionId = Annotated[str, Path(max_length=100, description="Id of the execution")]
NodeName = Annotated[str, Path(max_length=200, description="Id of the node")]
Outlet = Annotated[str, Query(max_length=200)]
ItemPath = Annotated[str, Query(max_length=200, description="Index of the item in each loop around it: `3`, `3.0`")]
After = Annotated[int, Query(ge=0, le=MAX_NUMBER, description="What comes after this")]
At = Annotated[
    int | None, Query(ge=1, le=MAX_NUMBER, description="As it was after the event of this `seq`; now without it")
]
Sort = Annotated[str | None, Query(max_length=500, description="`column`, or `-column` for descending")]
Where = Annotated[
    list[str] | None,
    Query(
        description="Only rows of a table that all of these let through: `column:op:value` with `eq`, `ne`, `lt`, "
        "`le`, `gt`, `ge`, `contains`, `starts`, `ends` or `in` (a JSON list), or `column:null`, `column:not_null`",
    ),
]

PROBLEM: dict[str, Any] = {
    "model": ProblemDetails,
    "description": "Problem details (RFC 9457)",
    "content": {"application/problem+json": {}},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for OpenAPI."""
    return dict.fromkeys(statuses, PROBLEM)

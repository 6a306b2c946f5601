"""create_app: routers, middleware, error handling and the built web files around a running Runtime."""

from __future__ import annotations

import logging
import time
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid4

from concertmaster.api import (
    backfills,
    connections,
    control,
    drafts,
    errors,
    evaluate,
    executions,
    files,
    history,
    hooks,
    logins,
    logs,
    nodes,
    openapi,
    operations,
    outputs,
    pins,
    samples,
    settings,
    stream,
    templates,
    tokens,
    triggers,
    waits,
    web,
    workflows,
)
from concertmaster.api.dependencies import problems
from concertmaster.api.login import Doors, LoginCheck
from concertmaster.api.security import BodyLimit, LocalOnly
from concertmaster.observability.logging import request_id
from concertmaster.runtime import Runtime

PREFIX = "/api/v1"
MAX_BODY_BYTES = 16 * 1024 * 1024
_log = logging.getLogger(__name__)


def create_app(
    runtime: Runtime | None,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    max_body_bytes: int = MAX_BODY_BYTES,
    local_token: str | None = None,
) -> FastAPI:
    """The ASGI application.

    Args:
        runtime: what serves the requests, opened and closed by the caller; None is enough for the schema.
        host, port: where it is served; requests that name another Host are refused.
        local_token: who sends it has the owner's rights; for programs of this machine, as long as the app lives.
    """
    app = FastAPI(
        title="ConcertMaster",
        version=version("concertmaster"),
        summary="Draw a workflow on a canvas or write it as YAML, run it, watch it live, trust it.",
        openapi_url="/api/openapi.json",
        docs_url="/api/docs",
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.runtime = runtime
    openapi.describe_logins(app)
    app.state.doors = Doors(runtime, port=port, local_token=local_token)
    errors.install(app)
    api = APIRouter(prefix=PREFIX, responses=problems(401, 422))
    # `history` has names where the others have ids.
    told = (history, executions, logs, outputs, control, waits)
    of_workflows = (workflows, drafts, pins, triggers, samples, hooks, backfills, templates)
    for part in (logins, tokens, *told, *of_workflows, nodes, connections):
        api.include_router(part.router)
    api.include_router(evaluate.router)
    api.include_router(files.router)
    api.include_router(operations.router)
    api.include_router(settings.router)
    api.include_router(stream.router)
    app.include_router(operations.root_router)
    app.include_router(hooks.root_router)
    app.include_router(api)
    web.install(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes)
    app.add_middleware(LoginCheck, doors=app.state.doors)
    app.add_middleware(LocalOnly, host=host, port=port)
    app.add_middleware(RequestIds)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


class RequestIds:
    """Gives every request an id, in the log and in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = uuid4().hex[:16]
        token = request_id.set(found)
        started = time.perf_counter()
        answered = False

        async def add(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                message["headers"] = [*message.get("headers", []), (b"x-request-id", found.encode())]
                if _log.isEnabledFor(logging.DEBUG):
                    took_ms = round((time.perf_counter() - started) * 1000, 1)
                    extra = {"method": scope["method"], "path": scope["path"], "took_ms": took_ms}
                    _log.debug("request", extra={**extra, "status": message["status"]})
            await send(message)

        try:
            await self._app(scope, receive, add)
        except Exception as error:
            if answered:
                raise
            # A bug: the id in the answer finds the traceback in the log, and nothing of it is told outside.
            _log.error("unexpected error", exc_info=error, extra={"code": "bug", "path": scope["path"]})
            message = f"Something went wrong here; the log has the details under request id {found}"
            await errors.problem_response(500, "internal.unexpected", message)(scope, receive, add)
        finally:
            request_id.reset(token)

"""create_app: routers, middleware, error handling and the built web files around a running Runtime."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

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
from concertmaster.api.requests import Requests
from concertmaster.api.security import BodyLimit, LocalOnly
from concertmaster.runtime import Runtime

PREFIX = "/api/v1"
MAX_BODY_BYTES = 16 * 1024 * 1024


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
    app.add_middleware(Requests, prefix=PREFIX, metrics=None if runtime is None else runtime.metrics.http)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name

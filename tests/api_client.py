"""Clients of an app in this process: with the local token or whatever login, and every answer held against OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.routing import Match

from concertmaster.api import (
    backfills,
    connections,
    control,
    drafts,
    evaluate,
    executions,
    files,
    history,
    hooks,
    logins,
    logs,
    nodes,
    operations,
    outputs,
    pins,
    samples,
    settings,
    templates,
    tokens,
    triggers,
    waits,
    workflows,
)
from concertmaster.api.models import ProblemDetails

_PARTS = (
    # It has names where the others have ids.
    history,
    logins,
    tokens,
    workflows,
    evaluate,
    executions,
    files,
    drafts,
    pins,
    logs,
    outputs,
    control,
    waits,
    triggers,
    samples,
    hooks,
    backfills,
    nodes,
    connections,
    operations,
    settings,
    templates,
)
BASE = "http://127.0.0.1:8000"
TOKEN = "the token of this machine, for tests only"
LOCAL = {"Authorization": f"Bearer {TOKEN}"}


def make_client(app: FastAPI, **options: Any) -> httpx.AsyncClient:
    """Requests below `/api/v1`, with whatever login the options bring."""
    transport, hooks = httpx.ASGITransport(app), {"response": [_answer_check()]}
    return httpx.AsyncClient(transport=transport, base_url=f"{BASE}/api/v1", event_hooks=hooks, **options)


def _answer_check() -> Callable[[httpx.Response], Any]:
    routes = _routes()

    async def check(response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "")
        if "json" not in kind or "content-disposition" in response.headers:
            return
        body = await response.aread()
        if response.is_error:
            assert kind == "application/problem+json"
            TypeAdapter(ProblemDetails).validate_json(body)
            assert "Traceback" not in body.decode()
        else:
            TypeAdapter(_model_of(response, routes)).validate_json(body)

    return check


def _routes() -> list[APIRoute]:
    """The routes of the API with their whole paths."""
    router = APIRouter()
    for part in _PARTS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            router.add_api_route(
                f"/api/v1{route.path}",
                route.endpoint,
                methods=list(route.methods),
                response_model=route.response_model,
                responses=route.responses,
            )
    for route in operations.root_router.routes:
        assert isinstance(route, APIRoute)
        router.add_api_route(route.path, route.endpoint, response_model=route.response_model)
    return [route for route in router.routes if isinstance(route, APIRoute)]


def _model_of(response: httpx.Response, routes: list[APIRoute]) -> Any:
    request = response.request
    scope = {"type": "http", "method": request.method, "path": request.url.path, "root_path": "", "headers": []}
    for route in routes:
        if route.matches(scope)[0] is Match.FULL:
            return route.responses.get(response.status_code, {}).get("model") or route.response_model
    raise AssertionError(f"no route for {request.url.path}")

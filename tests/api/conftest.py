"""A runtime on a folder of its own and a client whose every answer is held against the model that OpenAPI tells."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.routing import Match

from concertmaster.api import backfills, connections, control, executions, hooks, nodes, operations, triggers, workflows
from concertmaster.api.app import create_app
from concertmaster.api.models import ProblemDetails
from concertmaster.bootstrap import Runtime, build, hold_data_folder
from concertmaster.config import Settings
from factories import CITIES, NODES

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "testing.py").write_text(NODES)
    (tmp_path / "cities.csv").write_text(CITIES)
    return tmp_path


@pytest.fixture
async def runtime(workspace: Path) -> AsyncGenerator[Runtime]:
    settings = Settings(workspace=workspace, secret_key="a key for tests only")
    with hold_data_folder(settings):
        async with build(settings) as made:
            yield made


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    return create_app(runtime, max_body_bytes=64 * 1024)


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """Requests below `/api/v1`; every JSON answer must fit the schema of its route."""
    check = _answer_check()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"{BASE}/api/v1", event_hooks={"response": [check]}
    ) as made:
        yield made


def _answer_check() -> Callable[[httpx.Response], Any]:
    routes = _routes()

    async def check(response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "")
        if "json" not in kind:
            return
        body = await response.aread()
        if response.is_error:
            assert kind == "application/problem+json"
            TypeAdapter(ProblemDetails).validate_json(body)
            assert "Traceback" not in body.decode()
        else:
            TypeAdapter(_model_of(response.request, routes)).validate_json(body)

    return check


def _routes() -> list[APIRoute]:
    """The routes of the API with their whole paths."""
    router = APIRouter()
    for part in (workflows, executions, control, triggers, hooks, backfills, nodes, connections, operations):
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            router.add_api_route(
                f"/api/v1{route.path}", route.endpoint, methods=list(route.methods), response_model=route.response_model
            )
    for route in operations.root_router.routes:
        assert isinstance(route, APIRoute)
        router.add_api_route(route.path, route.endpoint, response_model=route.response_model)
    return [route for route in router.routes if isinstance(route, APIRoute)]


def _model_of(request: httpx.Request, routes: list[APIRoute]) -> Any:
    scope = {"type": "http", "method": request.method, "path": request.url.path, "root_path": "", "headers": []}
    for route in routes:
        if route.matches(scope)[0] is Match.FULL:
            return route.response_model
    raise AssertionError(f"no route for {request.url.path}")

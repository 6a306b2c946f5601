"""A runtime on a folder of its own and a client whose every answer is held against the model that OpenAPI tells."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api_client import LOCAL, TOKEN, make_client
from concertmaster.api.app import create_app
from concertmaster.bootstrap import Runtime, build
from concertmaster.config import Settings
from concertmaster.registering.opening import MEMORY_FILE
from concertmaster.storage.data_folder import hold_data_folder
from factories import CITIES, NODES


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "testing.py").write_text(NODES)
    (tmp_path / "cities.csv").write_text(CITIES)
    return tmp_path


@pytest.fixture(scope="session")
def described() -> list[bytes]:
    """What the first server remembers of its node types; the others need not start a child to describe them again."""
    return []


@pytest.fixture
async def runtime(workspace: Path, described: list[bytes]) -> AsyncGenerator[Runtime]:
    settings = Settings(workspace=workspace, secret_key="a key for tests only")
    with hold_data_folder(settings):
        memory = settings.resolved_data_dir / MEMORY_FILE
        if described:
            memory.write_bytes(described[0])
        async with build(settings) as made:
            yield made
        if not described:
            described.append(memory.read_bytes())


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    return create_app(runtime, max_body_bytes=64 * 1024, local_token=TOKEN)


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """Requests below `/api/v1` with the local token; every JSON answer must fit the schema of its route."""
    async with make_client(app, headers=LOCAL) as made:
        yield made

"""Fixtures over every backend of `storage_backends.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from concertmaster.storage.database import Database
from concertmaster.storage.migrate import upgrade
from storage_backends import BACKENDS, Storage


@pytest.fixture(params=sorted(BACKENDS))
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = BACKENDS[request.param](tmp_path)
    upgrade(url)
    return url


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[Storage]:
    opened = Storage(Database(database_url))
    await opened.database.open()
    yield opened
    await opened.database.close()

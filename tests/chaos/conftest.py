"""What every campaign needs: a workspace, the world outside, a PostgreSQL of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.sink import Sink, counting_sink
from postgres_server import PostgresServer


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "cities.csv").write_text("city,people\nA,500\nB,1500\nC,2500\n")
    (tmp_path / "out").mkdir()
    return tmp_path


@pytest.fixture
def sink() -> Iterator[Sink]:
    with counting_sink() as found:
        yield found


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()

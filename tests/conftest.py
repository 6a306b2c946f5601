"""Fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from postgres_server import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for this test process; tests take a database of it each (`storage_backends.fresh_database`)."""
    with running_postgres() as server:
        yield server

"""Fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from mariadb_server import MariadbServer, running_mariadb
from postgres_server import PostgresServer, running_postgres
from s3_server import S3Server, s3_server

# How busy the machine is says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for this test process; tests take a database of it each (`storage_backends.fresh_database`)."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariadbServer]:
    """A MariaDB for this test process; tests take a database of it each (`MariadbServer.make_database`)."""
    with running_mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An object store for this test process; tests make a bucket of their own."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server

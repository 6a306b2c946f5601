"""The four databases, empty for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from database_places import MARKED, SERVERS, Place, file_place, mysql_place, postgres_place


@pytest.fixture
def place(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Place:
    """An empty database of the kind."""
    if kind == "postgres":
        return postgres_place(request.getfixturevalue("postgres"), tmp_path)
    return mysql_place(request.getfixturevalue("mariadb"), tmp_path) if kind == "mysql" else file_place(kind, tmp_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that takes a place runs on all four, unless it says on which."""
    given = [str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize")]
    given += [name for mark in metafunc.definition.iter_markers("parametrize") for name in mark.args[0]]
    if "kind" in metafunc.fixturenames and "kind" not in given:
        metafunc.parametrize("kind", MARKED)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Those that say on which are marked as well."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec") and item.callspec.params.get("kind") in SERVERS:
        item.add_marker(pytest.mark.server)

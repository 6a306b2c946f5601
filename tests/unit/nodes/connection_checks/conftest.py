"""What a test of a connection may reach: this machine."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.nodes.connection_checks.access import Access
from concertmaster.nodes.connection_checks.run import Outcome, run_check
from concertmaster.nodes.connection_types.catalog import check_values

Check = Callable[..., Awaitable[Outcome]]


@pytest.fixture
async def check(tmp_path: Path) -> AsyncIterator[Check]:
    """Runs the test of a type with values, as a connection that was stored would."""
    rules = EgressRules.parse("127.0.0.1")
    async with GuardedClient(rules) as client:
        access = Access(rules, client, tmp_path, tmp_path / ".concertmaster")

        async def run(type_: str, *, seconds: float = 10, **values: Any) -> Outcome:
            checked, problems = check_values(type_, values)
            assert problems == []
            return await run_check(type_, checked, access, seconds=seconds)

        yield run


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]

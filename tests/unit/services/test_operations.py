"""Readiness: the database must answer, and what is stored must become durable."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import ExecutionStore
from concertmaster.services.operations import Instance, OperationsService

INSTANCE = Instance("1", Path(), Path(), "sqlite", datetime(2026, 1, 1, tzinfo=UTC))


class Store:
    async def list(self, **_: Any) -> None:
        """The database answers."""


async def test_ready_tells_why_nothing_can_be_stored() -> None:
    trouble: list[str | None] = [None]
    store = cast("ExecutionStore", cast("Any", Store()))
    service = OperationsService(INSTANCE, store, commit_trouble=lambda: trouble[0], here=dict)
    await service.ready()
    trouble[0] = "the disk is full"
    with pytest.raises(OperationalError, match="the disk is full"):
        await service.ready()

"""Joins what trying a workflow out needs: runs of a part of it, and pinned outputs; for `bootstrap`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from concertmaster.domain.interfaces import Clock
from concertmaster.domain.spec import Specs
from concertmaster.opening import Storage
from concertmaster.services.executions import ExecutionService
from concertmaster.services.items import ItemService
from concertmaster.services.partial_runs import PartialRunService
from concertmaster.services.pins import PinService
from concertmaster.services.workflows import WorkflowService
from concertmaster.storage.pins import SqlPinStore


@dataclass(frozen=True, slots=True)
class Trying:
    """The services."""

    runs: PartialRunService
    pins: PinService


def open_trying(
    storage: Storage,
    workflows: WorkflowService,
    executions: ExecutionService,
    *,
    specs: Callable[[], Specs],
    clock: Clock,
) -> Trying:
    """Both over one store of pins."""
    pins, artifacts = SqlPinStore(storage.database, now=clock.now), storage.artifacts
    items = ItemService(executions)
    return Trying(
        PartialRunService(executions, storage.executions, workflows, pins, artifacts, specs=specs),
        PinService(pins, storage.workflows, workflows, executions, items, artifacts, specs=specs, clock=clock),
    )

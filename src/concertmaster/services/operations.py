"""Operations: what runs here and whether it is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.interfaces import ExecutionStore


@dataclass(frozen=True, slots=True)
class Instance:
    """What does not change while the process runs."""

    version: str
    workspace: Path
    data_dir: Path
    database: str
    started_at: datetime


class OperationsService:
    """Use cases of people who run the server."""

    def __init__(self, instance: Instance, executions: ExecutionStore) -> None:
        self._instance = instance
        self._executions = executions

    def info(self, actor: Actor) -> dict[str, Any]:
        """Version, folders, database, start."""
        demand(actor, "instance:read")
        instance = self._instance
        return {
            "version": instance.version,
            "workspace": str(instance.workspace),
            "data_dir": str(instance.data_dir),
            "started_at": instance.started_at,
            "database": instance.database,
            "registry": "dynamic",
        }

    async def ready(self) -> None:
        """Raise unless the database answers; the runtime exists only after recovery, so that is waited for already."""
        await self._executions.list(limit=1)

"""Operations: what runs here and whether it is well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import ExecutionStore, OpenExecutions

FALLBACK = "loading node types dynamically is in trouble, /api/v1/registry and the log say why; the manifest is served"


@dataclass(frozen=True, slots=True)
class Instance:
    """What does not change while the process runs."""

    version: str
    workspace: Path
    data_dir: Path
    database: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """What is to do in the whole instance, and what this process has, by name."""

    open: OpenExecutions
    here: Mapping[str, float]


class OperationsService:
    """Use cases of people who run the server."""

    def __init__(
        self,
        instance: Instance,
        executions: ExecutionStore,
        *,
        commit_trouble: Callable[[], str | None],
        here: Callable[[], Mapping[str, float]],
        artifacts: Callable[[], Awaitable[None]] | None = None,
        registry: Callable[[], tuple[str, str | None]] = lambda: ("dynamic", None),
        demand_loaded: Callable[[], object] = lambda: None,
    ) -> None:
        """Args:
        artifacts: raises when the artifact store cannot be used.
        commit_trouble: why nothing can be committed at the moment, None when all is well.
        here: what this process has at the moment, by name: executions in memory, threads, children.
        registry: how node types are loaded, and why it is not as the settings say.
        demand_loaded: raises while they are being loaded for the first time.
        """
        self._instance = instance
        self._executions = executions
        self._commit_trouble = commit_trouble
        self._here = here
        self._artifacts = artifacts
        self._registry = registry
        self._demand_loaded = demand_loaded

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
            "registry": self._registry()[0],
        }

    def registry_health(self) -> dict[str, Any]:
        """How node types are loaded; not why, for anybody may ask."""
        mode, trouble = self._registry()
        if trouble is None:
            return {"registry": mode, "detail": None}
        return {"registry": "fallback", "detail": FALLBACK}

    async def load(self) -> Load:
        """What is to do and what is being done, for metrics; asked by whatever watches the server."""
        return Load(await self._executions.open_executions(), self._here())

    async def ready(self) -> None:
        """Raise unless node types are loaded, recovery is under way, and database and artifact store can be used.

        Raises:
            OperationalError: `registry.loading`, `storage.not_writable`, `database.unavailable`, or see `Depot.check`.
        """
        self._demand_loaded()
        if (trouble := self._commit_trouble()) is not None:
            raise OperationalError("storage.not_writable", f"Nothing can be stored at the moment: {trouble}")
        await self._executions.list(limit=1)
        if self._artifacts is not None:
            await self._artifacts()

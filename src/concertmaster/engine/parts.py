"""Engine: the parts that every drive needs, handed over by `bootstrap`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.guard import GuardedClient
from concertmaster.domain.document import parse
from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Clock, Compute, ExecutionStore, Journal, WorkflowStore
from concertmaster.domain.recent import Recent
from concertmaster.engine.plan import Plan, compile_plan
from concertmaster.nodes.credentials import Connection
from concertmaster.nodes.registry import Registry

PLANS_KEPT = 256


class PlanCache:
    """Compiled workflow versions. A version never changes, but the registry's snapshot may."""

    def __init__(self, workflows: WorkflowStore, registry: Callable[[], Registry]) -> None:
        self._workflows = workflows
        self._registry = registry
        self._plans = Recent[tuple[str, int], tuple[Registry, Plan]](PLANS_KEPT)

    async def get(self, workflow: str, version: int) -> Plan:
        """The plan, compiled when it is not at hand.

        Raises:
            OperationalError: `node_type_missing`, or the stored document cannot be read any more.
        """
        registry, key = self._registry(), (workflow, version)
        cached = self._plans.get(key)
        if cached is not None and cached[0] is registry:
            return cached[1]
        stored = await self._workflows.get(workflow, version)
        parsed = parse(stored.document, format="json").workflow
        if parsed is None:
            raise OperationalError(
                "workflow.unreadable",
                f"Version {version} of {workflow} cannot be read by this release",
                retryable=False,
            )
        plan = compile_plan(parsed, version, registry)
        self._plans.put(key, (registry, plan))
        return plan


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Bounds of the engine.

    Attributes:
        node_timeout: of an attempt whose node has no time-out of its own.
        execution_timeout: of an execution whose workflow has none.
    """

    node_timeout: timedelta = timedelta(hours=1)
    execution_timeout: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Engine:
    """What a drive needs.

    Attributes:
        owner: name of this process in the journal.
        data_dir: the data folder, which file nodes may not touch even where it lies in the workspace.
        connection: opens a connection by name, decrypted.
        http: opens the guarded client; called once, when the first node asks.
    """

    owner: str
    journal: Journal
    executions: ExecutionStore
    plans: PlanCache
    artifacts: ArtifactStore
    workspace: Path
    data_dir: Path
    clock: Clock
    compute: Compute
    connection: Callable[[str], Awaitable[Connection]]
    http: GuardedClient
    settings: EngineSettings = field(default_factory=EngineSettings)

"""Engine: the parts that every drive needs, handed over by `bootstrap`."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from concertmaster.config import Settings
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.guard import GuardedClient
from concertmaster.domain.document import parse
from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import Clock, Compute, Journal, ResultStore, WorkflowStore
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.recent import Looks, Recent
from concertmaster.domain.spec import NodeSpec
from concertmaster.domain.values import TableRef
from concertmaster.engine.breaker import Breakers
from concertmaster.engine.items import items_plan
from concertmaster.engine.limits import Limits
from concertmaster.engine.loading import load_types, unloaded_types
from concertmaster.engine.plan import Plan, PlanNode, compile_plan
from concertmaster.engine.readings import Readings
from concertmaster.engine.shared import Shared
from concertmaster.nodes.credentials import Connection
from concertmaster.nodes.node_type import NodeType
from concertmaster.nodes.registry import DeferredType, Registry

# A thousand schedules may be due at one moment, each of another workflow; a node in a plan takes some KiB.
PLAN_NODES_KEPT = 20_000
ITEM_PLANS_KEPT = 64
NO_CODE: Mapping[str, str] = {}
# Workflow, version, and the types whose code is other than what is in service, with its hash.
_Key = tuple[str, int, tuple[tuple[str, str], ...]]


class PlanCache:
    """Compiled workflow versions. A version never changes, but the registry's snapshot may."""

    def __init__(
        self,
        workflows: WorkflowStore,
        registry: Callable[[], Registry],
        *,
        kept: Callable[[str, str], DeferredType | None] = lambda reference, hash_: None,  # noqa: ARG005
    ) -> None:
        """Args:
        kept: a type by its `type@version` and the hash of its code, as it was in service once; may block.
        """
        self._workflows = workflows
        self._registry = registry
        self._kept = kept
        self._items = Recent[tuple[str, int, tuple[str, ...], int], tuple[Plan, Plan]](ITEM_PLANS_KEPT)
        self._plans = Recent[_Key, tuple[Registry, Plan]](PLAN_NODES_KEPT)
        self.looks: Mapping[str, Looks] = {"plans": self._plans, "item_plans": self._items}
        # A thousand starts of a version that is not at hand compile it once.
        self._compiling = asyncio.Lock()

    def node_type(self, reference: str, code: str) -> NodeType | None:
        """The node type with the code of this hash, in service or kept; blocks while a module is imported."""
        spec = self._in_service(reference)
        if spec is not None and spec.source_hash == code:
            return self._registry().find(spec.id, spec.version)
        kept = self._kept(reference, code) if code else None
        return None if kept is None else kept.resolve()

    def node_types(self, workflow: str, version: int) -> Mapping[str, str] | None:
        """The type of each node by its name, those in bodies too; None when the plan is not at hand."""
        cached = self._plans.get((workflow, version, ()))
        return None if cached is None else _types(cached[1].nodes)

    async def get(self, workflow: str, version: int, code: Mapping[str, str] = NO_CODE, *, anew: bool = False) -> Plan:
        """The plan, compiled when it is not at hand.

        Args:
            code: what the execution began with, see `ExecutionCreated`; it goes on with that.
            anew: a person lets it go on after its end: with what is in service now, as far as there is.
        Raises:
            OperationalError: `node_type_missing`, `node_type_broken`, or the stored document cannot be read any more.
        """
        key = (workflow, version, self._others(code, anew=anew) if code else ())
        plan = self._at_hand(key)
        if plan is not None:
            return plan
        async with self._compiling:
            return self._at_hand(key) or await self._compile(key)

    def _others(self, code: Mapping[str, str], *, anew: bool) -> tuple[tuple[str, str], ...]:
        """The types, with their hashes, that are not what is in service."""
        found: list[tuple[str, str]] = []
        for reference, hash_ in code.items():
            spec = self._in_service(reference)
            if spec is None or not (anew or spec.source_hash == hash_):
                found.append((reference, hash_))
        return tuple(sorted(found))

    def _in_service(self, reference: str) -> NodeSpec | None:
        type_id, _, version = reference.rpartition("@")
        return self._registry().spec(type_id, int(version))

    def _at_hand(self, key: _Key) -> Plan | None:
        cached = self._plans.get(key)
        return cached[1] if cached is not None and cached[0] is self._registry() else None

    def of_items(self, plan: Plan, parentage: Parentage) -> Plan:
        """The plan of a child execution of one of the plan's containers."""
        key = (plan.workflow.name, plan.version, parentage.path, parentage.count)
        cached = self._items.get(key)
        if cached is None or cached[0] is not plan:
            cached = (plan, items_plan(plan, parentage))
            self._items.put(key, cached)
        return cached[1]

    async def _compile(self, key: _Key) -> Plan:
        registry, (workflow, version, others) = self._registry(), key
        stored = await self._workflows.get(workflow, version)
        parsed = parse(stored.document, format="json").workflow
        if parsed is None:
            raise OperationalError(
                "workflow.unreadable",
                f"Version {version} of {workflow} cannot be read by this release",
                retryable=False,
            )
        used = registry
        if others:
            used = registry.having(await asyncio.to_thread(self._find_kept, others))
        # Modules of plugins may do anything when they are imported, and it may take a while.
        if unloaded := unloaded_types(parsed, used):
            await asyncio.to_thread(load_types, unloaded)
        plan = compile_plan(parsed, version, used)
        self._plans.put(key, (registry, plan), weight=10 + len(_types(plan.nodes)))
        return plan

    def _find_kept(self, others: Iterable[tuple[str, str]]) -> list[DeferredType]:
        """These types as they were; one that is neither kept nor in service is left out, and missed by its node."""
        found: list[DeferredType] = []
        for reference, hash_ in others:
            type_ = self._kept(reference, hash_)
            if type_ is not None:
                found.append(type_)
            elif self._in_service(reference) is not None:
                raise OperationalError(
                    "node_type_missing",
                    f"{reference} has changed, and its code as it was when this execution began is not kept in the "
                    "data folder any more; resume it to go on with the code that is in service now",
                    retryable=False,
                )
        return found


def _types(nodes: Mapping[str, PlanNode]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, node in nodes.items():
        if node.body is not None:
            found |= _types(node.body.nodes)
        found[name] = node.spec.id
    return found


class PrepareCall(Protocol):
    """Checks a call; `itself`: the caller runs this very version."""

    def __call__(
        self, workflow: str, inputs: Mapping[str, Any], *, version: int | None, itself: bool
    ) -> Awaitable[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What nodes reach of the services above the engine.

    Attributes:
        call: checks a call of a workflow and gives its workflow, version, inputs and slot.
        send: sends a named event, as JSON.
        expire: closes an approval unless it was decided; either way an answer comes as a request.
    """

    call: PrepareCall
    send: Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
    expire: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Bounds of the engine.

    Attributes:
        node_timeout: of an attempt whose node has no time-out of its own.
        execution_timeout: of an execution whose workflow has none.
        give_up: after which an attempt that was told to end, and has not, is left behind.
        show_rest: an execution that waits for longer says so in its status.
        hibernate: one that waits for longer leaves memory.
        running: executions in memory at one time in this process; more are left in the database.
        fuse: tables pass through nodes that can be computed together, without being stored.
        fuse_above: bytes that have to come in for it. Of what is stored everybody sees the rows.
    """

    node_timeout: timedelta = timedelta(hours=1)
    execution_timeout: timedelta = timedelta(days=7)
    give_up: timedelta = timedelta(seconds=15)
    show_rest: timedelta = timedelta(milliseconds=250)
    hibernate: timedelta = timedelta(seconds=5)
    running: int = 10_000
    fuse: bool = True
    fuse_above: int = 4 * 2**20

    @staticmethod
    def of(settings: Settings, *, everything: bool) -> EngineSettings:
        """As the settings say; `everything` as in `Dispatcher`."""
        found = EngineSettings(
            node_timeout=settings.node_timeout,
            execution_timeout=settings.execution_timeout,
            running=settings.max_running,
            fuse=settings.fuse,
            fuse_above=settings.fuse_above,
        )
        # Without a dispatcher for everything nobody would wake an execution that had left memory.
        return found if everything else replace(found, hibernate=timedelta.max)


class Owner:
    """The name of this process in the journal; a lost lease ends it, and another takes its place."""

    def __init__(self) -> None:
        self.name = ""
        self.renew()

    def renew(self) -> None:
        """A name that nobody had before."""
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Engine:
    """What a drive needs.

    Attributes:
        owner: name of this process in the journal.
        limits, breakers: what attempts ask before they touch the outside.
        data_dir: the data folder, which file nodes may not touch even where it lies in the workspace.
        scratch: folder for folders of attempts; whatever is in it at a start belongs to nobody.
        connection: opens a connection by name, decrypted.
        http: opens the guarded client; called once, when the first node asks.
        doors: to the services above.
        results: of earlier executions.
        apart: by workflow, version and tail, how often in a row a group's nodes could not be computed together.
        making: planned tables that are being stored.
        readings: tables that sources gave.
    """

    owner: Owner
    journal: Journal
    plans: PlanCache
    artifacts: ArtifactStore
    workspace: Path
    data_dir: Path
    scratch: Path
    clock: Clock
    compute: Compute
    connection: Callable[[str], Awaitable[Connection]]
    http: GuardedClient
    limits: Limits
    breakers: Breakers
    doors: Doors
    results: ResultStore
    settings: EngineSettings = field(default_factory=EngineSettings)
    apart: Recent[tuple[str, int, str], int] = field(default_factory=lambda: Recent[tuple[str, int, str], int](1_000))
    making: Shared[TableRef] = field(default_factory=Shared[TableRef])
    readings: Readings = field(default_factory=Readings)

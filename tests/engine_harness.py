"""A real engine in the test's process: SQLite, artifacts, threads; only the node types are the test's own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from uuid_utils import uuid7

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.document import parse
from concertmaster.domain.errors import ConcertMasterError, NotFound
from concertmaster.domain.events import Event, ExecutionCreated
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.domain.interfaces import Claim, Clock, Committed, NewExecution, Slot, Slots, StoredWorkflow
from concertmaster.domain.limits import parse_limits
from concertmaster.engine.breaker import BreakerPolicy, Breakers
from concertmaster.engine.hooks import Hooks
from concertmaster.engine.limits import Limits
from concertmaster.engine.parts import Doors, Engine, EngineSettings, PlanCache
from concertmaster.executors.driving import driving
from concertmaster.executors.local import LocalCompute, LocalPlacement
from concertmaster.executors.pool import ProcessSettings
from concertmaster.nodes.credentials import Connection
from concertmaster.nodes.loader import builtin_registry
from concertmaster.nodes.node_type import node_type_of
from concertmaster.nodes.registry import Registry
from concertmaster.runtime import SystemClock
from concertmaster.services.calls import CallService
from concertmaster.services.waits import WaitService
from concertmaster.services.workflows import WorkflowService
from concertmaster.storage import tables
from concertmaster.storage.database import Database
from concertmaster.storage.executions import SqlExecutionStore
from concertmaster.storage.journal import SqlJournal
from concertmaster.storage.migrate import upgrade
from concertmaster.storage.results import SqlResultStore
from concertmaster.storage.rows import EXECUTION_COLUMNS, execution_from
from concertmaster.storage.triggers import SqlTriggerStore
from concertmaster.storage.waits import SqlWaitStore
from concertmaster.storage.workflows import SqlWorkflowStore
from concertmaster.triggers.kinds import Kinds
from concertmaster.triggers.schedule import Schedules


@dataclass
class Harness:
    """What tests use: start a document, wait for its end, look at journal and state."""

    engine: Engine
    journal: SqlJournal
    workflows: SqlWorkflowStore
    executions: SqlExecutionStore
    placement: LocalPlacement
    slots: Slots
    waits: WaitService
    database: Database
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: dict[str, ExecutionRow] = field(default_factory=dict)

    def on_commit(self, committed: Sequence[Committed]) -> None:
        self.ended |= {part.row.id: part.row for part in committed if part.row.status in FINAL_EXECUTION}
        self.changed.set()

    async def start(
        self,
        document: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        drive: bool = True,
        slot: Slot | None = None,
        priority: int = 0,
    ) -> str:
        """Store the document and start it; `drive=False` leaves it queued, as a crash right after would."""
        stored = await self.save(document)
        body = ExecutionCreated(stored.name, stored.version, inputs or {}, {"type": "manual"})
        new = NewExecution(str(uuid7()), self.engine.clock.now(), body, slot=slot, priority=priority)
        # Owned and not driven, it is what a process leaves behind that dies right after.
        owner = self.engine.owner.name if drive else "somebody who died"
        row, _ = await self.journal.create(new, actor=LOCAL_ADMIN, owner=owner)
        if drive and row.owner == owner:
            self.placement.submit(Claim(row, created=Event(row.id, 1, row.created_at, body)))
        return row.id

    async def start_with(self, body: ExecutionCreated) -> str:
        """Start a version that is stored already, with all that can be said of a start."""
        new = NewExecution(str(uuid7()), self.engine.clock.now(), body)
        row, _ = await self.journal.create(new, actor=LOCAL_ADMIN, owner=self.engine.owner.name)
        self.placement.submit(Claim(row, created=Event(row.id, 1, row.created_at, body)))
        return row.id

    async def save(self, document: str) -> StoredWorkflow:
        """Store the document and publish it."""
        parsed = parse(document)
        assert parsed.workflow is not None, parsed.problems
        stored, _ = await self.workflows.save(parsed.workflow, publish=True, expected_version=None, actor=LOCAL_ADMIN)
        return stored

    async def children(self, execution_id: str) -> list[ExecutionRow]:
        """The executions that nodes of this one have started, in the order of their start."""
        rows = tables.executions.c
        query = select(*EXECUTION_COLUMNS).where(rows.parent == execution_id).order_by(rows.id)
        found = await self.database.read(lambda connection: connection.execute(query).all())
        return [execution_from(row) for row in found]

    async def held(self, execution_id: str) -> bool:
        """Whether a process has it in memory, or has died with it and nobody has come on since."""
        rows = tables.executions.c
        query = select(rows.owner, rows.takeovers).where(rows.id == execution_id)
        return await self.database.read(lambda connection: tuple(connection.execute(query).one())) != (None, 0)

    async def ask(self, execution_id: str, kind: Any, **data: Any) -> None:
        """Post a request, as the services do."""
        self.ended.pop(execution_id, None)
        await self.journal.post(execution_id, kind, {"reason": "asked to", **data}, actor=LOCAL_ADMIN)

    async def cancel(self, execution_id: str) -> None:
        await self.ask(execution_id, "cancel")

    async def until(self, execution_id: str, condition: Callable[[Sequence[Event]], bool]) -> list[Event]:
        """Wait until the committed events satisfy the condition."""
        while True:
            self.changed.clear()
            events = await self.journal.read(execution_id)
            if condition(events):
                return events
            async with asyncio.timeout(30):
                await self.changed.wait()

    async def end(self, execution_id: str) -> ExecutionRow:
        """Wait for the end of an execution."""
        while execution_id not in self.ended:
            self.changed.clear()
            async with asyncio.timeout(30):
                await self.changed.wait()
        return self.ended[execution_id]

    async def run(self, document: str, inputs: Mapping[str, Any] | None = None) -> tuple[ExecutionRow, list[Event]]:
        """Start, wait, and give the row and all events."""
        execution_id = await self.start(document, inputs)
        return await self.end(execution_id), await self.journal.read(execution_id)

    async def outputs(self, document: str, inputs: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Run it and give its outputs; it has to succeed."""
        row, events = await self.run(document, inputs)
        assert row.status == "succeeded", row.error
        found: Any = events[-1].body
        return found.outputs

    async def settled(self, execution_id: str, status: str) -> ExecutionRow:
        """Wait until the execution has that status, as lists show it."""
        while True:
            self.changed.clear()
            row = await self.executions.get(execution_id)
            if row.status == status:
                return row
            async with asyncio.timeout(30):
                await self.changed.wait()


def example_of(type_id: str) -> str:
    """The example that the documentation of a built-in shows."""
    spec = builtin_registry().spec(type_id)
    assert spec is not None
    return spec.example


@contextlib.asynccontextmanager
async def running_engine(
    folder: Path,
    functions: Iterable[Any] = (),
    *,
    connections: Mapping[str, Connection | ConcertMasterError] | None = None,
    allow: str = "",
    settings: EngineSettings | None = None,
    grace_seconds: float = 10.0,
    limits: Sequence[str] = (),
    breaker: BreakerPolicy | None = None,
    dispatch: bool = True,
    shared: bool = False,
    threads: int = 32,
    processes: ProcessSettings | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Harness]:
    """An engine over `folder` with the built-ins and the given `@node` functions; closing it is a clean stop.

    Args:
        dispatch: go on with what others left behind, and with what is due.
        shared: behave as if other processes used the database too.
    """
    url = f"sqlite:///{folder / 'concertmaster.db'}"
    upgrade(url)
    database = Database(url)
    await database.open()
    harness: Harness

    async def connection(name: str) -> Connection:
        if connections is None or name not in connections:
            raise NotFound("connection.not_found", f"There is no connection {name!r}")
        found = connections[name]
        if isinstance(found, ConcertMasterError):
            raise found
        return found

    hooks = Hooks()
    hooks.listeners.append(lambda committed: harness.on_commit(committed))
    journal = SqlJournal(database, hooks.committed, hooks.wake)
    workflows = SqlWorkflowStore(database, plan=Kinds().plan)
    executions, builtins = SqlExecutionStore(database), builtin_registry()
    own = [found for function in functions if (found := node_type_of(function)) is not None]
    registry = Registry([*builtins.all(), *own])
    compute = LocalCompute(threads=threads, grace_seconds=grace_seconds, processes=processes)
    slots = database.slots(hooks.owner, hooks.freed)
    waits = WaitService(SqlWaitStore(database, journal.awaiting, now=SystemClock().now))

    async def no_connections() -> dict[str, str]:
        return {}

    checked = WorkflowService(
        workflows,
        executions,
        no_connections,
        SqlTriggerStore(database, plan=Kinds().plan),
        specs=lambda: registry,
        schedules=Schedules(),
    )
    engine = Engine(
        owner=hooks.owner,
        journal=journal,
        plans=PlanCache(workflows, lambda: registry),
        artifacts=ArtifactStore(folder / "artifacts"),
        workspace=folder,
        data_dir=folder / "artifacts",
        scratch=folder / "artifacts" / "scratch",
        clock=clock or SystemClock(),
        compute=compute,
        connection=connection,
        http=GuardedClient(EgressRules.parse(allow)),
        limits=Limits(slots, parse_limits(limits)),
        breakers=Breakers(breaker or BreakerPolicy()),
        settings=settings or EngineSettings(),
        results=SqlResultStore(database),
        doors=Doors(call=CallService(checked).prepare, send=waits.send_from_node, expire=waits.expire),
    )
    try:
        async with driving(
            engine, hooks, database.lease, shared=shared or database.shared, everything=dispatch
        ) as placement:
            harness = Harness(engine, journal, workflows, executions, placement, slots, waits, database)
            yield harness
    finally:
        await compute.close()
        await engine.http.aclose()
        await database.close()

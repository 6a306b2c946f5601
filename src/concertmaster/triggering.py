"""Triggering: joins the parts that start executions by themselves, and runs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from concertmaster.domain.interfaces import BackfillStore, Clock, FileWatchStore, HappeningStore, Journal, TriggerStore
from concertmaster.engine.hooks import Hooks
from concertmaster.executors.driving import running
from concertmaster.services.backfills import BackfillService
from concertmaster.services.connections import ConnectionService
from concertmaster.services.executions import ExecutionService
from concertmaster.services.happenings import HappeningService
from concertmaster.services.hooks import HookService
from concertmaster.services.samples import SampleService
from concertmaster.services.stream import StreamService
from concertmaster.services.triggers import TriggerService
from concertmaster.services.waits import WaitService
from concertmaster.services.workflows import WorkflowService
from concertmaster.triggers.backfiller import Backfiller
from concertmaster.triggers.kinds import Kinds
from concertmaster.triggers.reactor import Reactor
from concertmaster.triggers.schedule import Schedules
from concertmaster.triggers.scheduler import Scheduler
from concertmaster.triggers.watcher import Watcher


@dataclass(frozen=True, slots=True)
class Triggering:
    """The services around what starts executions by itself."""

    triggers: TriggerService
    backfills: BackfillService
    hooks: HookService
    samples: SampleService


@dataclass(frozen=True, slots=True)
class Watching:
    """Where and how often file triggers look; `data_dir` is left out."""

    workspace: Path
    data_dir: Path
    interval: timedelta


@asynccontextmanager
async def start_triggering(
    triggers: TriggerStore,
    backfills: BackfillStore,
    *,
    workflows: WorkflowService,
    executions: ExecutionService,
    connections: ConnectionService,
    stream: StreamService,
    hooks: Hooks,
    clock: Clock,
    happenings: HappeningStore,
    files: FileWatchStore,
    watching: Watching,
    journal: Journal,
    waits: WaitService,
    hook_waiting: int,
    everything: bool,
    begin: asyncio.Event,
) -> AsyncGenerator[Triggering]:
    """Start what is due, and work off backfills, until the block ends.

    Args:
        everything: False: only give the services, as for a process that is there for one execution.
        begin: when that begins; what is due before is made up for, as after a restart.
    """
    kinds = Kinds()
    starting = TriggerService(
        store=triggers,
        workflows=workflows,
        executions=executions,
        kinds=kinds,
        schedules=Schedules(),
        clock=clock,
        wake=lambda: look(),
    )
    scheduler = Scheduler(triggers, clock, hooks.owner, start=starting.start_scheduled, prepare=starting.prepare)
    ordering = BackfillService(
        store=backfills, triggers=triggers, kinds=kinds, clock=clock, wake=lambda: backfiller.wake()
    )

    async def values(connection: str) -> dict[str, str]:
        return dict((await connections.open(connection)).values)

    receiving = HookService(
        store=triggers,
        triggers=starting,
        executions=executions,
        stream=stream,
        values=values,
        clock=clock,
        waiting=hook_waiting,
    )
    backfiller = Backfiller(backfills, hooks.owner, kinds, starting.start_backfilled)
    reacting = HappeningService(store=triggers, triggers=starting, journal=journal, clock=clock)
    reactor = Reactor(happenings, clock, hooks.owner, reacting.react)

    watcher = Watcher(
        files,
        clock,
        hooks.owner,
        start=starting.start_once,
        workspace=watching.workspace,
        hidden=watching.data_dir,
        interval=watching.interval,
    )

    def look() -> None:
        scheduler.wake()
        reactor.wake()
        watcher.wake()

    async with AsyncExitStack() as stack:
        if everything:
            hooks.listeners.extend((backfiller.committed, reactor.committed))
            for work in (scheduler.run, backfiller.run, reactor.run, watcher.run):
                await stack.enter_async_context(running(work, begin=begin))
            await stack.enter_async_context(receiving.refusals.storing())
        workflows.on_published = look
        waits.on_sent = reactor.wake
        yield Triggering(starting, ordering, receiving, SampleService(triggers, clock))

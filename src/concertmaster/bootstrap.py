"""build(settings): the only file that picks concrete parts and joins them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from functools import partial
from importlib.metadata import version

from concertmaster.config import Settings
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.data.oauth2 import ClientCredentials
from concertmaster.data.workspace import Workspace
from concertmaster.domain.limits import parse_limits
from concertmaster.engine.breaker import BreakerPolicy, Breakers
from concertmaster.engine.hooks import Hooks
from concertmaster.engine.isolated_options import isolated_options
from concertmaster.engine.limits import Limits
from concertmaster.engine.materialising import stored
from concertmaster.engine.parts import Doors, Engine, EngineSettings, PlanCache
from concertmaster.eventbus.memory import MemoryEventBus
from concertmaster.executors.driving import driving, running
from concertmaster.executors.local import LocalCompute
from concertmaster.executors.pool import ProcessSettings
from concertmaster.nodes.connection_checks.access import Access
from concertmaster.observability.cache_metrics import CacheMetrics
from concertmaster.observability.database_metrics import DatabaseMetrics
from concertmaster.observability.metrics import Metrics
from concertmaster.observability.registry_metrics import RegistryMetrics
from concertmaster.opening import open_storage, open_workflow_feed, relay
from concertmaster.registering.opening import kept_types, open_registry
from concertmaster.runtime import Runtime, SystemClock
from concertmaster.security.cipher import open_cipher
from concertmaster.security.given_connections import given_connections
from concertmaster.services.aside import Aside
from concertmaster.services.audit import AuditService
from concertmaster.services.baselines import Baselines
from concertmaster.services.calls import CallService
from concertmaster.services.comparison import ComparisonService
from concertmaster.services.connection_tests import ConnectionTestService
from concertmaster.services.connection_uses import ConnectionUseService
from concertmaster.services.connections import ConnectionService
from concertmaster.services.control import ControlService
from concertmaster.services.downloads import DownloadService
from concertmaster.services.drafts import DraftService
from concertmaster.services.evaluate import EvaluateService
from concertmaster.services.executions import ExecutionService
from concertmaster.services.files import FileService
from concertmaster.services.history import HistoryService
from concertmaster.services.items import ItemService
from concertmaster.services.logins import LoginService
from concertmaster.services.logs import LogService
from concertmaster.services.node_uses import NodeUseService
from concertmaster.services.nodes import NodeTypeService
from concertmaster.services.operations import Instance, OperationsService
from concertmaster.services.options import OptionService
from concertmaster.services.outputs import OutputService
from concertmaster.services.registry_feed import RegistryFeed
from concertmaster.services.retention import RetentionRules, RetentionService
from concertmaster.services.stream import StreamService
from concertmaster.services.templates import TemplateService
from concertmaster.services.tokens import TokenService
from concertmaster.services.versions import VersionService
from concertmaster.services.waits import WaitService
from concertmaster.services.workflows import WorkflowService
from concertmaster.storage.audit import SqlAuditStore
from concertmaster.storage.drafts import SqlDraftStore
from concertmaster.storage.file_watches import SqlFileWatchStore
from concertmaster.storage.happenings import SqlHappeningStore
from concertmaster.storage.identity import identity_of
from concertmaster.storage.logins import SqlLoginStore
from concertmaster.storage.references import SqlReferenceStore
from concertmaster.storage.results import SqlResultStore
from concertmaster.storage.tokens import SqlTokenStore
from concertmaster.triggering import Watching, start_triggering
from concertmaster.triggers.schedule import Schedules
from concertmaster.trying import open_trying


def _calm_collector() -> None:
    """Let the garbage collector look less often, and never at what start-up made: see decision 4."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@asynccontextmanager
async def build(settings: Settings, *, recover: bool = True, early: bool = False) -> AsyncGenerator[Runtime]:
    """Everything, running; to be called by whoever holds the data folder.

    Args:
        recover: go on with executions that were not at their end when the last process ended, and take over those of
            dead ones; else only what is started here is driven, and stays in memory.
        early: answer while node types are loaded; what needs them is told to come again, and nothing starts by itself.
    Raises:
        OperationalError: the database or a folder cannot be used.
        UserError: a setting is wrong, or the database belongs to a newer version.
    """
    clock, bus, hooks = SystemClock(), MemoryEventBus(), Hooks()
    hooks.listeners.append(bus.publish)
    counts = RegistryMetrics()
    async with AsyncExitStack() as stack:
        registry = await stack.enter_async_context(open_registry(settings, counts, keep=True, hot=recover, early=early))
        registry_feed = RegistryFeed(registry.current, clock)
        registry.listeners.append(lambda: registry_feed.changed(registry.current))
        storage = await open_storage(settings, hooks, clock, stack)
        await registry.ask(NodeUseService(storage.workflows, storage.executions).of)
        rules = EgressRules.parse(settings.egress_allow)
        http = GuardedClient(rules)
        stack.push_async_callback(http.aclose)
        access = Access(rules, http, settings.resolved_workspace, settings.resolved_data_dir)
        connections = ConnectionService(
            storage.connections,
            open_cipher(
                settings.resolved_data_dir,
                settings.secret_key.get_secret_value() or None,
                key_file=settings.resolved_secret_key_file,
                shared=storage.database.shared,
            ),
            sources=given_connections(settings),
            token=ClientCredentials(http).token,
        )
        compute = LocalCompute(threads=settings.threads, processes=ProcessSettings.of(settings))
        stack.push_async_callback(compute.close)
        aside = Aside()
        stack.push_async_callback(aside.close)
        workflows = WorkflowService(
            storage.workflows,
            storage.executions,
            connections.types,
            storage.triggers,
            specs=registry.settled,
            schedules=Schedules(),
        )
        drafts = SqlDraftStore(storage.database, now=clock.now)
        workflow_feed = open_workflow_feed(storage, drafts, clock)
        waits = WaitService(storage.waits)
        engine = Engine(
            owner=hooks.owner,
            journal=storage.journal,
            plans=PlanCache(storage.workflows, lambda: registry.current, kept=kept_types(settings)),
            artifacts=storage.artifacts,
            workspace=settings.resolved_workspace,
            data_dir=settings.resolved_data_dir,
            scratch=settings.scratch_dir,
            clock=clock,
            compute=compute,
            connection=connections.open,
            http=http,
            limits=Limits(storage.slots, parse_limits(settings.limits)),
            breakers=Breakers(BreakerPolicy(settings.breaker_failures, settings.breaker_seconds)),
            settings=EngineSettings.of(settings, everything=recover),
            results=SqlResultStore(storage.database),
            doors=Doors(call=CallService(workflows).prepare, send=waits.send_from_node, expire=waits.expire),
        )
        reads = DatabaseMetrics(storage.database.readers)
        caches = CacheMetrics({**storage.workflows.looks, **workflows.looks, **engine.plans.looks})
        metrics = Metrics(engine.plans.node_types, clock, [counts, reads, caches])
        hooks.listeners.append(metrics.committed)
        storage.database.observe(reads.read)
        storage.database.writer.observe(metrics.group_committed)
        await stack.enter_async_context(running(metrics.watch_loop()))
        if storage.database.shared:
            await stack.enter_async_context(running(relay(storage.database, bus, hooks, workflow_feed.lose)))
            await stack.enter_async_context(running(workflow_feed.run()))
        placement = await stack.enter_async_context(
            driving(
                engine,
                hooks,
                storage.database.lease,
                shared=storage.database.shared,
                everything=recover,
                begin=registry.loaded,
            )
        )
        _calm_collector()
        recovered = await storage.journal.unfinished() if recover else 0
        baselines = Baselines(storage.history, clock)
        executions = ExecutionService(
            owner=engine.owner,
            journal=storage.journal,
            store=storage.executions,
            workflows=workflows,
            placement=placement,
            artifacts=storage.artifacts,
            slots=storage.slots,
            stored=partial(stored, engine),
            baselines=baselines,
            clock=clock,
        )
        items = ItemService(executions)
        stream = StreamService(bus, storage.journal, storage.executions, clock=clock)
        triggering = await stack.enter_async_context(
            start_triggering(
                storage.triggers,
                storage.backfills,
                workflows=workflows,
                executions=executions,
                connections=connections,
                stream=stream,
                hooks=hooks,
                clock=clock,
                happenings=SqlHappeningStore(storage.database),
                files=SqlFileWatchStore(storage.database),
                watching=Watching(settings.resolved_workspace, settings.resolved_data_dir, settings.watch_interval),
                journal=storage.journal,
                waits=waits,
                hook_waiting=settings.hook_waiting,
                everything=recover,
                begin=registry.loaded,
            )
        )
        foreign = not await asyncio.to_thread(storage.artifacts.belongs_to, await identity_of(storage.database))
        references = SqlReferenceStore(storage.database)
        kept = RetentionRules(settings.outputs_max_age, settings.outputs_max_count, settings.outputs_max_bytes)
        retention = RetentionService(references, engine.results, storage.artifacts, kept, clock, foreign=foreign)
        stack.push_async_callback(retention.close)

        def here() -> dict[str, float]:
            open_breakers = len(engine.breakers.open(asyncio.get_running_loop().time()))
            return {"executions": placement.running, "open_breakers": open_breakers, **asdict(compute.stats())}

        history = HistoryService(
            store=storage.history,
            executions=storage.executions,
            workflows=storage.workflows,
            baselines=baselines,
            slots=storage.slots,
            limits=parse_limits(settings.limits),
            here=here,
            clock=clock,
        )
        if recover:
            await stack.enter_async_context(running(retention.run()))
            await stack.enter_async_context(running(history.run()))
        yield Runtime(
            settings=settings,
            workflows=workflows,
            executions=executions,
            items=items,
            logs=LogService(storage.executions, items),
            outputs=OutputService(executions, storage.artifacts, references),
            evaluate=EvaluateService.on(engine, workflows, executions, registry.settled),
            files=FileService(Workspace(engine.workspace, engine.data_dir)),
            downloads=DownloadService(executions, storage.artifacts, access.path),
            comparison=ComparisonService(executions, items),
            triggering=triggering,
            history=history,
            control=ControlService(
                *(storage.journal, storage.executions), workflows=workflows, executions=executions, clock=clock
            ),
            trying=open_trying(storage, workflows, executions, specs=registry.settled, clock=clock),
            waits=waits,
            drafts=DraftService(drafts, storage.workflows, workflows),
            templates=TemplateService(
                workflows, workspace=settings.resolved_workspace, data_dir=settings.resolved_data_dir
            ),
            versions=VersionService(storage.workflows, workflows),
            workflow_feed=workflow_feed,
            connections=connections,
            connection_uses=ConnectionUseService(storage.workflows, lambda: registry.current),
            connection_tests=ConnectionTestService(connections, access),
            node_types=NodeTypeService(registry, refused=counts.config_refused),
            options=OptionService(
                registry.settled, connections, compute, access, isolated=partial(isolated_options, engine)
            ),
            operations=OperationsService(
                Instance(
                    version=version("concertmaster"),
                    workspace=settings.resolved_workspace,
                    data_dir=settings.resolved_data_dir,
                    database=storage.database.kind,
                    started_at=clock.now(),
                ),
                storage.executions,
                commit_trouble=storage.journal.health,
                artifacts=partial(asyncio.to_thread, storage.artifacts.check),
                registry=lambda: (registry.mode, registry.trouble),
                demand_loaded=registry.settled,
                here=here,
            ),
            metrics=metrics,
            stream=stream,
            registry_feed=registry_feed,
            logins=LoginService(SqlLoginStore(storage.database, now=clock.now), clock=clock, aside=aside),
            tokens=TokenService(SqlTokenStore(storage.database, now=clock.now), clock=clock, aside=aside),
            retention=retention,
            audit=AuditService(SqlAuditStore(storage.database)),
            recovered=recovered,
            loaded=registry.loaded,
        )

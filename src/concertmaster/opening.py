"""Opening: the stores of an instance, on its database and in its folders."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from concertmaster.config import Settings
from concertmaster.data.artifact_cache import ArtifactCache
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.depot import Depot
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import Clock, DraftStore, Slots
from concertmaster.engine.hooks import Hooks
from concertmaster.eventbus.memory import MemoryEventBus
from concertmaster.services.workflow_feed import WorkflowFeed
from concertmaster.storage.backfills import SqlBackfillStore
from concertmaster.storage.connections import SqlConnectionStore
from concertmaster.storage.database import Database
from concertmaster.storage.executions import SqlExecutionStore
from concertmaster.storage.history import SqlHistoryStore
from concertmaster.storage.journal import SqlJournal
from concertmaster.storage.migrate import upgrade
from concertmaster.storage.relay import Relay
from concertmaster.storage.triggers import SqlTriggerStore
from concertmaster.storage.waits import SqlWaitStore
from concertmaster.storage.workflows import SqlWorkflowStore
from concertmaster.triggers.kinds import Kinds

# In a shared folder; a write that takes longer is not to be expected.
HALF_WRITTEN_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Storage:
    """What is on the disk, opened."""

    database: Database
    journal: SqlJournal
    workflows: SqlWorkflowStore
    triggers: SqlTriggerStore
    backfills: SqlBackfillStore
    executions: SqlExecutionStore
    history: SqlHistoryStore
    connections: SqlConnectionStore
    waits: SqlWaitStore
    artifacts: ArtifactStore
    slots: Slots


def open_artifacts(settings: Settings) -> ArtifactStore:
    """The artifact store of the settings.

    Raises:
        UserError: `artifacts.unsupported_store`, `settings.invalid`.
        OperationalError: `artifacts.disk_full`, `artifacts.not_writable`.
    """
    folder = settings.resolved_artifacts_dir
    if not settings.artifacts_url:
        return ArtifactStore(folder)
    if settings.artifacts_dir is not None:
        raise UserError("settings.invalid", "ARTIFACTS_URL and ARTIFACTS_DIR are both set; remove one of them")
    depot = open_depot(settings)
    return ArtifactStore(folder, depot=depot, cache=ArtifactCache(folder, settings.artifacts_cache_bytes))


def open_depot(settings: Settings) -> Depot:
    """Where ARTIFACTS_URL leads, without a look at it.

    Raises:
        UserError: `artifacts.unsupported_store`, `settings.invalid`.
    """
    return Depot(settings.artifacts_url, options=_options(settings.artifacts_options.get_secret_value()))


def _options(text: str) -> Mapping[str, Any]:
    try:
        found: Any = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        message = (
            """Setting ARTIFACTS_OPTIONS is no JSON object; write it like {"endpoint": "https://s3.example.com"}"""
        )
        raise UserError("settings.invalid", message)
    return cast("dict[str, Any]", found)


async def open_storage(settings: Settings, hooks: Hooks, clock: Clock, stack: AsyncExitStack) -> Storage:
    """Open everything, until the stack is closed.

    Raises:
        OperationalError: the database, a folder or the artifact store cannot be used.
        UserError: a setting is wrong, or the database belongs to a newer version.
    """
    artifacts = open_artifacts(settings)
    # In a folder that is ours alone, whatever is half written belongs to a process that is gone.
    artifacts.sweep(older_than=timedelta() if settings.artifacts_dir is None else HALF_WRITTEN_KEPT)
    await asyncio.to_thread(artifacts.check)
    shutil.rmtree(settings.scratch_dir, ignore_errors=True)
    upgrade(settings.resolved_database_url)
    database = Database(settings.resolved_database_url, folder=settings.resolved_data_dir)
    await database.open()
    stack.push_async_callback(database.close)
    journal = SqlJournal(database, hooks.committed, hooks.wake, now=clock.now)
    return Storage(
        database=database,
        journal=journal,
        workflows=SqlWorkflowStore(database, plan=Kinds().plan, now=clock.now),
        triggers=SqlTriggerStore(database, plan=Kinds().plan),
        backfills=SqlBackfillStore(database),
        executions=SqlExecutionStore(database, now=clock.now),
        history=SqlHistoryStore(database, now=clock.now),
        connections=SqlConnectionStore(database, now=clock.now),
        waits=SqlWaitStore(database, journal.awaiting, now=clock.now),
        artifacts=artifacts,
        slots=database.slots(hooks.owner, hooks.freed),
    )


def open_workflow_feed(storage: Storage, drafts: DraftStore, clock: Clock) -> WorkflowFeed:
    """What those who have a workflow open hear, of this process and of others."""
    database = storage.database

    async def tell(people: Sequence[Mapping[str, Any]]) -> None:
        await database.write(lambda _: database.writer.notices.people.extend(people))

    feed = WorkflowFeed(
        drafts, there=storage.workflows.get, clock=clock, now=time.monotonic, tell=tell if database.shared else None
    )
    listeners = database.listeners
    listeners.drafts, listeners.version = feed.drafts_changed, feed.version_saved
    listeners.person = feed.person_elsewhere
    return feed


def relay(database: Database, bus: MemoryEventBus, hooks: Hooks, lose: Callable[[], None]) -> Coroutine[Any, Any, None]:
    """Bring what other processes commit to those who follow it here; its work, for as long as it goes on.

    Args:
        lose: called as well when something may have been missed.
    """
    relay = Relay(database, bus.publish, bus.wanted)
    database.listeners.remote_commit = relay.announce

    def look_everywhere() -> None:
        bus.lose()
        lose()
        hooks.look_everywhere()

    database.listeners.gap = look_everywhere
    return relay.run()

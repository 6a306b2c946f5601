"""build(settings): the only file that picks concrete parts and joins them."""

from __future__ import annotations

import gc
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from concertmaster.config import DATABASE_FILE, Settings
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.guard import EgressRules, GuardedClient
from concertmaster.domain.errors import OperationalError
from concertmaster.engine.parts import Engine, PlanCache
from concertmaster.engine.recovery import recover as recover_executions
from concertmaster.eventbus.memory import MemoryEventBus
from concertmaster.executors.local import LocalCompute, LocalPlacement
from concertmaster.nodes.loader import load_registry
from concertmaster.security.cipher import open_cipher
from concertmaster.services.connections import ConnectionService
from concertmaster.services.executions import ExecutionService
from concertmaster.services.nodes import NodeTypeService
from concertmaster.services.operations import Instance, OperationsService
from concertmaster.services.stream import StreamService
from concertmaster.services.workflows import WorkflowService
from concertmaster.storage.connections import SqlConnectionStore
from concertmaster.storage.database import Database
from concertmaster.storage.executions import SqlExecutionStore
from concertmaster.storage.journal import SqlJournal
from concertmaster.storage.lock import DataFolderLock
from concertmaster.storage.migrate import current, head, upgrade
from concertmaster.storage.workflows import SqlWorkflowStore

SERVER_FILE = "server.json"


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that runs, as far as API and CLI may use it."""

    settings: Settings
    workflows: WorkflowService
    executions: ExecutionService
    connections: ConnectionService
    node_types: NodeTypeService
    operations: OperationsService
    stream: StreamService
    recovered: int


@contextmanager
def hold_data_folder(settings: Settings) -> Generator[Path]:
    """Make the data folder and keep it for this process.

    Raises:
        Conflict: `data_folder.locked`, another process has it.
        OperationalError: `data_folder.not_writable`.
    """
    folder = settings.resolved_data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OperationalError(
            "data_folder.not_writable",
            f"The data folder {folder} cannot be made: {error.strerror}; give this user the right to write there, "
            "or choose another with --data-dir",
            retryable=False,
            folder=str(folder),
        ) from error
    with DataFolderLock(folder):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OperationalError(
                "data_folder.not_writable",
                f"Nothing can be made in the data folder {folder}; give this user the right to write there, "
                "or choose another with --data-dir",
                retryable=False,
                folder=str(folder),
            )
        # Whoever wrote it is gone: the lock was free.
        (folder / SERVER_FILE).unlink(missing_ok=True)
        yield folder


def _calm_collector() -> None:
    """Let the garbage collector look less often, and never at what start-up made.

    The engine makes many short-lived objects and hardly any cycles; with the default thresholds the collector took
    half of the time of 1,000 executions at once (`make bench`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@asynccontextmanager
async def build(settings: Settings, *, recover: bool = True) -> AsyncGenerator[Runtime]:
    """Everything, running; to be called by whoever holds the data folder.

    Args:
        recover: go on with executions that were not at their end when the last process ended.
    Raises:
        OperationalError: the database or a folder cannot be used.
        UserError: a setting is wrong, or the database belongs to a newer version.
    """
    clock = SystemClock()
    data_dir = settings.resolved_data_dir
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    cipher = open_cipher(data_dir, settings.secret_key.get_secret_value() or None)
    registry = load_registry(settings.resolved_workspace)
    artifacts = ArtifactStore(data_dir / "artifacts")
    # The folder is ours alone: whatever is half written belongs to a process that is gone.
    artifacts.sweep(older_than=timedelta())
    upgrade(settings.resolved_database_url)
    async with AsyncExitStack() as stack:
        database = Database(settings.resolved_database_url)
        await database.open()
        stack.push_async_callback(database.close)
        bus = MemoryEventBus()
        journal = SqlJournal(database, bus.publish)
        workflow_store = SqlWorkflowStore(database)
        execution_store = SqlExecutionStore(database)
        connection_store = SqlConnectionStore(database)
        connections = ConnectionService(connection_store, cipher)
        http = GuardedClient(EgressRules.parse(settings.egress_allow))
        stack.push_async_callback(http.aclose)
        compute = LocalCompute(threads=settings.threads)
        stack.callback(compute.close)
        engine = Engine(
            owner=owner,
            journal=journal,
            executions=execution_store,
            plans=PlanCache(workflow_store, lambda: registry),
            artifacts=artifacts,
            workspace=settings.resolved_workspace,
            data_dir=data_dir,
            clock=clock,
            compute=compute,
            connection=connections.open,
            http=http,
        )
        placement = LocalPlacement(engine)
        # Closed first: drives stop at an await, and what they queued is committed by the database's close.
        stack.push_async_callback(placement.close)
        workflows = WorkflowService(workflow_store, execution_store, connection_store, specs=lambda: registry)
        instance = Instance(
            version=version("concertmaster"),
            workspace=settings.resolved_workspace,
            data_dir=data_dir,
            database="sqlite",
            started_at=clock.now(),
        )
        _calm_collector()
        yield Runtime(
            settings=settings,
            workflows=workflows,
            executions=ExecutionService(
                owner=owner,
                journal=journal,
                store=execution_store,
                workflows=workflows,
                placement=placement,
                artifacts=artifacts,
                clock=clock,
            ),
            connections=connections,
            node_types=NodeTypeService(lambda: registry),
            operations=OperationsService(instance, execution_store, commit_trouble=journal.health),
            stream=StreamService(bus, journal, execution_store, clock=clock),
            recovered=await recover_executions(journal, placement) if recover else 0,
        )


async def known_connections(settings: Settings) -> Mapping[str, str] | None:
    """The type of every stored connection by name, read beside a server that may run; None when nobody can tell."""
    data_dir = settings.resolved_data_dir
    if not settings.database_url and not (data_dir / DATABASE_FILE).exists():
        return {}
    database = Database(settings.resolved_database_url)
    try:
        return {connection.name: connection.type for connection in await SqlConnectionStore(database).list()}
    except OperationalError:
        return None
    finally:
        await database.close()


def schema_state(settings: Settings) -> str:
    """Which schema the database has, in words, without changing it.

    Raises:
        UserError: `database.unsupported`.
        OperationalError: `database.unavailable`.
    """
    url = settings.resolved_database_url
    if not settings.database_url and not (settings.resolved_data_dir / DATABASE_FILE).exists():
        return "not there yet; the first start makes it"
    found, newest = current(url), head()
    return f"schema {found}" if found == newest else f"schema {found}; the next start brings it to {newest}"

"""Inspection: what can be said of a database without starting a server on it, or beside one that runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, func, select, text

from concertmaster.config import DATABASE_FILE, PREFIX, Settings
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.document import Format
from concertmaster.domain.errors import NotFound, OperationalError
from concertmaster.domain.interfaces import StoredWorkflow
from concertmaster.domain.limits import parse_limits
from concertmaster.domain.near_miss import hint
from concertmaster.domain.spec import Specs
from concertmaster.domain.validation import check_document
from concertmaster.domain.workflow import Workflow
from concertmaster.security.given_connections import given_connections
from concertmaster.services.callees import callee_problems
from concertmaster.services.workflows import Checked, WorkflowService
from concertmaster.storage.connections import SqlConnectionStore
from concertmaster.storage.database import Database, describe, dialect_of
from concertmaster.storage.executions import SqlExecutionStore
from concertmaster.storage.migrate import current, head
from concertmaster.storage.tables import owners
from concertmaster.storage.triggers import SqlTriggerStore
from concertmaster.storage.workflows import SqlWorkflowStore
from concertmaster.triggers.kinds import Kinds
from concertmaster.triggers.schedule import Schedules


async def known_connections(settings: Settings) -> Mapping[str, str] | None:
    """The type of every connection by name, read beside a server that may run; None when nobody can tell."""
    given = {one.name: one.type for source in reversed(given_connections(settings)) for one in source.given()}
    data_dir = settings.resolved_data_dir
    if not settings.database_url and not (data_dir / DATABASE_FILE).exists():
        return given
    database = Database(settings.resolved_database_url)
    try:
        return {line.name: line.type for line in await SqlConnectionStore(database).list()} | given
    except OperationalError:
        return None
    finally:
        await database.close()


async def check_documents(
    settings: Settings, specs: Specs, documents: Sequence[tuple[bytes, Format | None]]
) -> list[Checked]:
    """Check them as the server of the data folder does, beside one that may run: with what is stored there.

    Nothing is stored where there is no database yet; nobody can tell where it cannot be read.
    """
    if not settings.database_url and not (settings.resolved_data_dir / DATABASE_FILE).exists():
        return [await _checked_alone(document, specs, stored=True) for document in documents]
    database = Database(settings.resolved_database_url)

    async def types() -> Mapping[str, str]:
        given = {one.name: one.type for source in reversed(given_connections(settings)) for one in source.given()}
        return {line.name: line.type for line in await SqlConnectionStore(database).list()} | given

    try:
        workflows = WorkflowService(
            SqlWorkflowStore(database, plan=Kinds().plan),
            SqlExecutionStore(database),
            types,
            SqlTriggerStore(database, plan=Kinds().plan),
            specs=lambda: specs,
            schedules=Schedules(),
        )
        return [await workflows.validate(LOCAL_ADMIN, text, format=format) for text, format in documents]
    except OperationalError:
        return [await _checked_alone(document, specs, stored=False) for document in documents]
    finally:
        await database.close()


async def _checked_alone(document: tuple[bytes, Format | None], specs: Specs, *, stored: bool) -> Checked:
    """Check one by itself; `stored` says that it is known what is stored: nothing."""
    text, format = document
    known: dict[str, str] = {}
    parsed = check_document(
        text, specs, format=format, connections=known.get if stored else None, schedules=Schedules()
    )
    callees = await callee_problems(parsed.workflow, _nothing, None) if parsed.workflow and stored else []
    return Checked(parsed.workflow, (*parsed.problems, *callees))


async def _nothing(name: str, *, version: int | None = None) -> tuple[StoredWorkflow, Workflow]:
    raise NotFound("workflow.not_found", f"There is no workflow {name}, of whatever version ({version})")


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
    where = describe(url)
    if found is None:
        return f"{where}, empty; the first start makes the schema {newest}"
    return f"{where}, schema {found}" if found == newest else f"{where}, schema {found}; the next start: {newest}"


def database_is_shared(settings: Settings) -> bool:
    """Whether other servers may use the same database at the same time."""
    return dialect_of(settings.resolved_database_url).shared


async def other_servers(settings: Settings, *, here: bool = False) -> int:
    """How many other servers live on the same database; one that was killed counts for the 8 seconds of its lease.

    Args:
        here: one of them has our data folder, and is no other.
    """
    if not database_is_shared(settings):
        return 0
    url = settings.resolved_database_url

    def count(connection: Connection) -> int:
        living = owners.c.lease_until > text(dialect_of(url).now_sql)
        return connection.execute(select(func.count()).select_from(owners).where(living)).scalar_one()

    database: Database | None = None
    try:
        if current(url) is None:
            return 0
        database = Database(url)
        return max(0, await database.read(count) - here)
    except OperationalError:
        return 0
    finally:
        if database is not None:
            await database.close()


def not_common(settings: Settings, others: int) -> Sequence[str]:
    """What this server has for itself although others on the database need the same, each with its remedy."""
    if not others:
        return ()
    who = "another server lives" if others == 1 else f"{others} other servers live"
    missing = {
        "SECRET_KEY": (
            settings.secret_key or settings.secret_key_file,
            "connections stored by one cannot be read by the other",
        ),
        f"ARTIFACTS_DIR (or {PREFIX}ARTIFACTS_URL)": (
            settings.artifacts_dir or settings.artifacts_url,
            "tables and large values of one are not found by the other",
        ),
    }
    return [
        f"{PREFIX}{name} is not set, but {who} on this database: {harm}; set it to the same on all of them"
        for name, (value, harm) in missing.items()
        if not value
    ]


def unknown_limits(settings: Settings, node_types: Collection[str], connections: Collection[str]) -> Sequence[str]:
    """Limits of what does not exist, which therefore limit nothing.

    Raises:
        UserError: `settings.invalid`, a rule cannot be read.
    """
    known = {"node_type": ("node type", node_types), "connection": ("connection", connections)}
    found: list[str] = []
    for resource in parse_limits(settings.limits):
        kind, _, name = resource.partition(":")
        noun, names = known[kind]
        if name not in names:
            found.append(f"{PREFIX}LIMITS names {resource}, but there is no {noun} {name}{hint(name, names)}")
    return found

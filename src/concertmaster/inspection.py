"""Inspection: what can be said of a database without starting a server on it, or beside one that runs."""

from __future__ import annotations

from collections.abc import Mapping

from concertmaster.config import DATABASE_FILE, Settings
from concertmaster.domain.errors import OperationalError
from concertmaster.storage.connections import SqlConnectionStore
from concertmaster.storage.database import Database, describe, dialect_of
from concertmaster.storage.migrate import current, head


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
    where = describe(url)
    if found is None:
        return f"{where}, empty; the first start makes the schema {newest}"
    return f"{where}, schema {found}" if found == newest else f"{where}, schema {found}; the next start: {newest}"


def database_is_shared(settings: Settings) -> bool:
    """Whether other servers may use the same database at the same time."""
    return dialect_of(settings.resolved_database_url).shared

"""The schema's version: thin calls to Alembic.

Trap: on SQLite run it under the lock of the data folder only; on PostgreSQL processes wait for each other.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from concertmaster.domain.errors import UserError
from concertmaster.storage.database import dialect_of

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Bring the database to the newest schema, creating it when it is not there; all steps in one transaction.

    Raises:
        UserError: `database.newer`, the schema was made by a newer ConcertMaster.
        OperationalError: `database.unavailable`, it cannot be opened or is no database.
    """
    dialect = dialect_of(url)
    engine = dialect.writing()
    try:
        with engine.begin() as connection:
            dialect.lock_for_migration(connection)
            found = _revision(connection)
            if found is not None and found not in _known():
                raise UserError(
                    "database.newer",
                    f"The database {dialect.place} has the schema {found}, which this version does not know: it "
                    "was used with a newer ConcertMaster; install that one, or choose another folder with --data-dir",
                    revision=found,
                )
            if found != head():
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except DBAPIError as error:
        raise dialect.unavailable(error) from error
    finally:
        engine.dispose()


def current(url: str) -> str | None:
    """The revision of a database's schema, None before the first.

    Raises:
        OperationalError: `database.unavailable`, it cannot be opened or is no database.
    """
    dialect = dialect_of(url)
    engine = dialect.writing()
    try:
        with engine.connect() as connection:
            return _revision(connection)
    except DBAPIError as error:
        raise dialect.unavailable(error) from error
    finally:
        engine.dispose()


def head() -> str:
    """The newest revision that this version knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config

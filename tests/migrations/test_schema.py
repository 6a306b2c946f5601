"""The migrations make what `tables.py` says; a schema of a newer version is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.storage.database import dialect_of
from concertmaster.storage.migrate import current, head, upgrade
from concertmaster.storage.tables import metadata
from postgres_server import PostgresServer

NOTES = Path("src/concertmaster/storage/migrations/NOTES.md")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'fresh.db'}"


def ddl_of(url: str) -> dict[str, str]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            query = text(
                "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL "
                "AND name NOT LIKE 'sqlite_%' AND name != 'alembic_version'"
            )
            return {name: "".join(sql.replace('"', "").split()) for name, sql in connection.execute(query)}
    finally:
        engine.dispose()


def test_migrations_make_what_the_tables_say(url: str, tmp_path: Path) -> None:
    upgrade(url)
    direct = f"sqlite:///{tmp_path / 'direct.db'}"
    for one in (url, direct):
        engine = create_engine(one)
        with engine.begin() as connection:
            if one == direct:
                metadata.create_all(connection)
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()
    # What the comparison cannot see (WITHOUT ROWID, AUTOINCREMENT, partial indexes) is in the text.
    assert ddl_of(url) == ddl_of(direct)


@pytest.mark.server
def test_migrations_make_what_the_tables_say_on_postgresql(postgres: PostgresServer) -> None:
    migrated, direct = postgres.make_database(), postgres.make_database()
    upgrade(migrated)
    for one in (migrated, direct):
        engine = dialect_of(one).writing()
        with engine.begin() as connection:
            if one == direct:
                metadata.create_all(connection)
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()
    # What the comparison cannot see: collations, conditions of indexes, sequences.
    assert catalog_of(postgres, migrated) == catalog_of(postgres, direct)
    postgres.drop_database(migrated)
    postgres.drop_database(direct)


def catalog_of(server: PostgresServer, url: str) -> tuple[object, object]:
    database = url.rpartition("/")[2]
    columns = server.execute(
        "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version' "
        "ORDER BY 1, 2",
        database,
    )
    assert ("executions", "id", "text", "C", "NO", None) in columns
    indexes = server.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' "
        "ORDER BY 1",
        database,
    )
    return columns, indexes


def test_an_upgrade_goes_to_the_head_and_can_be_repeated(url: str) -> None:
    assert current(url) is None
    upgrade(url)
    assert current(url) == head()
    before = ddl_of(url)
    upgrade(url)
    assert ddl_of(url) == before


def test_a_newer_schema_is_refused_and_left_alone(url: str) -> None:
    upgrade(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '29990101_0000'"))
    engine.dispose()
    with pytest.raises(UserError, match="newer ConcertMaster") as caught:
        upgrade(url)
    assert caught.value.code == "database.newer"
    assert current(url) == "29990101_0000"


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_bytes(b"dear diary, " * 100)
    with pytest.raises(OperationalError, match=r"notes\.db") as caught:
        upgrade(f"sqlite:///{file}")
    assert caught.value.code == "database.unavailable"
    assert file.read_bytes() == b"dear diary, " * 100


@pytest.mark.parametrize("given", ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_other_databases_are_refused(given: str) -> None:
    with pytest.raises(UserError, match="sqlite:////") as caught:
        upgrade(given)
    assert caught.value.code == "database.unsupported"


def test_every_migration_is_in_the_notes() -> None:
    notes = (Path(__file__).parents[2] / NOTES).read_text()
    for script in (Path(__file__).parents[2] / NOTES.parent / "versions").glob("*.py"):
        day, time, kind, *words = script.stem.split("_")
        assert kind in ("pre", "post")
        assert words
        assert f"`{day}_{time}` | {kind}" in notes

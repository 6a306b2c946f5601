"""Run by Alembic: one connection, handed in by `storage/migrate.py`."""

from __future__ import annotations

from alembic import context

from concertmaster.storage.tables import metadata

# Batch mode: SQLite changes a table by copying it.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

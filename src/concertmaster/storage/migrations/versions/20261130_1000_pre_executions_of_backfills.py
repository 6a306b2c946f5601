"""Executions by the backfill that started them."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "20261130_1000"
down_revision = "20261130_0900"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COLUMNS = ["backfill", "status", "id"]

# By the keys under which they were started, which an index finds: no trigger has to be read. ";" follows ":".
FILL = """
UPDATE executions SET backfill = :id WHERE id IN (
    SELECT execution_id FROM idempotency_keys WHERE workflow = :workflow AND key >= :first AND key < :last
)
"""
LONGEST_NAME = 100


def upgrade() -> None:
    """See NOTES.md."""
    op.add_column("executions", sa.Column("backfill", KEY, nullable=True))
    connection = op.get_bind()
    known = connection.execute(sa.text("SELECT id, workflow, trigger FROM backfills")).all()
    for id_, workflow, trigger in known:
        name = trigger if len(trigger) <= LONGEST_NAME else hashlib.sha256(trigger.encode()).hexdigest()
        key = f"trigger:{name}:backfill:{id_}"
        chosen = {"id": id_, "workflow": workflow, "first": f"{key}:", "last": f"{key};"}
        connection.execute(sa.text(FILL), chosen)
    where = sa.text("backfill IS NOT NULL")
    op.create_index("ix_executions_backfill", "executions", COLUMNS, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Only the filter by them is lost."""
    op.drop_index("ix_executions_backfill", "executions")
    # The table is copied, and Alembic does not see that it has no rowid.
    with op.batch_alter_table("executions", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("backfill")

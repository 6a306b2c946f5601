"""Triggers of published versions, and what became of their times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0220"
down_revision = "20261130_0200"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "triggers",
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("address", KEY),
        sa.Column("claimed_by", KEY),
        sa.Column("sample", sa.Text()),
        sa.Column("secret", sa.Text()),
        sa.PrimaryKeyConstraint("workflow", "name", name=op.f("pk_triggers")),
        sqlite_with_rowid=False,
    )
    for name, columns in (("next_at", ["next_at"]), ("address", ["type", "address"])):
        where = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_triggers_{name}", "triggers", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "trigger_fires",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("execution_id", KEY),
        sa.Column("scheduled_at", sa.BigInteger()),
        sa.Column("count", sa.BigInteger(), nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_fires")),
    )
    op.create_index("ix_trigger_fires_trigger", "trigger_fires", ["workflow", "name", "id"])


def downgrade() -> None:
    """See NOTES.md."""
    op.drop_table("trigger_fires")
    op.drop_table("triggers")

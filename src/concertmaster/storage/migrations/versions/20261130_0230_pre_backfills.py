"""Backfills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0230"
down_revision = "20261130_0220"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "backfills",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("trigger", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("cursor_at", sa.BigInteger()),
        sa.Column("active", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("succeeded", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("claimed_by", KEY),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfills")),
        sqlite_with_rowid=False,
    )
    where = sa.text("status = 'running' OR active <> '[]'")
    op.create_index("ix_backfills_open", "backfills", ["id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """See NOTES.md."""
    op.drop_table("backfills")

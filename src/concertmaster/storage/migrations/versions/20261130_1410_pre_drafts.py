"""Drafts of workflows with their changes; who made a version what for, and what it is called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1410"
down_revision = "20261130_1400"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "drafts",
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("base_version", sa.Integer()),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=False),
        sa.Column("kept_ids", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.PrimaryKeyConstraint("workflow", name=op.f("pk_drafts")),
    )
    op.create_table(
        "draft_batches",
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client", KEY, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "revision", name=op.f("pk_draft_batches")),
    )
    op.create_table(
        "draft_changes",
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "id", name=op.f("pk_draft_changes")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_draft_changes_workflow_revision", "draft_changes", ["workflow", "revision"])
    op.add_column("workflow_versions", sa.Column("label", sa.Text(), nullable=True))
    op.add_column("workflow_versions", sa.Column("origin", KEY, nullable=False, server_default="save"))


def downgrade() -> None:
    """Drafts are lost, and versions of test runs stand among the others."""
    with op.batch_alter_table("workflow_versions") as batch:
        batch.drop_column("origin")
        batch.drop_column("label")
    op.drop_table("draft_changes")
    op.drop_table("draft_batches")
    op.drop_table("drafts")

"""What happened for event and workflow triggers, and the files that file triggers know."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "20261130_0330"
down_revision = "20261130_0230"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "happenings",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("trigger", KEY, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("source", KEY, nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", KEY),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_happenings")),
    )
    op.create_index("ix_happenings_due_at", "happenings", ["due_at", "id"])
    op.create_table(
        "known_files",
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("trigger", KEY, nullable=False),
        sa.Column("path", KEY, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("changed_ns", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text()),
        sa.Column("gone_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("workflow", "trigger", "path", name=op.f("pk_known_files")),
        sqlite_with_rowid=False,
    )
    op.add_column("triggers", sa.Column("files_since", sa.BigInteger()))
    # Files that are there already are not news.
    op.execute(f"UPDATE triggers SET files_since = {time.time_ns() // 1_000} WHERE type = 'file'")
    where = sa.text("type = 'file'")
    columns = ["workflow", "name"]
    op.create_index("ix_triggers_file", "triggers", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """See NOTES.md."""
    op.drop_index("ix_triggers_file", "triggers")
    with op.batch_alter_table("triggers", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("files_since")
    op.drop_table("known_files")
    op.drop_table("happenings")

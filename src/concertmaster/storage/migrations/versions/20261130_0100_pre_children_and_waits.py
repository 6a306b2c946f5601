"""Child executions, named events, approvals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0100"
down_revision = "20261127_1500"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """See NOTES.md."""
    op.add_column("executions", sa.Column("parent", KEY, nullable=True))
    op.add_column("executions", sa.Column("hidden", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "listeners",
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("node", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("once", KEY, nullable=False),
        sa.PrimaryKeyConstraint("execution_id", "node", name=op.f("pk_listeners")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_listeners_name", "listeners", ["name", "key"], unique=False)
    op.create_table(
        "named_events",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_events")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_named_events_name", "named_events", ["name", "key", "id"], unique=False)
    op.create_index("ix_named_events_expires_at", "named_events", ["expires_at"], unique=False)
    op.create_index("ix_named_events_idempotency_key", "named_events", ["idempotency_key"], unique=True)
    op.create_table(
        "deliveries",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("once", KEY, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "execution_id", "once", name=op.f("pk_deliveries")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "approvals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("visible_id", KEY, nullable=False),
        sa.Column("node", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_approvals_status", "approvals", ["status", "id"], unique=False)
    op.create_index("ix_approvals_execution_id", "approvals", ["execution_id", "node"], unique=False)
    op.create_index("ix_approvals_visible_id", "approvals", ["visible_id", "id"], unique=False)


def downgrade() -> None:
    """What waits for others, and what belongs to others, is lost."""
    for table in ("approvals", "deliveries", "named_events", "listeners"):
        op.drop_table(table)
    # The table is copied, and Alembic does not see that it has no rowid.
    with op.batch_alter_table("executions", table_kwargs={"sqlite_with_rowid": False}) as batch:
        for column in ("hidden", "parent"):
            batch.drop_column(column)

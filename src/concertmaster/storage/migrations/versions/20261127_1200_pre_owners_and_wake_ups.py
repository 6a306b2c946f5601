"""Owners, wake-ups, places under limits, snapshots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261127_1200"
down_revision = "20261123_1200"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

OPEN = "status IN ('queued', 'running', 'waiting', 'paused')"
FINAL = "('succeeded', 'failed', 'cancelled', 'interrupted')"


def _partial_index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, "executions", columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    """See NOTES.md."""
    # The table is copied, and Alembic does not see that it has no rowid.
    with op.batch_alter_table("executions", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.add_column(sa.Column("wake_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("takeovers", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("priority", sa.BigInteger(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("slot_key", KEY, nullable=True))
        batch.add_column(sa.Column("slot_limit", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("admitted", sa.Integer(), nullable=False, server_default="1"))
        # Never used.
        batch.drop_column("lease_until")
    op.execute(f"UPDATE executions SET owner = NULL WHERE status IN {FINAL}")
    op.execute(f"UPDATE executions SET wake_at = created_at WHERE owner IS NULL AND status NOT IN {FINAL}")
    _partial_index("ix_executions_owner", ["owner"], "owner IS NOT NULL")
    _partial_index("ix_executions_wake_at", ["priority", "wake_at", "id"], "wake_at IS NOT NULL")
    _partial_index(
        "ix_executions_slot",
        ["slot_key", "admitted", "wake_at", "priority", "id"],
        f"slot_key IS NOT NULL AND {OPEN}",
    )
    op.create_table(
        "owners",
        sa.Column("owner", KEY, nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_owners")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "slots",
        sa.Column("resource", KEY, nullable=False),
        sa.Column("holder", KEY, nullable=False),
        sa.Column("owner", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resource", "holder", name=op.f("pk_slots")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_slots_owner", "slots", ["owner"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_snapshots")),
    )


def downgrade() -> None:
    """Back to one owner that nobody can see the life of; waiting executions go on at the next start."""
    for table in ("snapshots", "slots", "owners"):
        op.drop_table(table)
    for name in ("ix_executions_slot", "ix_executions_wake_at", "ix_executions_owner"):
        op.drop_index(name, table_name="executions")
    # The table is copied, and Alembic does not see that it has no rowid.
    with op.batch_alter_table("executions", table_kwargs={"sqlite_with_rowid": False}) as batch:
        for column in ("wake_at", "takeovers", "priority", "slot_key", "slot_limit", "admitted"):
            batch.drop_column(column)
        batch.add_column(sa.Column("lease_until", sa.BigInteger(), nullable=True))

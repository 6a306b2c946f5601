"""Results of nodes that only compute, for later executions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0900"
down_revision = "20261130_0330"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "results",
        sa.Column("key", KEY, nullable=False),
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("outputs", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_results")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_results_at", "results", ["at"])


def downgrade() -> None:
    """See NOTES.md."""
    op.drop_table("results")

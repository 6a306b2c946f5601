"""Results of nodes that only compute, for later executions; whose an artifact store is; parts of executions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_0900"
down_revision = "20261130_0330"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INDEXES = (
    ("ix_executions_parent", ["parent"], "parent IS NOT NULL"),
    ("ix_executions_whole", ["workflow", "id"], "parent IS NULL"),
)


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
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
    )
    for name, columns, condition in INDEXES:
        where = sa.text(condition)
        op.create_index(name, "executions", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """See NOTES.md."""
    for name, *_ in INDEXES:
        op.drop_index(name, "executions")
    op.drop_table("identity")
    op.drop_table("results")

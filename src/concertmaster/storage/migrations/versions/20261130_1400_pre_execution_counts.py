"""How many executions were made when, by their status; executions by the type of what started them.

Existing executions are not counted here: the server does it in small steps once it runs.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1400"
down_revision = "20261130_1300"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COLUMNS = ("trigger_type", "counted_as", "counted_before")
FAILED = sa.text("status IN ('failed', 'interrupted') AND workflow <> ''")
VISIBLE = sa.text("hidden = 0")
UNCOUNTED = sa.text("hidden = 0 AND (counted_as IS NULL OR counted_as <> status)")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "execution_counts",
        sa.Column("width", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("share", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("width", "workflow", "at", "status", "share", name="pk_execution_counts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_execution_counts_at", "execution_counts", ["width", "at"])
    failed = ["width", "at", "workflow"]
    op.create_index(
        "ix_execution_counts_failed", "execution_counts", failed, sqlite_where=FAILED, postgresql_where=FAILED
    )
    for name in COLUMNS:
        op.add_column("executions", sa.Column(name, KEY, nullable=True))
    by_type = ["trigger_type", "id"]
    op.create_index("ix_executions_trigger_type", "executions", by_type, sqlite_where=VISIBLE, postgresql_where=VISIBLE)
    op.create_index("ix_executions_uncounted", "executions", ["id"], sqlite_where=UNCOUNTED, postgresql_where=UNCOUNTED)


def downgrade() -> None:
    """Counts can be made anew from the executions."""
    op.drop_index("ix_executions_uncounted", "executions")
    op.drop_index("ix_executions_trigger_type", "executions")
    # The table is copied, and Alembic does not see that it has no rowid.
    with op.batch_alter_table("executions", table_kwargs={"sqlite_with_rowid": False}) as batch:
        for name in reversed(COLUMNS):
            batch.drop_column(name)
    op.drop_table("execution_counts")

"""Numbers of commits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261127_1500"
down_revision = "20261127_1200"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "commits",
        sa.Column("process", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_commits")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """See NOTES.md."""
    op.drop_table("commits")

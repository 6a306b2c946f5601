"""Which process an owner is, so that its sessions can be ended when its lease has run out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1300"
down_revision = "20261130_1000"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """See NOTES.md."""
    op.add_column("owners", sa.Column("process", KEY, nullable=True))


def downgrade() -> None:
    """Locks of a process that was stopped in the middle of a transaction are waited for again."""
    # The table is copied, and Alembic does not see that it has no rowid.
    with op.batch_alter_table("owners", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("process")

"""Samples of triggers that somebody chose, and webhooks that wait for one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1500"
down_revision = "20261130_1420"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """See NOTES.md."""
    op.add_column("triggers", sa.Column("sample_kept", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("triggers", sa.Column("listen_until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Samples that somebody chose are replaced by the next call again."""
    with op.batch_alter_table("triggers") as batch:
        batch.drop_column("listen_until")
        batch.drop_column("sample_kept")

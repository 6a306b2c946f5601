"""Outputs that are pinned for a node of a workflow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130_1420"
down_revision = "20261130_1410"
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_WITH_ARTIFACT = sa.text("digest IS NOT NULL")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "pins",
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("node", KEY, nullable=False),
        sa.Column("outlet", KEY, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("digest", KEY),
        sa.Column("execution_id", KEY),
        sa.Column("origin_node", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("pinned_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "node", name=op.f("pk_pins")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pins_digest", "pins", ["digest"], sqlite_where=_WITH_ARTIFACT, postgresql_where=_WITH_ARTIFACT)


def downgrade() -> None:
    """Pins are lost, and with them what only they have kept, when garbage is collected next."""
    op.drop_table("pins")

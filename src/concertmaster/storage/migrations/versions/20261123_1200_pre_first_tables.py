"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_1200"
down_revision = None
branch_labels = None
depends_on = None

# Compared byte by byte, as SQLite does.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """See NOTES.md."""
    op.create_table(
        "artifact_references",
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("node", KEY, nullable=False),
        sa.Column("outlet", KEY, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", "node", "outlet", "digest", name=op.f("pk_artifact_references")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_artifact_references_digest", "artifact_references", ["digest"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", KEY, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_target", "audit", ["target", "id"], unique=False)
    op.create_table(
        "connections",
        sa.Column("name", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_connections")),
    )
    op.create_table(
        "events",
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", "seq", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "executions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner", KEY, nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_executions_status", "executions", ["status", "id"], unique=False)
    op.create_index("ix_executions_workflow_status", "executions", ["workflow", "status", "id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "key", name=op.f("pk_idempotency_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_execution_id", "inbox", ["execution_id", "id"], unique=False)
    op.create_table(
        "logs",
        sa.Column("execution_id", KEY, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("execution_id", "n", name=op.f("pk_logs")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workflow_versions",
        sa.Column("workflow", KEY, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("node_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workflow", "version", name=op.f("pk_workflow_versions")),
    )
    op.create_table(
        "workflows",
        sa.Column("name", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("node_count", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workflows")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_workflows_updated_at",
        "workflows",
        ["updated_at", "name"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:
    """See NOTES.md."""
    op.drop_table("workflows")
    op.drop_table("workflow_versions")
    op.drop_table("logs")
    op.drop_table("inbox")
    op.drop_table("idempotency_keys")
    op.drop_table("executions")
    op.drop_table("events")
    op.drop_table("connections")
    op.drop_table("audit")
    op.drop_table("artifact_references")

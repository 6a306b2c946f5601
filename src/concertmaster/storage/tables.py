"""All tables: the one source of the schema. Trap: a change here needs a migration, and a test compares the two.

Instants are integer microseconds since 1970 UTC: the same in every database, and exact. JSON is text, written and
read by orjson alone. Executions have time-ordered ids (UUIDv7), so their primary key is the list "newest first";
the two other indexes end in the id as well, and `storage/executions.py` merges one index range a status.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text

from concertmaster.domain.execution import UNFINISHED

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly INTEGER.
_SERIAL = BigInteger().with_variant(Integer, "sqlite")

# Exactly this text: SQLite uses a partial index where a query repeats its condition.
OPEN = f"status IN ({', '.join(repr(status) for status in UNFINISHED)})"


def _partial_index(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


executions = Table(
    "executions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", Text),
    Column("head_seq", BigInteger, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("error", Text),
    Column("wake_at", BigInteger),
    Column("takeovers", Integer, nullable=False, server_default="0"),
    Column("priority", BigInteger, nullable=False, server_default="0"),
    Column("slot_key", Text),
    Column("slot_limit", BigInteger),
    Column("admitted", Integer, nullable=False, server_default="1"),
    Index("ix_executions_workflow_status", "workflow", "status", "id"),
    Index("ix_executions_status", "status", "id"),
    # These are short: an ended execution is in none, and one that is driven has no wake-up.
    _partial_index("ix_executions_owner", "owner", where="owner IS NOT NULL"),
    _partial_index("ix_executions_wake_at", "priority", "wake_at", "id", where="wake_at IS NOT NULL"),
    # How many hold a place of a key, how many were told that one is free, and who is next.
    _partial_index(
        "ix_executions_slot",
        *("slot_key", "admitted", "wake_at", "priority", "id"),
        where=f"slot_key IS NOT NULL AND {OPEN}",
    ),
    sqlite_with_rowid=False,
)

# Who drives executions: a row a living process. A lease that has run out, by the database's clock, is a dead owner.
owners = Table(
    "owners",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("lease_until", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Places taken under the limits of node types and connections; those of a dead owner are free.
slots = Table(
    "slots",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_slots_owner", "owner"),
    sqlite_with_rowid=False,
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("execution_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("execution_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("node", Text),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("execution_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_inbox_execution_id", "execution_id", "id"),
    # Rows are deleted once answered; a number must not come back for another request.
    sqlite_autoincrement=True,
)

logs = Table(
    "logs",
    metadata,
    Column("execution_id", Text, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("node", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("level", Text, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

artifact_references = Table(
    "artifact_references",
    metadata,
    Column("execution_id", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("outlet", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    # Garbage collection asks who still names a digest.
    Index("ix_artifact_references_digest", "digest"),
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("workflow", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("execution_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

workflows = Table(
    "workflows",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("published", Integer),
    Column("title", Text),
    Column("description", Text),
    Column("labels", Text, nullable=False),
    Column("node_count", Integer, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    _partial_index("ix_workflows_updated_at", "updated_at", "name", where="deleted_at IS NULL"),
    sqlite_with_rowid=False,
)

workflow_versions = Table(
    "workflow_versions",
    metadata,
    Column("workflow", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("node_count", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
)

connections = Table(
    "connections",
    metadata,
    Column("name", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_audit_target", "target", "id"),
)

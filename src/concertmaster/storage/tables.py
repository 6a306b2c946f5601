"""All tables, with those of the other files `tables_*.py`: the one source of the schema.

Trap: a change here needs a migration, and a test compares the two.

Instants are integer microseconds since 1970 UTC: the same in every database, and exact. JSON is text, written and
read by orjson alone. Executions have time-ordered ids (UUIDv7), so their primary key is the list "newest first";
the two other indexes end in the id as well, and `storage/executions.py` merges one index range a status.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, text

from concertmaster.domain.execution import UNFINISHED
from concertmaster.storage.columns import KEY as _KEY
from concertmaster.storage.columns import SERIAL as _SERIAL
from concertmaster.storage.columns import PlainText

# From there, so that whoever has these tables has those of the other files too.
from concertmaster.storage.tables_drafts import metadata

# Exactly this text: SQLite uses a partial index where a query repeats its condition.
OPEN = f"status IN ({', '.join(repr(status) for status in UNFINISHED)})"

# What `execution_counts` does not have, or as something else; under the same rule.
UNCOUNTED = "hidden = 0 AND (counted_as IS NULL OR counted_as <> status)"


def _partial_index(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


executions = Table(
    "executions",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("workflow", _KEY, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", _KEY, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", _KEY),
    Column("head_seq", BigInteger, nullable=False),
    Column("trigger", PlainText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("error", PlainText),
    Column("wake_at", BigInteger),
    Column("takeovers", Integer, nullable=False, server_default="0"),
    Column("priority", BigInteger, nullable=False, server_default="0"),
    Column("slot_key", _KEY),
    Column("slot_limit", BigInteger),
    Column("admitted", Integer, nullable=False, server_default="1"),
    Column("parent", _KEY),
    Column("hidden", Integer, nullable=False, server_default="0"),
    Column("backfill", _KEY),
    # The type in `trigger`.
    Column("trigger_type", _KEY),
    # The status as which `execution_counts` has it, and had it before the last change of this row: an UPDATE cannot
    # give back what it has replaced. NULL: it is not counted.
    Column("counted_as", _KEY),
    Column("counted_before", _KEY),
    Index("ix_executions_workflow_status", "workflow", "status", "id"),
    Index("ix_executions_status", "status", "id"),
    _partial_index("ix_executions_parent", "parent", where="parent IS NOT NULL"),
    _partial_index("ix_executions_whole", "workflow", "id", where="parent IS NULL"),
    _partial_index("ix_executions_backfill", "backfill", "status", "id", where="backfill IS NOT NULL"),
    _partial_index("ix_executions_trigger_type", "trigger_type", "id", where="hidden = 0"),
    # Empty but for what older releases have left.
    _partial_index("ix_executions_uncounted", "id", where=UNCOUNTED),
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
    Column("owner", _KEY, primary_key=True),
    Column("lease_until", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    # What the server of the database knows it as; NULL where nobody else can be in the way.
    Column("process", _KEY),
    sqlite_with_rowid=False,
)

# Places taken under the limits of node types and connections; those of a dead owner are free.
slots = Table(
    "slots",
    metadata,
    Column("resource", _KEY, primary_key=True),
    Column("holder", _KEY, primary_key=True),
    Column("owner", _KEY, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_slots_owner", "owner"),
    sqlite_with_rowid=False,
)

# The number of the last transaction of each writing process, written by the transaction itself: after a lost connection
# it tells whether the commit that was under way has happened. SQLite does not need it.
commits = Table(
    "commits",
    metadata,
    Column("process", _KEY, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("execution_id", _KEY, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("execution_id", _KEY, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("node", PlainText),
    Column("data", PlainText, nullable=False),
    sqlite_with_rowid=False,
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("execution_id", _KEY, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("data", PlainText, nullable=False),
    Index("ix_inbox_execution_id", "execution_id", "id"),
    # Rows are deleted once answered; a number must not come back for another request.
    sqlite_autoincrement=True,
)

logs = Table(
    "logs",
    metadata,
    Column("execution_id", _KEY, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("node", PlainText, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("level", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("workflow", _KEY, primary_key=True),
    Column("key", _KEY, primary_key=True),
    Column("fingerprint", PlainText, nullable=False),
    Column("execution_id", _KEY, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

workflows = Table(
    "workflows",
    metadata,
    Column("name", _KEY, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("published", Integer),
    Column("title", PlainText),
    Column("description", PlainText),
    Column("labels", PlainText, nullable=False),
    Column("node_count", Integer, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    _partial_index("ix_workflows_updated_at", "updated_at", "name", where="deleted_at IS NULL"),
    sqlite_with_rowid=False,
)

workflow_versions = Table(
    "workflow_versions",
    metadata,
    Column("workflow", _KEY, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("hash", PlainText, nullable=False),
    Column("document", PlainText, nullable=False),
    Column("node_count", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", PlainText, nullable=False),
    Column("label", PlainText),
    Column("origin", _KEY, nullable=False, server_default="save"),
)

# Those of published versions. Who starts what is due claims it first; a claim of a dead owner is void.
triggers = Table(
    "triggers",
    metadata,
    Column("workflow", _KEY, primary_key=True),
    Column("name", _KEY, primary_key=True),
    Column("type", _KEY, nullable=False),
    Column("config", PlainText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("enabled", Integer, nullable=False, server_default="1"),
    Column("next_at", BigInteger),
    Column("address", _KEY),
    Column("claimed_by", _KEY),
    Column("sample", PlainText),
    Column("secret", PlainText),
    # Of a file trigger: files that were there by then are still to be noted as known; NULL: they are.
    Column("files_since", BigInteger),
    # 1: somebody chose the sample, so calls leave it alone.
    Column("sample_kept", Integer, nullable=False, server_default="0"),
    # Until then the next call is kept as the sample, and starts nothing.
    Column("listen_until", BigInteger),
    _partial_index("ix_triggers_next_at", "next_at", where="next_at IS NOT NULL"),
    _partial_index("ix_triggers_file", "workflow", "name", where="type = 'file'"),
    _partial_index("ix_triggers_address", "type", "address", where="address IS NOT NULL"),
    sqlite_with_rowid=False,
)

# The last ones of each trigger.
trigger_fires = Table(
    "trigger_fires",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("workflow", _KEY, nullable=False),
    Column("name", _KEY, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", PlainText, nullable=False),
    Column("reason", PlainText),
    Column("execution_id", _KEY),
    Column("scheduled_at", BigInteger),
    Column("count", BigInteger, nullable=False, server_default="1"),
    Index("ix_trigger_fires_trigger", "workflow", "name", "id"),
)

backfills = Table(
    "backfills",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("workflow", _KEY, nullable=False),
    Column("trigger", _KEY, nullable=False),
    Column("version", Integer, nullable=False),
    Column("config", PlainText, nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Column("status", _KEY, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", PlainText, nullable=False),
    Column("cursor_at", BigInteger),
    Column("active", PlainText, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("error", PlainText),
    Column("claimed_by", _KEY),
    _partial_index("ix_backfills_open", "id", where="status = 'running' OR active <> '[]'"),
    sqlite_with_rowid=False,
)

connections = Table(
    "connections",
    metadata,
    Column("name", _KEY, primary_key=True),
    Column("type", PlainText, nullable=False),
    Column("fields", PlainText, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", PlainText, nullable=False),
    Column("action", PlainText, nullable=False),
    Column("target", _KEY, nullable=False),
    Column("data", PlainText, nullable=False),
    Index("ix_audit_target", "target", "id"),
)

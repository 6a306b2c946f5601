"""The tables around artifacts: who names them, whose they are, results and pins that are kept. Trap: as in
`tables.py`, a change here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, text

from concertmaster.storage.columns import KEY, PlainText

# From there, so that whoever has these tables has the counts too.
from concertmaster.storage.tables_history import metadata

artifact_references = Table(
    "artifact_references",
    metadata,
    Column("execution_id", KEY, primary_key=True),
    Column("node", KEY, primary_key=True),
    Column("outlet", KEY, primary_key=True),
    Column("digest", KEY, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    # Garbage collection asks who still names a digest.
    Index("ix_artifact_references_digest", "digest"),
    sqlite_with_rowid=False,
)

# One row.
identity = Table(
    "identity",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", PlainText, nullable=False),
)

# What nodes that only compute gave, by the digest of all that it depends on.
results = Table(
    "results",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("execution_id", KEY, nullable=False),
    Column("node", PlainText, nullable=False),
    Column("outputs", PlainText, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_results_at", "at"),
    sqlite_with_rowid=False,
)

_WITH_ARTIFACT = text("digest IS NOT NULL")

# Outputs kept for a node of a workflow; the artifact of one stays, whatever becomes of the execution that made it.
pins = Table(
    "pins",
    metadata,
    Column("workflow", KEY, primary_key=True),
    Column("node", KEY, primary_key=True),
    Column("outlet", KEY, nullable=False),
    Column("value", PlainText, nullable=False),
    Column("digest", KEY),
    Column("execution_id", KEY),
    Column("origin_node", PlainText),
    Column("at", BigInteger, nullable=False),
    Column("pinned_by", PlainText, nullable=False),
    Index("ix_pins_digest", "digest", sqlite_where=_WITH_ARTIFACT, postgresql_where=_WITH_ARTIFACT),
    sqlite_with_rowid=False,
)

"""The tables around artifacts: who names them, whose they are, results that are kept. Trap: as in `tables.py`, a change
here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

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

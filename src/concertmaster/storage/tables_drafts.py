"""The tables of drafts. Trap: as in `tables.py`, a change here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from concertmaster.storage.columns import KEY, PlainText

# From there, so that whoever has these tables has those of `tables_access.py` too.
from concertmaster.storage.tables_access import metadata

# One for each workflow whose draft ever changed. Without a document it is the newest version.
drafts = Table(
    "drafts",
    metadata,
    Column("workflow", KEY, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("base_version", Integer),
    # Batches up to this one are gone; what is left, in bytes, and how many ids of changes are known.
    Column("floor", BigInteger, nullable=False),
    Column("kept_bytes", BigInteger, nullable=False),
    Column("kept_ids", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("updated_by", PlainText, nullable=False),
    Column("document", PlainText),
)

# The last batches of changes of each draft.
draft_batches = Table(
    "draft_batches",
    metadata,
    Column("workflow", KEY, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("client", KEY, nullable=False),
    Column("actor", PlainText, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("changes", PlainText, nullable=False),
)

# Changes that were done, so that one that is sent again is not done again. Goes with the batch.
draft_changes = Table(
    "draft_changes",
    metadata,
    Column("workflow", KEY, primary_key=True),
    Column("id", KEY, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Index("ix_draft_changes_workflow_revision", "workflow", "revision"),
    sqlite_with_rowid=False,
)

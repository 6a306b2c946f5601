"""The tables of what triggers react to. Trap: as in `tables.py`, a change here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from concertmaster.storage.columns import KEY, SERIAL, PlainText

# From there, so that whoever has these tables has those of `tables_artifacts.py` too.
from concertmaster.storage.tables_artifacts import metadata

# What happened that an event or workflow trigger listens to; gone once somebody has worked it off.
happenings = Table(
    "happenings",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("workflow", KEY, nullable=False),
    Column("trigger", KEY, nullable=False),
    Column("type", KEY, nullable=False),
    Column("source", KEY, nullable=False),
    Column("told", PlainText, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("claimed_by", KEY),
    Index("ix_happenings_due_at", "due_at", "id"),
)

# The version of each file that a file trigger knows.
known_files = Table(
    "known_files",
    metadata,
    Column("workflow", KEY, primary_key=True),
    Column("trigger", KEY, primary_key=True),
    Column("path", KEY, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("digest", PlainText),
    Column("gone_at", BigInteger),
    sqlite_with_rowid=False,
)

"""The tables of what nodes wait for that others give. Trap: as in `tables.py`, a change here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from concertmaster.storage.columns import KEY, SERIAL, PlainText

# From there, so that whoever has these tables has those of `tables_happenings.py` too.
from concertmaster.storage.tables_happenings import metadata

# Nodes that wait for a named event.
listeners = Table(
    "listeners",
    metadata,
    Column("execution_id", KEY, primary_key=True),
    Column("node", KEY, primary_key=True),
    Column("name", KEY, nullable=False),
    Column("key", KEY, nullable=False),
    Column("once", KEY, nullable=False),
    Index("ix_listeners_name", "name", "key"),
    sqlite_with_rowid=False,
)

# Named events, kept for those that begin to wait later.
named_events = Table(
    "named_events",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("name", KEY, nullable=False),
    Column("key", KEY, nullable=False),
    Column("data", PlainText, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("idempotency_key", KEY),
    Index("ix_named_events_name", "name", "key", "id"),
    Index("ix_named_events_expires_at", "expires_at"),
    Index("ix_named_events_idempotency_key", "idempotency_key", unique=True),
    sqlite_autoincrement=True,
)

# Which waits were given an event: the same one gets it once. Goes with the event.
deliveries = Table(
    "deliveries",
    metadata,
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
    Column("execution_id", KEY, primary_key=True),
    Column("once", KEY, primary_key=True),
    sqlite_with_rowid=False,
)

# What people were asked to decide.
approvals = Table(
    "approvals",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("execution_id", KEY, nullable=False),
    Column("visible_id", KEY, nullable=False),
    Column("node", KEY, nullable=False),
    Column("title", PlainText, nullable=False),
    Column("about", PlainText, nullable=False),
    Column("status", KEY, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("decided_at", BigInteger),
    Column("decided_by", PlainText),
    Column("comment", PlainText),
    Column("data", PlainText),
    Index("ix_approvals_status", "status", "id"),
    Index("ix_approvals_execution_id", "execution_id", "node"),
    Index("ix_approvals_visible_id", "visible_id", "id"),
    sqlite_with_rowid=False,
)

"""The tables of logins and tokens. Trap: as in `tables.py`, a change here needs a migration.

Of links, sessions and tokens only hashes are here: who reads the database cannot log in with what is in it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from concertmaster.storage.columns import KEY, PlainText

# From there, so that whoever has these tables has those of `tables_waits.py` too.
from concertmaster.storage.tables_waits import metadata

users = Table(
    "users",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("name", PlainText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

login_links = Table(
    "login_links",
    metadata,
    Column("hash", KEY, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", KEY, primary_key=True),
    Column("user_id", KEY, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("name", KEY, nullable=False),
    Column("hash", KEY, nullable=False),
    Column("scopes", PlainText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("ix_api_tokens_hash", "hash", unique=True),
)

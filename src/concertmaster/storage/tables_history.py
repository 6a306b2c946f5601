"""The table of counts: how many executions were made when, by their present status; its one writer is `tallies.py`.

A row counts those of one workflow, or of all under the name "", that were made within `width` seconds from `at` on
(seconds since 1970). Each process has a `share` of its own, where there are several: whoever counts holds the row until
his commit, and the others would wait for it. A share may be negative; only the sum means something.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, text

from concertmaster.storage.columns import KEY, metadata

FAILED = "status IN ('failed', 'interrupted') AND workflow <> ''"

execution_counts = Table(
    "execution_counts",
    metadata,
    Column("width", BigInteger, primary_key=True, autoincrement=False),
    Column("workflow", KEY, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("status", KEY, primary_key=True),
    Column("share", Integer, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    Index("ix_execution_counts_at", "width", "at"),
    Index(
        "ix_execution_counts_failed",
        "width",
        "at",
        "workflow",
        sqlite_where=text(FAILED),
        postgresql_where=text(FAILED),
    ),
    sqlite_with_rowid=False,
)

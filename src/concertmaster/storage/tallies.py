"""Tallies: the writer counts executions by status in the commits that change them.

Trap: last in a transaction. The rows of counts are the only ones that many transactions share, so nobody may wait for
anything else once he holds some; they are taken in one order.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from concertmaster.domain.interfaces import COARSE, FINE
from concertmaster.storage.dialect import Dialect
from concertmaster.storage.notices import Move

FINE_SECONDS = int(FINE.total_seconds())
COARSE_SECONDS = int(COARSE.total_seconds())
EVERYTHING = ""
_SHARES = 32
_MICROS = 1_000_000


class Tallies:
    """Writes what has moved in a transaction."""

    def __init__(self, dialect: Dialect) -> None:
        self._share = int.from_bytes(os.urandom(2)) % _SHARES if dialect.shared else 0
        self._add = dialect.bulk(
            "INSERT INTO execution_counts (width, workflow, at, status, share, n) {rows} "
            "ON CONFLICT (width, workflow, at, status, share) DO UPDATE SET n = execution_counts.n + excluded.n",
            *("bigint", "text", "bigint", "text", "bigint", "bigint"),
        )

    def write(self, connection: Connection, moves: Sequence[Move]) -> None:
        """Add up what has moved, and store the sums."""
        moved: Counter[tuple[str, int, str]] = Counter()
        for move in moves:
            if move.before == move.after:
                continue
            slot = move.made_at // (FINE_SECONDS * _MICROS) * FINE_SECONDS
            if move.before is not None:
                moved[move.workflow, slot, move.before] -= 1
            if move.after is not None:
                moved[move.workflow, slot, move.after] += 1
        sums: Counter[tuple[int, str, int, str]] = Counter()
        for (workflow, slot, status), number in moved.items():
            if number:
                wide = slot - slot % COARSE_SECONDS
                for name in (EVERYTHING, workflow):
                    sums[FINE_SECONDS, name, slot, status] += number
                    sums[COARSE_SECONDS, name, wide, status] += number
        rows = [(*key, self._share, number) for key, number in sorted(sums.items()) if number]
        if rows:
            self._add.send(connection, rows)

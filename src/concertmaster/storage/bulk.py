"""Statements over many rows in few steps.

SQLite's driver gives up the interpreter lock at every step, and with a busy event loop each time costs a wait for it.
`executemany` makes one step a row; here it is one for up to 128 rows, and the work runs beside the loop instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Connection

_CHUNK = 128
T = TypeVar("T")


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Parts of at most `size`: databases bound the number of values in a statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


class BulkStatement:
    """A statement with a list of rows in the middle: `INSERT INTO t VALUES (?, ?), (?, ?)`.

    Args:
        head: SQL up to the rows.
        columns: values in a row.
        tail: SQL after the rows.
        placeholder: the driver's mark for a value.
    """

    def __init__(self, head: str, columns: int, tail: str = "", *, placeholder: str = "?") -> None:
        row = "(" + ", ".join([placeholder] * columns) + ")"
        # Rests are cut into powers of two, so that few texts exist and each is compiled once a connection.
        sizes = [1 << bit for bit in range(_CHUNK.bit_length())]
        self._texts = {size: f"{head} {', '.join([row] * size)} {tail}" for size in sizes}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Execute for all rows.

        Returns:
            Rows changed in the database.
        """
        changed = start = 0
        size = _CHUNK
        while start < len(rows):
            while size > len(rows) - start:
                size >>= 1
            values = tuple(chain.from_iterable(rows[start : start + size]))
            changed += connection.exec_driver_sql(self._texts[size], values).rowcount
            start += size
        return changed

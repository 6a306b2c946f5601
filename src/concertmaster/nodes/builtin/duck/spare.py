"""A DuckDB instance that is open before a node asks for one.

Opening one costs 6 to 13 ms, most of what a small query does, and nothing of it depends on the query. So the next is
opened beside whatever follows on a query, when its node stores what it computed. No instance is used twice: the locks
of a session cannot be undone, and must not be.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import duckdb
else:
    duckdb = deferred("duckdb")

_lock = threading.Lock()
_spare: list[duckdb.DuckDBPyConnection] = []


def take() -> duckdb.DuckDBPyConnection:
    """A fresh instance in memory, with DuckDB's own settings."""
    with _lock:
        found = _spare.pop() if _spare else None
    return _open() if found is None else found


def prepare() -> None:
    """Open the next one in the background, unless there is one (3.8 MB)."""
    if not _spare:
        # Not a daemon: the interpreter must not end inside of DuckDB.
        threading.Thread(target=_fill, name="duckdb-spare").start()


def _fill() -> None:
    with _lock:
        if not _spare:
            _spare.append(_open())


def _open() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")

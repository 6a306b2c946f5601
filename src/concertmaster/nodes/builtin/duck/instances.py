"""DuckDB instances, opened ahead and locked.

Opening one costs 6 to 13 ms, and nothing of it depends on what follows. So the next is opened beside whatever follows
on a query, when its node stores what it computed.

Source of the measures: https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concertmaster.nodes.builtin.duck.columns import literal
from concertmaster.nodes.deferred import deferred

if TYPE_CHECKING:
    import duckdb
else:
    duckdb = deferred("duckdb")

_THREADS = 4
# All of them hold for every connection to the instance: what is set without GLOBAL may hold for one only.
_SETTINGS: Mapping[str, Any] = {
    "threads": min(_THREADS, os.cpu_count() or 1),
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    # Local files are in the page cache: fetching whole row groups ahead only doubles the memory of a scan, and a cache
    # of our own would keep what a session has read.
    "disable_parquet_prefetching": True,
    "enable_external_file_cache": False,
    # The same input gives the same output, wherever the server stands.
    "TimeZone": "UTC",
}

_lock = threading.Lock()
_spare: list[duckdb.DuckDBPyConnection] = []
# In a fork, what has threads in the parent can neither be used nor closed.
_of_parents: list[duckdb.DuckDBPyConnection] = []


def locked(
    *, memory_mb: int, spill: Path | None, paths: Iterable[Path] = (), folders: Iterable[Path] = ()
) -> duckdb.DuckDBPyConnection:
    """A fresh instance in memory that reaches these files, what is in these folders, and nothing else: for good.

    Args:
        memory_mb: what may be in memory, of everything that its connections do.
        spill: folder for what does not fit; None: nothing may be more.
    """
    con = _take()
    for name, value in _SETTINGS.items():
        con.execute(f"SET GLOBAL {name} = {literal(str(value))}")
    con.execute(f"SET GLOBAL memory_limit = '{memory_mb}MB'")
    con.execute(f"SET GLOBAL temp_directory = {literal(str(spill or ''))}")
    con.execute(f"SET GLOBAL allowed_paths = {_listed(str(path) for path in paths)}")
    con.execute(f"SET GLOBAL allowed_directories = {_listed(f'{folder}/' for folder in folders)}")
    con.execute("SET GLOBAL enable_external_access = false")
    con.execute("SET GLOBAL lock_configuration = true")
    return con


def prepare() -> None:
    """Open the next one in the background, unless there is one (3.8 MB)."""
    if not _spare:
        # Not a daemon: the interpreter must not end inside of DuckDB.
        threading.Thread(target=_fill, name="duckdb-spare").start()


def _take() -> duckdb.DuckDBPyConnection:
    with _lock:
        found = _spare.pop() if _spare else None
    return _open() if found is None else found


def _fill() -> None:
    with _lock:
        if not _spare:
            _spare.append(_open())


def _forked() -> None:
    global _lock
    _lock = threading.Lock()
    _of_parents.extend(_spare)
    _spare.clear()


os.register_at_fork(after_in_child=_forked)


def _open() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


def _listed(values: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, values))}]"

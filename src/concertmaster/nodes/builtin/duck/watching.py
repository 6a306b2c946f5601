"""Interrupts queries of attempts that are cancelled; one thread for all of them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_LOOK_SECONDS = 0.05
_IDLE_SECONDS = 5.0


class _Watch:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[object, tuple[duckdb.DuckDBPyConnection, Callable[[], bool]]] = {}
        self._running = False

    def add(self, con: duckdb.DuckDBPyConnection, cancelled: Callable[[], bool]) -> object:
        key = object()
        with self._changed:
            self._watched[key] = con, cancelled
            if not self._running:
                self._running = True
                threading.Thread(target=self._look, name="duckdb-watch", daemon=True).start()
            elif len(self._watched) == 1:
                self._changed.notify()
        return key

    def remove(self, key: object) -> None:
        with self._changed:
            del self._watched[key]

    def _look(self) -> None:
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._watched, _IDLE_SECONDS):
                    self._running = False
                    return
                # Whoever is here has not closed the connection yet.
                for con, cancelled in self._watched.values():
                    if cancelled():
                        con.interrupt()
            time.sleep(_LOOK_SECONDS)


_watch = _Watch()
# A fork has no threads but its own.
os.register_at_fork(after_in_child=_watch.__init__)


@contextmanager
def interrupting(con: duckdb.DuckDBPyConnection, cancelled: Callable[[], bool]) -> Generator[None]:
    """A block in which what the connection does ends soon after `cancelled`, with DuckDB's error for it."""
    key = _watch.add(con, cancelled)
    try:
        yield
    finally:
        _watch.remove(key)

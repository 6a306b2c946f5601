"""Slots: locked DuckDB instances that serve one session after another.

An instance of its own costs a session some 27 ms: opening, settings, buffers and pages that are cold, closing. Its lock
cannot be undone, so a slot is locked to a private folder, where each session has its inputs under fresh names, as hard
links that go when it ends. A session has a connection of its own, with which everything goes that it made.

Only a session that ended well gives its slot back: what failed or was stopped might leave something behind.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from concertmaster.nodes.builtin.duck import instances

if TYPE_CHECKING:
    import duckdb

_IDLE_MOST = 2
_IDLE_SECONDS = 5.0
_SPILL = "spill"


class Slot:
    """An instance and its folder. One session has it at a time."""

    def __init__(self, home: Path, memory_mb: int) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.key = home, memory_mb
        self.folder = Path(tempfile.mkdtemp(prefix="duckdb-", dir=home))
        # Also when nobody closes it, because its session was given up.
        self._remove = weakref.finalize(self, _removed, self.folder, os.getpid())
        self._numbers = itertools.count(1)
        self._links: list[Path] = []
        self._instance = instances.locked(memory_mb=memory_mb, spill=self.folder / _SPILL, folders=[self.folder])

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection for a session."""
        return self._instance.cursor()

    def link(self, file: Path) -> Path:
        """A file of the same disk, under a name that no session before had.

        Raises:
            OSError: it cannot be had here.
        """
        link = self.folder / f"{next(self._numbers)}.parquet"
        # DuckDB follows symbolic links before it asks whether it may.
        os.link(os.path.realpath(file), link)
        self._links.append(link)
        return link

    def clear(self) -> bool:
        """Remove what the last session was given; whether nothing else was left either."""
        try:
            for link in self._links:
                link.unlink()
            self._links.clear()
            return all(path.name == _SPILL and not any(path.iterdir()) for path in self.folder.iterdir())
        except OSError:
            return False

    def close(self) -> None:
        """End the instance, and remove the folder."""
        self._instance.close()
        self._remove()


class _Shelf:
    """Slots that nobody has at the moment."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._idle: list[tuple[float, Slot]] = []
        self._keeper: threading.Thread | None = None
        self._ended = False

    def take(self, home: Path, memory_mb: int) -> Slot:
        with self._changed:
            # The one that was used last: its memory is warm.
            for place in reversed(range(len(self._idle))):
                slot = self._idle[place][1]
                if slot.key == (home, memory_mb):
                    del self._idle[place]
                    return slot
        return Slot(home, memory_mb)

    def put(self, slot: Slot) -> None:
        with self._changed:
            self._idle.append((time.monotonic() + _IDLE_SECONDS, slot))
            # The first is the next to go.
            self._idle.sort(key=itemgetter(0))
            if self._keeper is None and not self._ended:
                self._keeper = threading.Thread(target=self._keep, name="duckdb-slots", daemon=True)
                self._keeper.start()
            elif len(self._idle) > _IDLE_MOST or self._idle[0][1] is slot:
                self._changed.notify_all()

    def end(self) -> None:
        """Close all: the interpreter must not end inside of DuckDB."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            keeper = self._keeper
        if keeper is not None:
            keeper.join()

    def forget(self) -> None:
        """In a fork: what threads of the parent hold can neither be used nor closed here."""
        _of_parents.append(self._idle)
        self.__init__()

    def _keep(self) -> None:
        while True:
            with self._changed:
                while self._idle and not self._over():
                    self._changed.wait(self._idle[0][0] - time.monotonic())
                if not self._idle:
                    self._keeper = None
                    return
                slot = self._idle.pop(0)[1]
            slot.close()

    def _over(self) -> bool:
        """Whether the first is to go."""
        return self._ended or len(self._idle) > _IDLE_MOST or self._idle[0][0] <= time.monotonic()


_of_parents: list[object] = []
_shelf = _Shelf()
take: Callable[[Path, int], Slot] = _shelf.take
atexit.register(_shelf.end)
os.register_at_fork(after_in_child=_shelf.forget)


def give_back(slot: Slot) -> None:
    """After a session that ended well, and closed its connection; another that asks for as much memory may have it."""
    if slot.clear():
        _shelf.put(slot)
    else:
        slot.close()


def _removed(folder: Path, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)

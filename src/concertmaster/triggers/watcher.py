"""Watcher: looks at the files of file triggers every so often, and starts an execution for each new version of one.

A version is noted as known together with what became of it; whoever dies before leaves it to the next one, which
starts it again under the same key.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from pathlib import Path

from concertmaster.domain.errors import ConcertMasterError
from concertmaster.domain.interfaces import Clock, FileWatchStore, Named, TriggerRow
from concertmaster.triggers.watch import FileWatch, StartOnce
from concertmaster.triggers.working import keep_working

_log = logging.getLogger(__name__)


class Watcher:
    """Runs until it is cancelled.

    Args:
        workspace: where the files are.
        hidden: a folder that is never looked into.
        interval: between two looks; a look that takes longer makes the next one wait as long.
    """

    def __init__(
        self,
        store: FileWatchStore,
        clock: Clock,
        owner: Named,
        *,
        start: StartOnce,
        workspace: Path,
        hidden: Path,
        interval: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._start = start
        self._workspace = workspace
        self._hidden = hidden
        self._interval = interval.total_seconds()
        self._watches: dict[tuple[str, str], FileWatch] = {}
        self._poked = asyncio.Event()

    def wake(self) -> None:
        """Triggers have changed: look soon."""
        self._poked.set()

    async def run(self) -> None:
        """Look, for ever."""
        await keep_working(self._round, self._poked, on="watched files")

    async def _round(self) -> float:
        began = time.monotonic()
        owner = self._owner.name
        rows = {(row.workflow, row.name): row for row in await self._store.claim(owner)}
        for key in [key for key in self._watches if key not in rows]:
            del self._watches[key]
        for key, row in rows.items():
            watch = self._watches.get(key)
            if watch is None or not watch.same(row, owner):
                known = await self._store.known(*key)
                watch = FileWatch(row, owner, known, self._start, workspace=self._workspace, hidden=self._hidden)
                self._watches[key] = watch
            watch.row = row
            try:
                stored = await watch.look(self._store, self._clock)
            except ConcertMasterError as error:
                _log.warning("files of a trigger have to wait: %s", error.message, extra=_of(row))
                stored = False
            except Exception:
                # A bug must not keep the other triggers from their turn.
                _log.exception("files of a trigger cannot be watched", extra=_of(row))
                stored = False
            if not stored:
                # What it knows may not be what is stored.
                del self._watches[key]
        return max(self._interval, time.monotonic() - began)


def _of(row: TriggerRow) -> dict[str, str]:
    return {"workflow": row.workflow, "trigger": row.name}

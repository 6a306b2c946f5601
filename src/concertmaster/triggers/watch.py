"""What one file trigger knows of its files, and what is new at a look."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from concertmaster.domain.errors import ConcertMasterError, OperationalError, UserError
from concertmaster.domain.interfaces import (
    GONE_KEPT,
    Clock,
    FileProgress,
    FileWatchStore,
    KnownFile,
    TriggerFire,
    TriggerRow,
)
from concertmaster.domain.triggers import FileConfig
from concertmaster.domain.workflow import Trigger
from concertmaster.triggers.files import MOST_FILES, Seen, digest, look, scan
from concertmaster.triggers.kinds import config_of

_log = logging.getLogger(__name__)
STARTED_AT_ONCE = 100
# The clock of a disk is late by a tick.
TICK = timedelta(milliseconds=10)


class StartOnce(Protocol):
    """Starts the execution of a trigger, once for ever for a key; returns its id, and whether it is new."""

    async def __call__(self, row: TriggerRow, info: Mapping[str, Any], *, key: str) -> tuple[str, bool]: ...


class FileWatch:
    """The files of one trigger, watched by `owner`.

    Args:
        known: as they are stored.
    """

    def __init__(
        self,
        row: TriggerRow,
        owner: str,
        known: Mapping[str, KnownFile],
        start: StartOnce,
        *,
        workspace: Path,
        hidden: Path,
        most: int = MOST_FILES,
    ) -> None:
        self.row = row
        self._owner = owner
        self._known = dict(known)
        self._start = start
        self._workspace = workspace
        self._hidden = hidden
        self._most = most
        self._trouble: str | None = None
        # Of which it was told that they cannot be read.
        self._unreadable: set[str] = set()
        # New versions, and since when they have been as they are.
        self._unsettled: dict[str, tuple[Seen, datetime]] = {}

    def same(self, row: TriggerRow, owner: str) -> bool:
        """Whether what is known here still counts."""
        return owner == self._owner and (row.config, row.files_since) == (self.row.config, self.row.files_since)

    async def look(self, store: FileWatchStore, clock: Clock) -> bool:
        """Look at all files, start what is new, and store it; False when somebody else watches them by now.

        Raises:
            OperationalError: not at the moment.
        """
        config = config_of(Trigger(self.row.type, self.row.config))
        assert isinstance(config, FileConfig)
        stop = threading.Event()
        try:
            found = await asyncio.to_thread(
                scan, self._workspace, config.path, hidden=self._hidden, most=self._most, stopped=stop.is_set
            )
        except UserError as error:
            # Told once, and not at every look.
            known, self._trouble = self._trouble == error.message, error.message
            failed = TriggerFire(clock.now(), "failed", f"{error.message} ({error.code})")
            return known or await self._store(store, clock, [], [failed], noted=False)
        finally:
            # Whoever is cancelled leaves a thread behind, for which the end of the server would wait.
            stop.set()
        self._trouble = None
        self._unreadable &= found.keys()
        if not await self._note(store, clock, found, skip=config.existing == "skip"):
            return False
        ripe, touched = await self._settled(found, config.settle, now=clock.now())
        if touched and not await self._store(store, clock, touched, []):
            return False
        for begin in range(0, len(ripe), STARTED_AT_ONCE):
            if not await self._start_all(store, clock, ripe[begin : begin + STARTED_AT_ONCE]):
                return False
        return True

    async def _note(self, store: FileWatchStore, clock: Clock, found: Mapping[str, Seen], *, skip: bool) -> bool:
        """Store what has gone or come back, and the files that were there when the trigger came."""
        changed = {one.path: one for one in self._gone(found, clock.now())}
        since = self.row.files_since
        if since is not None and skip:
            until = since - TICK
            there = (_known(one, None) for one in found.values() if _time(one.changed_ns) < until)
            # Of versions that were known more is known already.
            changed |= {one.path: one for one in there if not _equal(self._known.get(one.path), one)}
        # Where nothing is, a disk may have to come yet, with files that were there.
        noted = since is not None and (bool(found) or not skip)
        if not changed and not noted:
            return True
        return await self._store(store, clock, list(changed.values()), [], noted=noted)

    def _gone(self, found: Mapping[str, Seen], now: datetime) -> list[KnownFile]:
        """Those that have gone, or have come back."""
        gone = [one for path, one in self._known.items() if (one.gone_at is None) != (path in found)]
        return [replace(one, gone_at=now if one.gone_at is None else None) for one in gone]

    async def _settled(
        self, found: Mapping[str, Seen], settle: timedelta, *, now: datetime
    ) -> tuple[list[Seen], list[KnownFile]]:
        """New versions that have stayed as they are for long enough, and known ones of which only the rest changed."""
        before = self._unsettled
        self._unsettled = {}
        ripe: list[Seen] = []
        touched: list[KnownFile] = []
        for path, seen in found.items():
            known = self._known.get(path)
            if known is not None and _equal(known, seen):
                if known.changed_ns == seen.changed_ns or known.digest is None:
                    continue
                try:
                    content = await asyncio.to_thread(digest, self._workspace, seen)
                except OSError:
                    # Only its rights have changed, as far as anybody can tell.
                    continue
                if content == known.digest:
                    touched.append(replace(_known(seen, content), gone_at=known.gone_at))
                    continue
            was, since = before.get(path, (seen, now))
            since = since if was == seen else now
            self._unsettled[path] = (seen, since)
            if now - since >= settle:
                ripe.append(seen)
        return sorted(ripe, key=lambda one: (one.modified_ns, one.path)), touched

    async def _start_all(self, store: FileWatchStore, clock: Clock, ripe: Sequence[Seen]) -> bool:
        results = await asyncio.gather(*(self._start_one(one, clock) for one in ripe))
        done = [result for result in results if result is not None]
        if not done:
            return True
        sample = next((info for _, fire, info in reversed(done) if fire.execution is not None), None)
        files, fires = [file for file, _, _ in done if file is not None], [fire for _, fire, _ in done]
        stored = await self._store(store, clock, files, fires, sample=sample)
        for file in files:
            self._unsettled.pop(file.path, None)
        return stored

    async def _start_one(
        self, seen: Seen, clock: Clock
    ) -> tuple[KnownFile | None, TriggerFire, Mapping[str, Any]] | None:
        """What is known of it by now, what became of it, and what its execution was told; None: not now."""
        trouble: OSError | None = None
        content: str | None = None
        try:
            content = await asyncio.to_thread(digest, self._workspace, seen)
        except OSError as error:
            trouble = error
        if await asyncio.to_thread(look, self._workspace, seen.path) != seen:
            # It has changed under our eyes: wait until it has settled again.
            self._unsettled.pop(seen.path, None)
            return None
        if trouble is not None:
            return self._cannot_read(seen, trouble, clock)
        self._unreadable.discard(seen.path)
        modified_at = _time(seen.modified_ns).isoformat()
        name = PurePosixPath(seen.path).name
        about = {"path": seen.path, "file": name, "bytes": seen.size_bytes, "modified_at": modified_at}
        info = {"type": self.row.type, "name": self.row.name, **about}
        version = f"{seen.path}\0{seen.size_bytes}\0{seen.modified_ns}\0{content}"
        if (former := self._known.get(seen.path)) is not None:
            # An old version that is put back in place of a newer one is news. This stays the same until it is stored.
            version += f"\0{former.changed_ns}"
        try:
            execution, is_new = await self._start(
                self.row, info, key=f"file:{hashlib.sha256(version.encode()).hexdigest()}"
            )
        except OperationalError as error:
            _log.warning("a file has to wait: %s", error.message, extra={"file": seen.path})
            return None
        except ConcertMasterError as error:
            reason = f"{seen.path}: {error.message} ({error.code})"
            return _known(seen, content), TriggerFire(clock.now(), "failed", reason), info
        except Exception:
            # A bug with one must not keep what became of the others from being stored.
            _log.exception("a file cannot be started", extra={"file": seen.path})
            return None
        fire = TriggerFire(clock.now(), "started", execution=execution)
        if not is_new:
            fire = replace(fire, outcome="skipped", reason=f"{seen.path}: this version was started before")
        return _known(seen, content), fire, info

    def _cannot_read(
        self, seen: Seen, trouble: OSError, clock: Clock
    ) -> tuple[None, TriggerFire, Mapping[str, Any]] | None:
        """Tell it once."""
        if seen.path in self._unreadable:
            return None
        self._unreadable.add(seen.path)
        reason = f"{seen.path} cannot be read ({trouble.strerror}); it is started once the server can read it"
        return None, TriggerFire(clock.now(), "failed", reason), {}

    async def _store(
        self,
        store: FileWatchStore,
        clock: Clock,
        files: Sequence[KnownFile],
        fires: Sequence[TriggerFire],
        *,
        sample: Mapping[str, Any] | None = None,
        noted: bool = True,
    ) -> bool:
        row, now = self.row, clock.now()
        progress = FileProgress(row.workflow, row.name, row.files_since, files, fires, sample, noted)
        if not await store.advance(self._owner, progress, now=now):
            return False
        self._known.update({one.path: one for one in files})
        if any(one.gone_at is not None for one in files):
            # As the store does.
            kept = now - GONE_KEPT
            self._known = {path: one for path, one in self._known.items() if one.gone_at is None or one.gone_at >= kept}
        if noted:
            self.row = replace(row, files_since=None)
        return True


def _known(seen: Seen, content: str | None) -> KnownFile:
    return KnownFile(seen.path, seen.size_bytes, seen.modified_ns, seen.changed_ns, content)


def _equal(known: KnownFile | None, seen: Seen | KnownFile) -> bool:
    return known is not None and (known.size_bytes, known.modified_ns) == (seen.size_bytes, seen.modified_ns)


def _time(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, UTC)

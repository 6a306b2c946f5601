"""Sources: which bytes a file of the workspace has, as long as it has not changed since it was read."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from concertmaster.data.artifact_files import digest_of
from concertmaster.domain.recent import Recent

if TYPE_CHECKING:
    from concertmaster.data.artifacts import ArtifactStore

_REMEMBERED = 1_000
# File systems tell times in steps: what was written a moment ago may be written again within the same one.
_STEP_NS = 2_000_000_000


class Fingerprint(NamedTuple):
    """What is another when a file has changed; the time of its last change cannot be set by anybody."""

    device: int
    number: int
    size_bytes: int
    modified: int
    changed: int


class Sources:
    """Remembers the files that were read last. Safe for use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Recent[Fingerprint, str] = Recent(_REMEMBERED)

    def digest(self, path: Path) -> str:
        """The digest of a file that its owner may change; an unchanged one is not read."""
        before, now = _fingerprint(path), time.time_ns()
        known = self._find(before)
        if known is None:
            known = digest_of(path)
            self._remember(path, before, now, known)
        return known

    def kept(self, path: Path, store: ArtifactStore) -> str | None:
        """The digest of a file that has not changed since it was read, and is in the store; it is not read."""
        known = self._find(_fingerprint(path))
        return known if known is not None and store.reuse(known) else None

    def put(self, path: Path, store: ArtifactStore) -> str:
        """Store a copy of a file that its owner may change, and return its digest."""
        before, now = _fingerprint(path), time.time_ns()
        digest = store.put_file(path)
        self._remember(path, before, now, digest)
        return digest

    def _find(self, fingerprint: Fingerprint) -> str | None:
        with self._lock:
            return self._known.get(fingerprint)

    def _remember(self, path: Path, before: Fingerprint, now: int, digest: str) -> None:
        if _fingerprint(path) == before and now - max(before.modified, before.changed) > _STEP_NS:
            with self._lock:
                self._known.put(before, digest)


def settled(path: Path) -> Fingerprint | None:
    """What will be another as soon as the file changes; None where a change might not show, or there is no file."""
    try:
        found, now = path.stat(), time.time_ns()
    except OSError:
        return None
    whole = stat.S_ISREG(found.st_mode) and now - max(found.st_mtime_ns, found.st_ctime_ns) > _STEP_NS
    return _of(found) if whole else None


def _fingerprint(path: Path) -> Fingerprint:
    return _of(path.stat())


def _of(found: os.stat_result) -> Fingerprint:
    return Fingerprint(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

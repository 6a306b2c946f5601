"""Sources: which file of the workspace is which artifact, as long as it has not changed since it was copied."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from concertmaster.domain.recent import Recent

if TYPE_CHECKING:
    from concertmaster.data.artifacts import ArtifactStore

_REMEMBERED = 1_000
# File systems tell times in steps: what was written a moment ago may be written again within the same one.
_STEP_NS = 2_000_000_000


class _Fingerprint(NamedTuple):
    """What is another when a file has changed; the time of its last change cannot be set by anybody."""

    device: int
    number: int
    size_bytes: int
    modified: int
    changed: int


class Sources:
    """Remembers the files that were copied last. Safe for use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Recent[_Fingerprint, str] = Recent(_REMEMBERED)

    def put(self, path: Path, store: ArtifactStore) -> str:
        """Store a copy of a file that its owner may change, and return its digest; an unchanged one is not read."""
        before, now = _fingerprint(path), time.time_ns()
        with self._lock:
            known = self._known.get(before)
        if known is not None and store.reuse(known):
            return known
        digest = store.put_file(path)
        if _fingerprint(path) == before and now - max(before.modified, before.changed) > _STEP_NS:
            with self._lock:
                self._known.put(before, digest)
        return digest


def _fingerprint(path: Path) -> _Fingerprint:
    found = path.stat()
    return _Fingerprint(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

"""ArtifactCache: the artifacts of a depot that are on this machine, bounded in bytes, least recently used first out."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

# Whoever was given a path opens it within that time, or holds it.
_SPARED_SECONDS = 300.0
_FULL_SHARE = 0.9


class ArtifactCache:
    """Which files of a folder of artifacts go when it has grown too large. Safe for use from many threads.

    Args:
        folder: with the files, under `ab/<sha256>`.
        most_bytes: what it may take; more only while all of it is in use.
        spared_seconds: what was used so lately stays.
    """

    def __init__(self, folder: Path, most_bytes: int, *, spared_seconds: float = _SPARED_SECONDS) -> None:
        self._folder = folder
        self._most = most_bytes
        self._spared = spared_seconds
        self._lock = threading.Lock()
        self._held = Counter[str]()
        self._fetching = [threading.Lock() for _ in range(64)]
        self._since_look = most_bytes

    def fetching(self, digest: str) -> threading.Lock:
        """Held by who fetches it, so that nobody does so at the same time."""
        return self._fetching[int(digest[:8], 16) % len(self._fetching)]

    @contextmanager
    def holding(self, digests: Iterable[str]) -> Generator[None]:
        """A block in which these stay."""
        held = list(digests)
        with self._lock:
            self._held.update(held)
        try:
            yield
        finally:
            with self._lock:
                self._held.subtract(held)
                for digest in held:
                    if self._held[digest] <= 0:
                        del self._held[digest]

    def added(self, size_bytes: int) -> None:
        """Tell of a new file; now and then the folder is looked through."""
        with self._lock:
            self._since_look += size_bytes
            # Children add files too, without a word.
            if self._since_look < self._most * (1 - _FULL_SHARE):
                return
            self._since_look = 0
            self._trim()

    def _trim(self) -> None:
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        if total <= self._most:
            return
        limit = time.time() - self._spared
        for used, size, path in files:
            if total <= self._most * _FULL_SHARE or used >= limit:
                return
            if path.name in self._held:
                continue
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                total -= size

    def _files(self) -> Generator[tuple[float, int, Path]]:
        for part in self._folder.iterdir():
            if len(part.name) != 2:
                continue
            with os.scandir(part) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        found = entry.stat()
                        yield found.st_mtime, found.st_size, Path(entry.path)

"""Files of the artifact store: digests, what is safely on disk, and what errors of the disk mean."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from concertmaster.domain.errors import ConcertMasterError, NotFound, OperationalError
from concertmaster.domain.recent import Recent

BLOCK_BYTES = 1 << 20
# Far less than a file needs to be taken for old (a day).
_ENTRY_SECONDS = 600.0
_ENTRIES = 10_000
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


@contextmanager
def explained(root: Path) -> Generator[None]:
    """Say what a failed write below the folder means."""
    try:
        yield
    except ConcertMasterError:
        raise
    except Exception as error:
        # Polars and DuckDB have error classes of their own for a failed write; only the text tells.
        told = _OS_ERROR.search(str(error))
        if (getattr(error, "errno", None) or (told and int(told[1]))) in _FORBIDDEN:
            raise OperationalError(
                "artifacts.not_writable",
                f"The artifact store {root} cannot be written: {error}; give this user the right to write "
                "there, or put the data folder elsewhere (--data-dir)",
                retryable=False,
                folder=str(root),
            ) from error
        if getattr(error, "errno", None) not in _FULL and "No space left on device" not in str(error):
            raise
        raise OperationalError(
            "artifacts.disk_full",
            f"No space left on the disk of {root}; free some, or put the data folder elsewhere (--data-dir)",
            folder=str(root),
        ) from error


def is_digest(name: str) -> bool:
    """Whether a name is a SHA-256 digest."""
    return len(name) == 64 and set(name) <= set("0123456789abcdef")


def files_of(folder: Path) -> Generator[tuple[str, os.stat_result]]:
    """The artifacts in a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            # Network folders and desktops leave files of their own.
            if not is_digest(entry.name):
                continue
            # In a shared folder another process may remove what is listed here.
            with contextlib.suppress(FileNotFoundError):
                yield entry.name, entry.stat()


def missing(digest: str) -> NotFound:
    """The error for what nobody has."""
    message = (
        f"The artifact {digest} is not in the store any more: old data is removed where the settings outputs_max_* "
        "say so; run the workflow again to have it"
    )
    return NotFound("artifacts.not_found", message, artifact=digest)


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Entries:
    """Waits until entries of folders are on disk, where they may not be. Safe for use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._synced: Recent[Path, float] = Recent(_ENTRIES)

    def keep(self, path: Path, target: Path) -> None:
        """Give a file its name for good, on disk when that returns."""
        # What an attempt has made may carry the time of where it is from.
        os.utime(path)
        sync(path)
        if not target.parent.is_dir():
            target.parent.mkdir(exist_ok=True)
            sync(target.parent.parent)
        path.chmod(0o444)
        path.replace(target)
        self._sync(target)

    def found(self, path: Path) -> None:
        """Somebody else may have given a young file its name a moment ago: see that it is on disk."""
        with self._lock:
            known = self._synced.get(path)
        # Nobody removes what was young so short a time ago, so it is still the same entry.
        if known is None or time.monotonic() - known > _ENTRY_SECONDS:
            self._sync(path)
        else:
            self._remember(path)

    def _sync(self, path: Path) -> None:
        sync(path.parent)
        self._remember(path)

    def _remember(self, path: Path) -> None:
        with self._lock:
            self._synced.put(path, time.monotonic())


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: BinaryIO, target: BinaryIO) -> str:
    """Copy and hash in one pass."""
    digest = hashlib.sha256()
    while block := source.read(BLOCK_BYTES):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def used(path: Path) -> bool:
    """Whether the file is there; it is young then, and stays in a cache for longer."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True

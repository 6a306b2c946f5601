"""ArtifactStore: content-addressed bytes outside the journal, under `ab/<sha256>`.

A file gets its final name only when its bytes and its folder entry are on disk, so whatever an event names is
there whole. A crash leaves nothing but temporary files, which the next start sweeps.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast

from fsspec.core import url_to_fs  # pyright: ignore[reportUnknownVariableType]
from fsspec.implementations.local import LocalFileSystem

from concertmaster.data.sources import Sources
from concertmaster.domain.errors import ConcertMasterError, NotFound, OperationalError, UserError

_TEMPORARY = "tmp"
_OWNER = "database"
_ASIDE = ".aside"
# What is taken aside to be removed, and put back, is away for a moment.
_AWAY_SECONDS = 0.05
_BLOCK_BYTES = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


class ArtifactStore:
    """Bytes by their SHA-256 digest (64 hex digits). Safe for use from many threads; all calls block.

    Attributes:
        root: the store's folder.
        unfinished: folder of what is being written; the next start sweeps it.
        sources: which files of others are in it.
    """

    def __init__(self, url: str | Path, *, unfinished: Path | None = None) -> None:
        """Open or make the store.

        Args:
            url: a folder, or a `file://` URL.
            unfinished: folder for what is being written, on the same disk; default `tmp` in the store.
        Raises:
            UserError: `artifacts.unsupported_store`.
            OperationalError: `artifacts.disk_full`, `artifacts.not_writable`.
        """
        filesystem, root = cast("tuple[object, str]", url_to_fs(str(url)))
        if not isinstance(filesystem, LocalFileSystem):
            raise UserError(
                "artifacts.unsupported_store", f"Artifacts cannot be kept at {url}; name a folder or a file:// URL"
            )
        self._files = filesystem
        self.sources = Sources()
        self.root = Path(root).resolve()
        self.unfinished = unfinished or self.root / _TEMPORARY
        with self._explained():
            self.unfinished.mkdir(parents=True, exist_ok=True)

    def put_bytes(self, data: bytes) -> str:
        """Store bytes durably and return their digest; bytes already there are not written again."""
        digest = hashlib.sha256(data).hexdigest()
        if self.reuse(digest):
            return digest
        with self.temporary() as path:
            with self._explained(), path.open("wb") as file:
                file.write(data)
            self._keep(path, digest)
        return digest

    def put_file(self, path: Path, *, move: bool = False) -> str:
        """Store a file durably and return its digest.

        Args:
            move: the file may be taken away from where it is; otherwise it is copied.
        """
        if move and path.stat().st_dev == self.unfinished.stat().st_dev:
            digest = _digest_of(path)
            if self.reuse(digest):
                path.unlink()
            else:
                self._keep(path, digest)
            return digest
        with self.temporary() as copy:
            with self._explained(), path.open("rb") as source, copy.open("wb") as target:
                digest = _copy(source, target)
            if not self.reuse(digest):
                self._keep(copy, digest)
        if move:
            path.unlink()
        return digest

    @contextmanager
    def temporary(self, suffix: str = "") -> Generator[Path]:
        """A fresh path on the store's disk to write to; whatever is left there at the end is removed.

        Raises:
            OperationalError: `artifacts.disk_full` when the block ran out of space, whichever library wrote.
        """
        path = self.unfinished / f"{uuid.uuid4().hex}{suffix}"
        try:
            with self._explained():
                yield path
        finally:
            path.unlink(missing_ok=True)

    def open(self, digest: str) -> BinaryIO:
        """Open for reading. Raises NotFound `artifacts.not_found`."""
        return cast("BinaryIO", self._files.open(str(self.local_path(digest)), "rb"))

    def read_bytes(self, digest: str) -> bytes:
        """All of it. Raises NotFound `artifacts.not_found`."""
        with self.open(digest) as file:
            return file.read()

    def local_path(self, digest: str) -> Path:
        """Where it is on this machine, never to be written to. Raises NotFound `artifacts.not_found`."""
        path = self._place(digest)
        if not path.is_file():
            time.sleep(_AWAY_SECONDS)
            if not path.is_file():
                raise _missing(digest)
        return path

    def exists(self, digest: str) -> bool:
        """Whether the store has it."""
        return self._place(digest).is_file()

    def size(self, digest: str) -> int:
        """Its length in bytes. Raises NotFound `artifacts.not_found`."""
        return self.local_path(digest).stat().st_size

    def belongs_to(self, owner: str) -> bool:
        """Whether the store is this owner's; the first one who asks gets it."""
        file = self.root / _OWNER
        with contextlib.suppress(FileExistsError), self._explained(), file.open("x") as written:
            written.write(owner)
        return file.read_text() == owner

    def folders(self) -> list[str]:
        """The parts that the store is made of, to be looked through one by one."""
        return sorted(path.name for path in self.root.iterdir() if len(path.name) == 2 and path.is_dir())

    def older_than(self, folder: str, age: timedelta) -> list[str]:
        """Those in a folder that nobody has made or reused for so long."""
        limit = time.time() - age.total_seconds()
        return [name for name, found in _files(self.root / folder) if found.st_mtime < limit]

    def remove_old(self, digest: str, age: timedelta, *, dry_run: bool = False) -> int | None:
        """Remove one that nobody has made or reused for so long; returns its bytes, None when it stays.

        Whoever reuses it at this very moment finds that it is there, so it is taken aside first, and put back when it
        has become young meanwhile.
        """
        place, limit = self._place(digest), time.time() - age.total_seconds()
        # Two processes may do so at one time.
        aside = self.unfinished / f"{digest}.{uuid.uuid4().hex}{_ASIDE}"
        with contextlib.suppress(FileNotFoundError):
            found = place.stat()
            if found.st_mtime >= limit or dry_run:
                return found.st_size if found.st_mtime < limit else None
            place.replace(aside)
            if aside.stat().st_mtime >= limit:
                aside.replace(place)
                return None
            aside.unlink()
            return found.st_size
        return None

    def sweep(self, *, older_than: timedelta = timedelta(hours=1)) -> int:
        """Remove temporary files that a crash left behind; to be called at start. Returns how many."""
        limit = time.time() - older_than.total_seconds()
        removed = 0
        for path in self.unfinished.iterdir():
            # In a shared folder another process may finish, or remove, what is listed here.
            with contextlib.suppress(FileNotFoundError):
                if path.name.endswith(_ASIDE):
                    # Somebody may have reused it when its remover died.
                    self._keep(path, path.name.partition(".")[0])
                elif path.stat().st_mtime < limit:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                    removed += 1
        return removed

    def _place(self, digest: str) -> Path:
        if not _is_digest(digest):
            raise _missing(digest)
        return self.root / digest[:2] / digest

    def reuse(self, digest: str) -> bool:
        """Whether it is there; then it is made young again, for garbage collection, and surely on disk."""
        path = self._place(digest)
        try:
            os.utime(path)
        except FileNotFoundError:
            return False
        # Another thread may have renamed it a moment ago without having synced the folder yet.
        _sync(path.parent)
        return True

    def _keep(self, path: Path, digest: str) -> None:
        target = self._place(digest)
        with self._explained():
            # What an attempt has made may carry the time of where it is from.
            os.utime(path)
            _sync(path)
            if not target.parent.is_dir():
                target.parent.mkdir(exist_ok=True)
                _sync(self.root)
            path.chmod(0o444)
            path.replace(target)
            _sync(target.parent)

    @contextmanager
    def _explained(self) -> Generator[None]:
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
                    f"The artifact store {self.root} cannot be written: {error}; give this user the right to write "
                    "there, or put the data folder elsewhere (--data-dir)",
                    retryable=False,
                    folder=str(self.root),
                ) from error
            if getattr(error, "errno", None) not in _FULL and "No space left on device" not in str(error):
                raise
            raise OperationalError(
                "artifacts.disk_full",
                f"No space left on the disk of {self.root}; free some, or put the data folder elsewhere (--data-dir)",
                folder=str(self.root),
            ) from error


def _is_digest(name: str) -> bool:
    return len(name) == 64 and set(name) <= set("0123456789abcdef")


def _files(folder: Path) -> Generator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # Network folders and desktops leave files of their own.
            if not _is_digest(entry.name):
                continue
            # In a shared folder another process may remove what is listed here.
            with contextlib.suppress(FileNotFoundError):
                yield entry.name, entry.stat()


def _missing(digest: str) -> NotFound:
    message = (
        f"The artifact {digest} is not in the store any more: old data is removed where the settings outputs_max_* "
        "say so; run the workflow again to have it"
    )
    return NotFound("artifacts.not_found", message, artifact=digest)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: BinaryIO, target: BinaryIO) -> str:
    """Copy and hash in one pass."""
    digest = hashlib.sha256()
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()

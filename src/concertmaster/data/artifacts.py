"""ArtifactStore: content-addressed bytes outside the journal, under `ab/<sha256>`.

A file gets its final name only when its bytes and its folder entry are on disk, so whatever an event names is
there whole. A crash leaves nothing but temporary files, which the next start sweeps. With a `Depot` behind it the
folder is a cache of that: what is put is there before anybody learns its name.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
import uuid
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast

from fsspec.core import url_to_fs  # pyright: ignore[reportUnknownVariableType]
from fsspec.implementations.local import LocalFileSystem

from concertmaster.data.artifact_cache import ArtifactCache
from concertmaster.data.artifact_files import (
    Entries,
    copy,
    digest_of,
    explained,
    files_of,
    is_digest,
    missing,
    used,
)
from concertmaster.data.depot import Depot
from concertmaster.data.sources import Sources
from concertmaster.domain.errors import OperationalError, UserError

_TEMPORARY = "tmp"
_OWNER = "database"
_ASIDE = ".aside"
# What is taken aside to be removed, and put back, is away for a moment.
_AWAY_SECONDS = 0.05


class ArtifactStore:
    """Bytes by their SHA-256 digest (64 hex digits). Safe for use from many threads; all calls block.

    Attributes:
        root: the store's folder; with a depot that of its cache.
        unfinished: folder of what is being written; the next start sweeps it.
        sources: which files of others are in it.
    """

    def __init__(
        self,
        url: str | Path,
        *,
        unfinished: Path | None = None,
        depot: Depot | None = None,
        cache: ArtifactCache | None = None,
    ) -> None:
        """Open or make the store.

        Args:
            url: a folder, or a `file://` URL.
            unfinished: folder for what is being written, on the same disk; default `tmp` in the store.
            depot: where artifacts are for good; the folder is a cache then.
            cache: what keeps the cache small.
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
        self._depot = depot
        self._cache = cache
        self._entries = Entries()
        with explained(self.root):
            self.unfinished.mkdir(parents=True, exist_ok=True)

    def put_bytes(self, data: bytes) -> str:
        """Store bytes durably and return their digest; bytes already there are not written again."""
        digest = hashlib.sha256(data).hexdigest()
        if not self._touch(digest):
            with self.temporary() as path:
                with explained(self.root), path.open("wb") as file:
                    file.write(data)
                self._keep(path, digest)
        self._share(digest)
        return digest

    def put_file(self, path: Path, *, move: bool = False) -> str:
        """Store a file durably and return its digest.

        Args:
            move: the file may be taken away from where it is; otherwise it is copied.
        """
        if move and path.stat().st_dev == self.unfinished.stat().st_dev:
            digest = digest_of(path)
            if self._touch(digest):
                path.unlink()
            else:
                self._keep(path, digest)
            self._share(digest)
            return digest
        with self.temporary() as part:
            with explained(self.root), path.open("rb") as source, part.open("wb") as target:
                digest = copy(source, target)
            if not self._touch(digest):
                self._keep(part, digest)
        self._share(digest)
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
            with explained(self.root):
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
        if self._depot is not None:
            return self._fetched(digest, path, self._depot)
        if not path.is_file():
            time.sleep(_AWAY_SECONDS)
            if not path.is_file():
                raise missing(digest)
        return path

    def holding(self, digests: Iterable[str]) -> AbstractContextManager[None]:
        """A block in which paths of these stay good; those of others do for some minutes."""
        return contextlib.nullcontext() if self._cache is None else self._cache.holding(digests)

    def exists(self, digest: str) -> bool:
        """Whether the store has it."""
        if self._depot is not None:
            return bool(self._depot.generations(digest))
        return self._place(digest).is_file()

    def check(self) -> None:
        """See that the depot can be used, where there is one.

        Raises:
            OperationalError: see `Depot.check`.
        """
        if self._depot is not None:
            self._depot.check()

    @property
    def place(self) -> str:
        """Where artifacts are, for messages."""
        return str(self.root) if self._depot is None else self._depot.url

    def size(self, digest: str) -> int:
        """Its length in bytes. Raises NotFound `artifacts.not_found`."""
        return self.local_path(digest).stat().st_size

    def belongs_to(self, owner: str) -> bool:
        """Whether the store is this owner's; the first one who asks gets it."""
        if self._depot is not None:
            return self._depot.belongs_to(owner)
        file = self.root / _OWNER
        with contextlib.suppress(FileExistsError), explained(self.root), file.open("x") as written:
            written.write(owner)
        return file.read_text() == owner

    def folders(self) -> list[str]:
        """The parts that the store is made of, to be looked through one by one."""
        if self._depot is not None:
            return self._depot.folders()
        return sorted(path.name for path in self.root.iterdir() if len(path.name) == 2 and path.is_dir())

    def older_than(self, folder: str, age: timedelta) -> list[str]:
        """Those in a folder that nobody has made or reused for so long."""
        if self._depot is not None:
            return self._depot.older_than(folder, age)
        limit = time.time() - age.total_seconds()
        return [name for name, found in files_of(self.root / folder) if found.st_mtime < limit]

    def remove_old(self, digest: str, age: timedelta, *, dry_run: bool = False) -> int | None:
        """Remove one that nobody has made or reused for so long; returns its bytes, None when it stays.

        Whoever reuses it at this very moment finds that it is there, so it is taken aside first, and put back when it
        has become young meanwhile.
        """
        if self._depot is not None:
            return self._depot.remove_old(digest, age, dry_run=dry_run)
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
        if not is_digest(digest):
            raise missing(digest)
        return self.root / digest[:2] / digest

    def reuse(self, digest: str) -> bool:
        """Whether it is there; then it is made young again, for garbage collection, and surely on disk.

        In a depot it is then, too, where a child has left it in the cache.
        """
        here = self._touch(digest)
        return here if self._depot is None else self._depot.renew(digest, self._place(digest) if here else None)

    def _share(self, digest: str) -> None:
        """Put what is in the folder into the depot."""
        if self._depot is None:
            return
        place = self._place(digest)
        if not self._depot.renew(digest, place):
            raise OperationalError("artifacts.lost", f"The artifact {digest} has gone from {self.root}; run it again")
        if self._cache is not None:
            with contextlib.suppress(FileNotFoundError):
                self._cache.added(place.stat().st_size)

    def _fetched(self, digest: str, path: Path, depot: Depot) -> Path:
        if used(path):
            return path
        with contextlib.nullcontext() if self._cache is None else self._cache.fetching(digest):
            if used(path):
                return path
            with self.temporary() as part:
                if not depot.fetch(digest, part):
                    raise missing(digest)
                size = part.stat().st_size
                self._keep(part, digest)
            if self._cache is not None:
                self._cache.added(size)
        return path

    def _touch(self, digest: str) -> bool:
        """Whether it is in the folder; then it is young."""
        path = self._place(digest)
        if not used(path):
            return False
        self._entries.found(path)
        return True

    def _keep(self, path: Path, digest: str) -> None:
        target = self._place(digest)
        with explained(self.root):
            self._entries.keep(path, target)

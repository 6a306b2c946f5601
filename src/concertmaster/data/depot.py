"""Depot: artifacts in an object store that several servers share, under `ab/<sha256>/<generation>-<bytes>`.

A generation is the time of its upload. Whoever reuses what is not fresh any more makes a new generation first, and only
generations that are old go: nobody needs a lock, and nothing goes that somebody relies on (decision 0014). What is not
as long as its name says was never finished.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from concertmaster.data.artifact_files import digest_of
from concertmaster.data.object_files import open_files
from concertmaster.domain.errors import ConcertMasterError, OperationalError

FRESH = timedelta(hours=12)
"""Half of what retention spares at least: what is fresh stays until whoever has seen it has named it."""
_GENERATION = re.compile(r"(\d{13})-(\d+)")
_LOOKS = 3
_CHECKED_SECONDS = 10.0
_ANSWER = re.compile(r"<Code>(\w+)</Code>.*?<Message>(.*?)</Message>")
_OWNER = "database"
_PROBE = "probe"
# What a store copies in one request.
_LARGEST_COPY = 5 * 2**30
_REFUSED = ("PermissionDenied", "Unauthenticated", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied")


@dataclass(frozen=True, order=True, slots=True)
class Generation:
    """An upload of an artifact.

    Attributes:
        made_ms: when, by the clock of who made it, in milliseconds since 1970.
        path: in the store.
    """

    made_ms: int
    size_bytes: int
    path: str


class Depot:
    """Artifacts by digest; safe for use from many threads; all calls block.

    Attributes:
        url: where it is, for messages.
    """

    def __init__(
        self,
        url: str,
        *,
        options: Mapping[str, Any] | None = None,
        fresh: timedelta = FRESH,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Args:
        options: see `open_files`.
        fresh: what is older is uploaded, or copied, anew when it is reused.

        Raises:
            UserError: `artifacts.unsupported_store`.
        """
        self.url = url
        self._files, self._root = open_files(url, options or {})
        self._fresh = fresh.total_seconds()
        self._now = now
        self._checked = -math.inf

    def check(self) -> None:
        """Write, read and remove a small object, unless that went well some seconds ago.

        Raises:
            OperationalError: `artifacts.not_writable`, `artifacts.unreachable`, `artifacts.no_bucket`.
        """
        if time.monotonic() - self._checked < _CHECKED_SECONDS:
            return
        path, text = f"{self._root}/{_PROBE}/{uuid.uuid4().hex}", b"ConcertMaster was here"
        with self._explained():
            try:
                self._write(path, text)
                found = bytes(self._files.cat_file(path))
                self._files.rm_file(path)
            except FileNotFoundError as error:
                raise self._no_bucket() from error
        if found != text:
            raise OperationalError(
                "artifacts.unreachable", f"The artifact store {self.url} gives back what was not written"
            )
        self._checked = time.monotonic()

    def generations(self, digest: str) -> list[Generation]:
        """Those that are whole, oldest first."""
        with self._explained():
            try:
                listed = self._files.ls(f"{self._root}/{digest[:2]}/{digest}", detail=True)
            except FileNotFoundError:
                return []
        return sorted(filter(None, map(_generation, listed)))

    def renew(self, digest: str, local: Path | None = None) -> bool:
        """Make sure that it is there and stays for a while; False when nobody has it.

        Args:
            local: its bytes on this machine, if they are here.
        """
        for _ in range(_LOOKS):
            kept = self.generations(digest)
            if kept and self._age(kept[-1]) < self._fresh:
                return True
            if local is not None and local.is_file():
                done = self._uploaded(digest, local)
            elif kept:
                done = self._copied(digest, kept[-1])
            else:
                return False
            if done:
                # What is that old nobody relies on any more, and who reads it looks again.
                self._remove(one for one in kept if self._age(one) >= 2 * self._fresh)
                return True
        return False

    def fetch(self, digest: str, to: Path) -> bool:
        """Read it into a file, and see that it is what it should be; False when nobody has it.

        Raises:
            OperationalError: `artifacts.damaged`.
        """
        damaged = False
        # What is listed may be removed at this moment, in favour of a younger one or for good.
        for _ in range(_LOOKS):
            kept = self.generations(digest)
            for one in reversed(kept):
                with self._explained(), contextlib.suppress(FileNotFoundError):
                    self._files.get_file(one.path, str(to))
                    if digest_of(to) == digest:
                        return True
                    damaged = True
            if damaged or not kept:
                break
        if damaged:
            message = (
                f"The artifact {digest} in {self.url} is not what was stored; restore it, or run the workflow again"
            )
            raise OperationalError("artifacts.damaged", message, retryable=False, artifact=digest)
        return False

    def folders(self) -> list[str]:
        """The parts that it is made of, to be looked through one by one."""
        with self._explained():
            try:
                listed = self._files.ls(self._root, detail=False)
            except FileNotFoundError:
                return []
        names = {str(path).rstrip("/").rpartition("/")[2] for path in listed}
        return sorted(name for name in names if len(name) == 2)

    def older_than(self, folder: str, age: timedelta) -> list[str]:
        """Those in a folder that nobody has made or reused for so long."""
        newest: dict[str, int] = {}
        with self._explained():
            found = self._files.find(f"{self._root}/{folder}", detail=True)
        for path in found:
            digest, _, name = str(path).rpartition("/")
            # What is not whole is too old as well one day.
            if (told := _GENERATION.fullmatch(name)) is not None:
                digest = digest.rpartition("/")[2]
                newest[digest] = max(newest.get(digest, 0), int(told[1]))
        limit = self._now() * 1000 - age.total_seconds() * 1000
        return [digest for digest, made in newest.items() if made < limit]

    def remove_old(self, digest: str, age: timedelta, *, dry_run: bool = False) -> int | None:
        """Remove one that nobody has made or reused for so long; returns its bytes, None when it stays."""
        folder, limit = f"{self._root}/{digest[:2]}/{digest}", age.total_seconds()
        with self._explained():
            try:
                listed = self._files.ls(folder, detail=True)
            except FileNotFoundError:
                return None
            found = [one for one in (_generation(entry, whole=False) for entry in listed) if one is not None]
            if not found or any(self._age(one) < limit for one in found):
                return None
        if not dry_run:
            self._remove(found)
        return max(one.size_bytes for one in found)

    def belongs_to(self, owner: str) -> bool:
        """Whether it is this owner's; the first one who asks gets it."""
        path = f"{self._root}/{_OWNER}"
        with self._explained():
            with contextlib.suppress(FileNotFoundError):
                return bytes(self._files.cat_file(path)).decode() == owner
            with contextlib.suppress(FileExistsError):
                self._write(path, owner.encode(), mode="create")
            return bytes(self._files.cat_file(path)).decode() == owner

    def _uploaded(self, digest: str, local: Path) -> bool:
        with self._explained():
            target = self._next(digest, local.stat().st_size)
            self._make_folder(target)
            try:
                self._files.put_file(str(local), target)
            except FileNotFoundError as error:
                if local.is_file():
                    raise self._no_bucket() from error
                return False
        return True

    def _copied(self, digest: str, kept: Generation) -> bool:
        """False when it was removed a moment ago, or is too large for that."""
        with self._explained(), contextlib.suppress(FileNotFoundError):
            if kept.size_bytes <= _LARGEST_COPY:
                self._files.cp_file(kept.path, self._next(digest, kept.size_bytes))
                return True
        return False

    def _remove(self, generations: Iterable[Generation]) -> None:
        for one in generations:
            with self._explained(), contextlib.suppress(FileNotFoundError):
                self._files.rm_file(one.path)

    def _next(self, digest: str, size: int) -> str:
        return f"{self._root}/{digest[:2]}/{digest}/{int(self._now() * 1000):013d}-{size}"

    def _age(self, kept: Generation) -> float:
        return self._now() - kept.made_ms / 1000

    def _write(self, path: str, data: bytes, *, mode: str = "overwrite") -> None:
        self._make_folder(path)
        self._files.pipe_file(path, data, mode=mode)

    def _make_folder(self, path: str) -> None:
        # Object stores have none.
        with contextlib.suppress(NotImplementedError):
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except (ConcertMasterError, FileNotFoundError):
            raise
        except Exception as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> OperationalError:
        text = f"{type(error).__name__}: {' '.join(str(error).split())}"
        if "NoSuchBucket" in text:
            return self._no_bucket()
        answer = _ANSWER.search(text)
        told = f"{answer[1]}: {answer[2]}" if answer else text[:500]
        if isinstance(error, PermissionError) or any(word in text for word in _REFUSED):
            message = (
                f"The artifact store {self.url} refuses these credentials ({told}); check ARTIFACTS_OPTIONS, or what "
                "the environment says, and that they may list, read, write and delete there"
            )
            return OperationalError("artifacts.not_writable", message, retryable=False)
        message = f"The artifact store {self.url} cannot be used: {told}; check the network and ARTIFACTS_OPTIONS"
        return OperationalError("artifacts.unreachable", message)

    def _no_bucket(self) -> OperationalError:
        message = f"There is no bucket for the artifacts at {self.url}; make it, or mend ARTIFACTS_URL"
        return OperationalError("artifacts.no_bucket", message, retryable=False)


def _generation(entry: Any, *, whole: bool = True) -> Generation | None:
    path = str(entry["name"])
    told = _GENERATION.fullmatch(path.rpartition("/")[2])
    if told is None or (whole and int(entry["size"] or 0) != int(told[2])):
        return None
    return Generation(int(told[1]), int(told[2]), path)

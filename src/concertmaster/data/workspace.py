"""The workspace folder as people choose files from it: listed, searched, and added to; confined as nodes are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from concertmaster.data.guard import confine, confine_for
from concertmaster.domain.errors import Conflict, UserError

# A search gives up after so many names: whoever has more writes the path.
_LOOKED_AT = 50_000


@dataclass(frozen=True, slots=True)
class Listing:
    """Files and folders, `FileEntry` of the REST contract each; `more`: there are others."""

    items: list[dict[str, Any]]
    more: bool


class Workspace:
    """The files that file nodes reach; every method blocks."""

    def __init__(self, folder: Path, data_dir: Path) -> None:
        self._folder = folder.resolve()
        self._data_dir = data_dir

    def list(self, prefix: str, *, search: str, limit: int) -> Listing:
        """What a folder holds, folders first.

        Args:
            prefix: the folder, and what the names in it begin with: `data/`, `data/air`.
            search: words in any order; then all folders below are looked through.
        Raises:
            UserError: `path.*`, the folder is none of the workspace's.
        """
        folder_name, _, start = prefix.rpartition("/")
        folder = confine(self._folder, folder_name or ".", data_dir=self._data_dir)
        if not folder.is_dir():
            return Listing([], False)
        words = search.casefold().split()
        found: list[dict[str, Any]] = []
        for entry in self._walk(folder) if words else self._entries(folder):
            shown = Path(entry.path).relative_to(self._folder).as_posix()
            if words and (entry.is_dir() or not all(word in shown.casefold() for word in words)):
                continue
            if not words and not entry.name.casefold().startswith(start.casefold()):
                continue
            if len(found) == limit:
                return Listing(found, True)
            found.append(_told(entry, shown))
        return Listing(found, False)

    def put(self, relative: str, content: bytes, *, overwrite: bool) -> Mapping[str, Any]:
        """Write a file whole: whoever reads it meanwhile sees the old one or the new one.

        Raises:
            UserError: `path.*`, `file.is_directory`.
            Conflict: `file.exists`, and it was not to be replaced.
        """
        path = confine_for(self._folder, relative, data_dir=self._data_dir, write=True)
        if path.is_dir():
            raise UserError("file.is_directory", f"{relative} is a folder; give the file in it a name", path=relative)
        draft = path.with_name(f".{path.name[:100]}.{uuid4().hex[:8]}.part")
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                draft.replace(path)
            else:
                # A link is made only where there is none: no other upload comes between a look and a write.
                os.link(draft, path)
        except FileExistsError:
            message = f"There is a file {relative} already; give this one another name, or replace it"
            raise Conflict("file.exists", message, path=relative) from None
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        return {
            "path": path.relative_to(self._folder).as_posix(),
            "name": path.name,
            "kind": "file",
            "bytes": len(content),
            "modified_at": datetime.fromtimestamp(path.stat().st_mtime, tz=UTC),
        }

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What may be seen of a folder: nothing hidden, nothing that nodes may not read."""
        try:
            with os.scandir(folder) as found:
                seen = [entry for entry in found if not entry.name.startswith(".") and self._allowed(entry)]
        except OSError:
            return []
        return sorted(seen, key=lambda entry: (not entry.is_dir(), entry.name.casefold()))

    def _walk(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        waiting, left = [folder], _LOOKED_AT
        while waiting and left > 0:
            entries = self._entries(waiting.pop(0))
            left -= len(entries)
            yield from entries
            waiting += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]

    def _allowed(self, entry: os.DirEntry[str]) -> bool:
        try:
            confine(self._folder, entry.path, data_dir=self._data_dir)
            return entry.is_file() or entry.is_dir()
        except (UserError, OSError):
            return False


def _told(entry: os.DirEntry[str], shown: str) -> dict[str, Any]:
    known = entry.stat()
    folder = entry.is_dir()
    return {
        "path": f"{shown}/" if folder else shown,
        "name": entry.name,
        "kind": "folder" if folder else "file",
        "bytes": None if folder else known.st_size,
        "modified_at": datetime.fromtimestamp(known.st_mtime, tz=UTC),
    }

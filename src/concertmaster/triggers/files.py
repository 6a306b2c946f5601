"""Files on the disk: which match a glob, and which version of each is there. Blocking: called in threads.

Symbolic links are not followed, so that nothing outside of the workspace is seen and no circle is walked.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

from concertmaster.domain.errors import UserError

MOST_FILES = 50_000
"""A glob that matches more is refused: all of them are looked at every time."""
DIGEST_BYTES = 8 * 2**20
"""The content of larger files is not compared."""
LONGEST_PATH = 1_000
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as the disk shows it; `path` is relative to the workspace, with `/`."""

    path: str
    size_bytes: int
    modified_ns: int
    changed_ns: int


def scan(workspace: Path, pattern: str, *, hidden: Path, most: int = MOST_FILES) -> dict[str, Seen]:
    """All files that match, by path.

    Args:
        pattern: `*`, `?` and `[...]` within a name, `**` for any folders; names that begin with `.` only where the
            pattern does so too.
        hidden: a folder that is never looked into; nor are those in which Python keeps what it has compiled.
        most: so many files may match.
    Raises:
        UserError: `file.too_many`.
    """
    found: dict[str, Seen] = {}
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    # Twice in a row it means the same.
    parts = [part for part, before in zip(parts, ["", *parts], strict=False) if part != "**" or before != "**"]
    for seen in _walk(workspace, "", parts, hidden):
        found[seen.path] = seen
        if len(found) > most:
            message = f"{pattern} matches more than {most:,} files; name fewer, or move those away that are done"
            raise UserError("file.too_many", message)
    return found


def look(workspace: Path, path: str) -> Seen | None:
    """One file again; None when it is gone."""
    try:
        status = (workspace / path).lstat()
    except OSError:
        return None
    return Seen(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def digest(workspace: Path, seen: Seen) -> str | None:
    """SHA-256 of the content; None when it is too large, or cannot be read."""
    if seen.size_bytes > DIGEST_BYTES:
        return None
    try:
        with (workspace / seen.path).open("rb") as file:
            return hashlib.sha256(file.read(DIGEST_BYTES)).hexdigest()
    except OSError:
        return None


def _walk(folder: Path, prefix: str, parts: Sequence[str], hidden: Path) -> Iterator[Seen]:
    if not parts or folder == hidden or folder.name == "__pycache__":
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        # No folder at all, or any, and then the same again.
        yield from _walk(folder, prefix, rest or ["*"], hidden)
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", parts, hidden)
        return
    matches = re.compile(translate(part)).match if _MAGIC.search(part) else part.__eq__
    for entry in _entries(folder):
        if not matches(entry.name) or (entry.name.startswith(".") and not part.startswith(".")):
            continue
        if rest:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", rest, hidden)
        elif (seen := _seen(entry, prefix + entry.name)) is not None:
            yield seen


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        # It is not there yet, or no longer, or not ours to read.
        return []


def _seen(entry: os.DirEntry[str], path: str) -> Seen | None:
    """None for what is no file, is gone already, or has a name that cannot be stored."""
    try:
        path.encode()
        if not entry.is_file(follow_symlinks=False) or len(path) > LONGEST_PATH:
            return None
        status = entry.stat(follow_symlinks=False)
    except (OSError, UnicodeEncodeError):
        return None
    return Seen(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

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
# What the database holds: from the year 1677 to 2262. Disks know other years, and files have them by mistake.
_FIRST_NS, _LAST_NS = -(2**63), 2**63 - 1
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
        UserError: `file.too_many`, `file.folder_unreadable`: what there is is not known.
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
    return _as_seen(path, status)


def digest(workspace: Path, seen: Seen) -> str | None:
    """SHA-256 of the content; None when it is too large. Raises OSError: it cannot be read."""
    with (workspace / seen.path).open("rb") as file:
        return None if seen.size_bytes > DIGEST_BYTES else hashlib.sha256(file.read(DIGEST_BYTES)).hexdigest()


def _walk(folder: Path, prefix: str, parts: Sequence[str], hidden: Path, *, named: bool = True) -> Iterator[Seen]:
    """`named`: the pattern says the name of the folder, so that it has to be one that can be read."""
    if not parts or folder == hidden or folder.name == "__pycache__":
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        # No folder at all, or any, and then the same again.
        yield from _walk(folder, prefix, rest or ["*"], hidden, named=named)
        for entry in _entries(folder, prefix, named=named):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", parts, hidden, named=False)
        return
    magic = _MAGIC.search(part) is not None
    matches = re.compile(translate(part)).match if magic else part.__eq__
    for entry in _entries(folder, prefix, named=named):
        if not matches(entry.name) or (entry.name.startswith(".") and not part.startswith(".")):
            continue
        if rest:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", rest, hidden, named=named and not magic)
        elif (seen := _seen(entry, prefix + entry.name)) is not None:
            yield seen


def _entries(folder: Path, prefix: str, *, named: bool) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        # Not yet, or no longer.
        return []
    except OSError as error:
        if not named:
            return []
        shown = f"The folder {prefix[:-1]}" if prefix else "The workspace"
        raise UserError(
            "file.folder_unreadable",
            f"{shown} cannot be read ({error.strerror}), so nobody knows which files are there; let the server read it",
        ) from error


def _seen(entry: os.DirEntry[str], path: str) -> Seen | None:
    """None for what is no file, is gone already, or has a name that cannot be stored."""
    try:
        path.encode()
        if not entry.is_file(follow_symlinks=False) or len(path) > LONGEST_PATH:
            return None
        return _as_seen(path, entry.stat(follow_symlinks=False))
    except (OSError, UnicodeEncodeError):
        return None


def _as_seen(path: str, status: os.stat_result) -> Seen:
    modified, changed = (max(_FIRST_NS, min(ns, _LAST_NS)) for ns in (status.st_mtime_ns, status.st_ctime_ns))
    return Seen(path, status.st_size, modified, changed)

"""Files on the disk: which match a glob, and which version of each is there. Blocking: called in threads.

Symbolic links are not followed, so that nothing outside of the workspace is seen and no circle is walked.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import NamedTuple

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


def scan(
    workspace: Path,
    pattern: str,
    *,
    hidden: Path,
    most: int = MOST_FILES,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, Seen]:
    """All files that match, by path.

    Args:
        pattern: `*`, `?` and `[...]` within a name, `**` for any folders; names that begin with `.` only where the
            pattern does so too.
        hidden: a folder that is never looked into; nor are those in which Python keeps what it has compiled.
        most: so many files may match.
        stopped: asked again and again; the answer is not wanted any more.
    Raises:
        UserError: `file.too_many`, `file.folder_unreadable`: what there is is not known.
        CancelledError: it was stopped.
    """
    found: dict[str, Seen] = {}
    for seen in _walk(workspace, _parts(pattern), hidden, stopped):
        found[seen.path] = seen
        if len(found) > most:
            message = f"{pattern} matches more than {most:,} files; name fewer, or move those away that are done"
            raise UserError("file.too_many", message)
    if stopped():
        raise CancelledError
    return found


def look(workspace: Path, path: str) -> Seen | None:
    """One file again; None when it is gone."""
    try:
        status = (workspace / path).lstat()
    except OSError:
        return None
    return _as_seen(path, status) if stat.S_ISREG(status.st_mode) else None


def digest(workspace: Path, seen: Seen) -> str | None:
    """SHA-256 of the content; None when it is too large. Raises OSError: it cannot be read."""
    # By now it may be something else. To open a pipe would wait for whoever writes into it.
    descriptor = os.open(workspace / seen.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no file any more")
        with open(descriptor, "rb", closefd=False) as file:
            return None if seen.size_bytes > DIGEST_BYTES else hashlib.sha256(file.read(DIGEST_BYTES)).hexdigest()
    finally:
        os.close(descriptor)


class _Part(NamedTuple):
    """What a name has to be like; `**` stands for any folders, and for none."""

    text: str
    magic: bool
    matches: Callable[[str], object]


def _parts(pattern: str) -> list[_Part]:
    texts = [text for text in pattern.split("/") if text not in ("", ".")]
    # Twice in a row it means the same; at the end, all files in those folders.
    texts = [text for text, before in zip(texts, ["", *texts], strict=False) if text != "**" or before != "**"]
    texts += ["*"] if texts[-1:] == ["**"] else []
    magic = [_MAGIC.search(text) is not None for text in texts]
    return [
        _Part(text, is_, re.compile(translate(text)).match if is_ else text.__eq__)
        for text, is_ in zip(texts, magic, strict=True)
    ]


def _walk(workspace: Path, parts: list[_Part], hidden: Path, stopped: Callable[[], bool]) -> Iterator[Seen]:
    """All files that match. Each folder is read once, for all parts that what is in it may stand for.

    Trap: to follow the ways through the parts one by one takes ages, for a few `**` and folders that lie deep.
    """
    folders = [("", _standing(parts, {0: True}))] if parts else []
    while folders and not stopped():
        prefix, standing = folders.pop()
        folder = workspace / prefix
        if folder == hidden or folder.name == "__pycache__":
            continue
        for entry in _entries(folder, prefix, named=any(standing.values())):
            if stopped():
                return
            below, is_wanted = _step(parts, standing, entry.name)
            inside = f"{prefix}{entry.name}/"
            if below and entry.is_dir(follow_symlinks=False):
                if len(inside) < LONGEST_PATH:
                    folders.append((inside, below))
            elif is_wanted and (seen := _seen(entry, prefix + entry.name)) is not None:
                yield seen


def _step(parts: list[_Part], standing: dict[int, bool], name: str) -> tuple[dict[int, bool], bool]:
    """What stands in the folder of that name, and whether a file of that name is wanted."""
    below: dict[int, bool] = {}
    is_wanted = False
    for index, named in standing.items():
        part = parts[index]
        if name.startswith(".") and not part.text.startswith("."):
            continue
        if part.text == "**":
            below.setdefault(index, False)
        elif part.matches(name):
            if index + 1 == len(parts):
                is_wanted = True
            else:
                below[index + 1] = below.get(index + 1, False) or (named and not part.magic)
    return _standing(parts, below), is_wanted


def _standing(parts: list[_Part], standing: dict[int, bool]) -> dict[int, bool]:
    """The parts that entries of a folder may stand for, by index: with those behind a `**` that stands for none.

    The value: the pattern says the name of the folder, so that it has to be one that can be read.
    """
    for index, named in list(standing.items()):
        if parts[index].text == "**":
            standing[index + 1] = standing.get(index + 1, False) or named
    return standing


def _entries(folder: Path, prefix: str, *, named: bool) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        # Not yet, or no longer.
        return
    except OSError as error:
        if not named:
            return
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

"""Where files are taken from and put to: paths of the workspace, and files that are wired in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, Literal

from concertmaster import Context, File, UserError
from concertmaster.nodes.builtin.file_draft import draft, explained, publish
from concertmaster.nodes.builtin.file_read import existing

Mode = Literal["overwrite", "fail"]
_BLOCK_BYTES = 1 << 20


def source_of(file: File | None, path: str | None, context: Context) -> tuple[Path, str]:
    """The file to work on and what messages call it; `path` of the config wins.

    Raises:
        UserError: `file.missing`, or see `existing`.
    """
    if path is not None:
        return existing(path, context), path
    if file is None:
        raise UserError("file.missing", "There is no file to work on: wire a file in, or fill in `path`")
    return file.path, file.name


def target_of(to: str, name: str, context: Context) -> Path:
    """Where a file called `name` goes: into the folder when `to` is one or ends with a slash."""
    target = context.path(to)
    if to.endswith("/") or target.is_dir():
        to = f"{to.rstrip('/')}/{Path(name).name}"
        target = context.path(to)
    if target.is_dir():
        raise UserError("file.is_directory", f"{to} is a folder; give the file in it a name", path=to)
    return context.path(to, write=True)


def copied(source: Path, target: Path, mode: Mode, context: Context) -> None:
    """Copy a file, complete or not at all.

    Raises:
        UserError: `file.exists`, `file.same`.
        OperationalError: `file.disk_full`, `file.write_failed`.
    """
    shown = shown_path(target, context)
    if target.exists() and target.samefile(source):
        raise UserError("file.same", f"{shown} is the file itself; give the copy another path", path=shown)
    with explained(shown), draft(target, context.idempotency_key) as part:
        with source.open("rb") as reading, part.open("wb") as writing:
            pour(reading, writing, context)
        shutil.copystat(source, part)
        part.chmod(part.stat().st_mode | 0o600)
        publish(part, target, shown, mode)


def pour(source: BinaryIO, target: BinaryIO, context: Context) -> None:
    """Copy bytes until the end, or until the attempt is cancelled.

    Raises:
        UserError: `file.cancelled`.
    """
    while block := source.read(_BLOCK_BYTES):
        if context.cancelled():
            raise UserError("file.cancelled", "The copy was cancelled; nothing was changed")
        target.write(block)


def shown_path(path: Path, context: Context) -> str:
    """A path of the workspace relative to it, as outputs and messages have it."""
    return path.relative_to(context.path(".")).as_posix()


def walk(folder: Path, context: Context, *, hidden: bool = False) -> Iterator[os.DirEntry[str]]:
    """What is below a folder, folders before what is in them; links to folders are not followed.

    What a node may not touch is left out: the data folder, and links that lead out of the workspace.
    """
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            if (not hidden and entry.name.startswith(".")) or not _allowed(entry, context):
                continue
            yield entry
        inside = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        allowed = [one for one in inside if (hidden or not one.name.startswith(".")) and _allowed(one, context)]
        waiting.extend(Path(entry.path) for entry in reversed(allowed))


def _allowed(entry: os.DirEntry[str], context: Context) -> bool:
    try:
        context.path(entry.path)
    except UserError:
        return False
    return entry.is_file() or entry.is_dir()


def matches(relative: str, pattern: str) -> bool:
    """Whether a path fits a glob; `*` stays within a folder, `**` is any number of folders."""
    wanted = pattern.split("/")

    def reach(states: set[int]) -> set[int]:
        for state in sorted(states):
            at = state
            while at < len(wanted) and wanted[at] == "**":
                at += 1
                states.add(at)
        return states

    states = reach({0})
    for part in relative.split("/"):
        after: set[int] = set()
        for state in states:
            if state < len(wanted):
                if wanted[state] == "**":
                    after.add(state)
                elif fnmatchcase(part, wanted[state]):
                    after.add(state + 1)
        states = reach(after)
    return len(wanted) in states

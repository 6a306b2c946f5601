"""The working folder of a command: what goes in on stdin, and which files come out."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from concertmaster import File, Table, UserError
from concertmaster.nodes.builtin.file_places import matches

_MOST_FILES = 10_000
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # of ZIP


@contextmanager
def opened(value: Any, text: str | None, scratch: Path) -> Generator[BinaryIO | None]:
    """What the program reads: `text`, or what is wired in: a file as it is, a table as CSV, text, others as JSON."""
    if text is None and isinstance(value, File):
        with value.open() as file:
            yield file
    elif text is None and isinstance(value, Table):
        path = scratch / "stdin.csv"
        value.scan().sink_csv(path)
        with path.open("rb") as file:
            yield file
    elif text is None and value is None:
        yield None
    else:
        given = value if text is None else text
        content = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, default=str)
        path = scratch / "stdin"
        path.write_bytes(content.encode(errors="replace"))
        with path.open("rb") as file:
            yield file


def collected(work: Path, pattern: str, scratch: Path) -> File:
    """The file that fits; several are packed into one ZIP archive, which is the same for the same files.

    Raises:
        UserError: `shell.nothing_collected`, `shell.too_many`.
    """
    found = _fitting(work, pattern)
    if not found:
        raise UserError(
            "shell.nothing_collected",
            f"The command left no file that fits {pattern!r} in its working folder; write there, by a relative path",
        )
    if len(found) == 1:
        return File(work / found[0])
    target = scratch / "files.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in found:
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with (work / name).open("rb") as source, archive.open(entry, "w", force_zip64=True) as writing:
                while block := source.read(1 << 20):
                    writing.write(block)
    return File(target)


def _fitting(work: Path, pattern: str) -> list[str]:
    """Files of the folder, no links: what those lead to is not the command's."""
    found: list[str] = []
    for path in sorted(work.rglob("*")):
        relative = path.relative_to(work).as_posix()
        if path.is_symlink() or not path.is_file() or not matches(relative, pattern):
            continue
        if not path.resolve().is_relative_to(work.resolve()):
            continue
        if len(found) >= _MOST_FILES:
            raise UserError(
                "shell.too_many", f"More than {_MOST_FILES:,} files fit {pattern!r}; choose a narrower pattern"
            )
        found.append(relative)
    return found

"""file.unarchive: what is in an archive, put into a folder of the workspace; in a child process.

Archives come from others: every name is checked, every byte that comes out is counted, and links are not made.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Literal, TypedDict

from pydantic import Field

from concertmaster import Context, File, UserError, node
from concertmaster.nodes.builtin.file_archive import archive_format
from concertmaster.nodes.builtin.file_draft import explained, keep_names
from concertmaster.nodes.builtin.file_places import Mode, matches, shown_path, source_of

_BLOCK_BYTES = 1 << 20
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError)
_Member = tuple[str, IO[bytes]]


class Unpacked(TypedDict):
    """A file that came out; `path` is relative to the workspace."""

    path: str
    bytes: int


@node(
    id="file.unarchive",
    category="files",
    effect="write",
    idempotent=True,
    isolation="process",
    summary="to",
    icon="package-open",
    title="Unpack archive",
)
def file_unarchive(
    file: File | None = None,
    *,
    to: Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})],
    path: Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})] | None = None,
    pattern: Annotated[str, Field(min_length=1, max_length=500)] = "**",
    format: Literal["auto", "zip", "tar", "tar.gz"] = "auto",
    mode: Mode = "overwrite",
    max_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 1_024,
    max_files: Annotated[int, Field(ge=1, le=100_000)] = 10_000,
    context: Context,
) -> list[Unpacked]:
    """Unpack a ZIP or TAR archive into a folder.

    Nothing is put into the folder before all of the archive is unpacked and found good. Names that lead out of the
    folder, links, devices and encrypted archives are refused, and so is what becomes too large, whatever the archive
    says about itself. What comes out is a list of `{path, bytes}`.

    Args:
        to: Folder for the files; it is made when it is missing.
        path: The archive, in place of the file that is wired in.
        pattern: Which files, by their path in the archive: `*.csv`, `data/**`.
        format: How it is written; `auto` goes by its ending.
        mode: What to do when one of the files is there already.
        max_mb: More MiB than this in all files together are refused.
        max_files: More files than this are refused.

    Example:
        ```yaml
        concertmaster: 1
        name: unpack
        nodes:
          pack: {type: file.archive, config: {paths: [airports.csv, airlines.csv], to: all.tar.gz}}
          files: {type: file.unarchive, config: {to: unpacked/, pattern: "airl*"}}
        edges: [pack -> files]
        outputs: {files: "{{ nodes.files }}"}
        ```
    """
    source, shown = source_of(file, path, context)
    known = archive_format(shown, shown) if format == "auto" else format
    folder = context.path(f"{to.rstrip('/')}/.", write=True)
    new = not folder.exists()
    # Named by the key: what a crash left behind is taken away by the next attempt.
    stage = folder / f".{hashlib.sha256(context.idempotency_key.encode()).hexdigest()[:16]}.part"
    with explained(to):
        try:
            shutil.rmtree(stage, ignore_errors=True)
            stage.mkdir(parents=True)
            unpacked = _unpack(source, shown, known, stage, pattern, context, bound=(max_mb * 2**20, max_files))
            return _place(unpacked, to, mode, context)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            if new:
                with contextlib.suppress(OSError):  # it holds what was asked for
                    folder.rmdir()


def _unpack(
    source: Path, shown: str, format: str, stage: Path, pattern: str, context: Context, *, bound: tuple[int, int]
) -> dict[str, Path]:
    """Name to unpacked file; the files are numbered, so that no name can do anything yet."""
    left, most = bound
    found: dict[str, Path] = {}
    folders: set[str] = set()
    try:
        for name, content in _zip(source, pattern) if format == "zip" else _tar(source, pattern, format):
            if (
                name in found
                or name in folders
                or any(parent.as_posix() in found for parent in PurePosixPath(name).parents)
            ):
                raise UserError("archive.same_name", f"{shown} has the name {name!r} twice; have it packed again")
            if len(found) >= most:
                raise UserError(
                    "archive.too_many", f"{shown} has more than {most:,} files; raise `max_files` if it may"
                )
            found[name] = stage / str(len(found))
            folders.update(parent.as_posix() for parent in PurePosixPath(name).parents)
            with found[name].open("wb") as target:
                while block := content.read(_BLOCK_BYTES):
                    left -= len(block)
                    if left < 0:
                        raise UserError(
                            "archive.too_large",
                            f"{shown} becomes larger than {bound[0] // 2**20:,} MiB; raise `max_mb` if it may",
                        )
                    if context.cancelled():
                        raise UserError("file.cancelled", "The unpacking was cancelled; nothing was changed")
                    target.write(block)
    except _BROKEN as error:
        raise UserError(
            "archive.broken", f"{shown} is no complete {format} archive: {error}. Have it sent or packed again"
        ) from error
    return found


def _zip(source: Path, pattern: str) -> Iterator[_Member]:
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or not matches(entry.filename, pattern):
                continue
            kind = entry.external_attr >> 28
            if kind not in (0, 0o10):
                raise _refused(entry.filename, "is a link or a device")
            if entry.flag_bits & 1:
                raise _refused(entry.filename, "is encrypted")
            with archive.open(entry) as content:
                yield _checked(entry.filename), content


def _tar(source: Path, pattern: str, format: str) -> Iterator[_Member]:
    how = "r|gz" if format == "tar.gz" else "r|"
    with tarfile.open(source, how) as archive:
        for entry in archive:
            if entry.isdir() or not matches(entry.name, pattern):
                continue
            content = archive.extractfile(entry) if entry.isreg() else None
            if content is None:
                raise _refused(entry.name, "is a link or a device")
            with content:
                yield _checked(entry.name), content


def _checked(name: str) -> str:
    """The name, when it stays in the folder.

    Raises:
        UserError: `archive.unsafe`.
    """
    path = PurePosixPath(name)
    odd = not path.parts or "\\" in name or "\0" in name or ":" in path.parts[0]
    if odd or path.is_absolute() or ".." in path.parts or len(name) > 1_000:
        raise _refused(name, "leads out of the folder, or is no name that every machine knows")
    return path.as_posix()


def _refused(name: str, reason: str) -> UserError:
    return UserError(
        "archive.unsafe",
        f"{name[:200]!r} in the archive {reason}; nothing was unpacked. Leave it out with `pattern`, "
        "or have the archive packed without it",
        name=name[:200],
    )


def _place(unpacked: dict[str, Path], to: str, mode: Mode, context: Context) -> list[Unpacked]:
    """Put everything into its place, after all places have been looked at."""
    targets: dict[Path, Path] = {}
    for name, part in unpacked.items():
        path = f"{to.rstrip('/')}/{name}"
        target = context.path(path)
        if target.is_dir():
            raise UserError(
                "file.is_directory", f"{path} is a folder already; choose another folder in `to`", path=path
            )
        if mode == "fail" and target.exists():
            raise UserError(
                "file.exists", f"{path} exists already; choose another folder or `mode: overwrite`", path=path
            )
        targets[part] = target
    for part, (name, _) in zip(targets, unpacked.items(), strict=True):
        with part.open("rb") as file:
            os.fsync(file.fileno())
        targets[part] = context.path(f"{to.rstrip('/')}/{name}", write=True)
    placed: list[Unpacked] = []
    for part, target in targets.items():
        size = part.stat().st_size
        part.replace(target)
        placed.append(Unpacked(path=shown_path(target, context), bytes=size))
    for folder in {target.parent for target in targets.values()}:
        keep_names(folder)
    return placed

"""file.archive: files and folders of the workspace packed into one, in a child process."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, cast

from pydantic import Field

from concertmaster import Context, File, UserError, node
from concertmaster.nodes.builtin.file_draft import draft, explained, publish
from concertmaster.nodes.builtin.file_places import Mode, pour, shown_path, walk
from concertmaster.nodes.builtin.file_read import existing

ArchiveFormat = Literal["zip", "tar", "tar.gz"]
_ENDINGS: dict[str, ArchiveFormat] = {".zip": "zip", ".tar": "tar", ".tar.gz": "tar.gz", ".tgz": "tar.gz"}
_FIRST_YEAR = (1980, 1, 1, 0, 0, 0)  # of ZIP


@node(
    id="file.archive",
    category="files",
    effect="write",
    idempotent=True,
    isolation="process",
    summary="to",
    icon="file-archive",
    title="Pack archive",
)
def file_archive(
    files: list[File] | None = None,
    *,
    to: Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})],
    paths: Sequence[Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})]] = (),
    format: Literal["auto", "zip", "tar", "tar.gz"] = "auto",
    mode: Mode = "overwrite",
    context: Context,
) -> File:
    """Pack files and folders into a ZIP or TAR archive.

    The archive appears under its name only when it is complete. The same files give the same bytes.

    Args:
        to: Path of the archive, relative to the workspace.
        paths: Files, and folders with all that is in them; besides the files that are wired in.
        format: How to write it; `auto` goes by its ending (`.zip`, `.tar`, `.tar.gz`, `.tgz`).
        mode: What to do when there is a file already; `fail` accepts one that is the same.

    Example:
        ```yaml
        concertmaster: 1
        name: pack
        nodes:
          airlines: {type: file.read, config: {path: airlines.csv}}
          copy: {type: file.write, config: {path: out/airlines.parquet}}
          pack: {type: file.archive, config: {paths: [airports.csv], to: out/all.zip}}
        edges: [airlines -> copy, copy -> pack]
        outputs: {path: "{{ nodes.pack.path }}"}
        ```
    """
    target = context.path(to, write=True)
    known = archive_format(target.name, to) if format == "auto" else format
    members = _members(files or [], paths, target, context)
    with explained(to), draft(target, context.idempotency_key) as part:
        with _writer(part, known) as add:
            for done, (name, source) in enumerate(members.items()):
                context.progress(done, len(members))
                add(name, source, context)
        publish(part, target, to, mode)
    return File(target)


def archive_format(name: str, shown: str) -> ArchiveFormat:
    """The format that an ending stands for.

    Raises:
        UserError: `file.unknown_format`.
    """
    for ending, format in _ENDINGS.items():
        if name.lower().endswith(ending):
            return format
    raise UserError(
        "file.unknown_format",
        f"The ending of {shown} is that of no archive; set `format`, or use one of {', '.join(_ENDINGS)}",
        path=shown,
    )


def _members(files: list[File], paths: Sequence[str], target: Path, context: Context) -> dict[str, Path]:
    """Names in the archive, and the files; in the order of the names.

    Raises:
        UserError: `archive.empty`, `archive.same_name`, or a path is wrong.
    """
    found: dict[str, Path] = {}

    def add(name: str, source: Path) -> None:
        if found.setdefault(name, source) != source:
            raise UserError("archive.same_name", f"Two files would be {name} in the archive; rename one of them")

    for file in files:
        inside = None if file.ref is None else file.ref.path
        add(inside or Path(file.name).name, file.path)
    for path in paths:
        folder = context.path(path)
        if folder.is_dir():
            for entry in walk(folder, context, hidden=True):
                place = context.path(entry.path)
                if place.is_file() and place != target and not entry.name.endswith(".part"):
                    relative = Path(entry.path).relative_to(folder)
                    add((Path(shown_path(folder, context)) / relative).as_posix(), place)
        else:
            place = existing(path, context)
            add(shown_path(place, context), place)
    if not found:
        raise UserError("archive.empty", "There is nothing to pack: wire files in, or name some in `paths`")
    return dict(sorted(found.items()))


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def __call__(self, name: str, source: Path, context: Context) -> None:
        status = source.stat()
        at = datetime.fromtimestamp(status.st_mtime, UTC).timetuple()[:6]
        entry = zipfile.ZipInfo(name, max(at, _FIRST_YEAR))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o100644 << 16
        entry.file_size = status.st_size
        with source.open("rb") as reading, self._archive.open(entry, "w") as writing:
            pour(reading, cast("BinaryIO", writing), context)


class _Tar:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def __call__(self, name: str, source: Path, context: Context) -> None:
        if context.cancelled():
            raise UserError("file.cancelled", "The packing was cancelled; nothing was changed")
        with source.open("rb") as reading:
            entry = tarfile.TarInfo(name)
            status = source.stat()
            entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o644
            self._archive.addfile(entry, reading)


@contextmanager
def _writer(part: Path, format: ArchiveFormat) -> Generator[_Zip | _Tar]:
    if format == "zip":
        with zipfile.ZipFile(part, "w") as archive:
            yield _Zip(archive)
        return
    with part.open("wb") as raw:
        if format == "tar":
            with tarfile.open(fileobj=raw, mode="w") as archive:
                yield _Tar(archive)
            return
        # Neither a name nor a time in the header: the same files give the same bytes.
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            yield _Tar(archive)

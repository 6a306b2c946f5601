"""file.copy, file.move and file.delete: files of the workspace, each step whole or not done."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from concertmaster import Context, File, UserError, node
from concertmaster.nodes.builtin.file_draft import explained, keep_names
from concertmaster.nodes.builtin.file_places import Mode, copied, shown_path, source_of, target_of
from concertmaster.nodes.builtin.file_read import existing

PathText = Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})]


@node(id="file.copy", category="files", effect="write", idempotent=True, summary="to", icon="copy", title="Copy file")
def file_copy(
    file: File | None = None,
    *,
    to: PathText,
    path: PathText | None = None,
    mode: Mode = "overwrite",
    context: Context,
) -> File:
    """Copy a file to a place in the workspace.

    The copy appears under its name only when it is complete and safe on disk. Files that other nodes made, such as
    downloads, get a place in the workspace that way.

    Args:
        to: Path of the copy, or a folder (with a slash at its end when it does not exist yet).
        path: The file, in place of what is wired in.
        mode: What to do when there is a file already; `fail` accepts one that is the same.

    Example:
        ```yaml
        concertmaster: 1
        name: keep-a-copy
        nodes:
          copy: {type: file.copy, config: {path: airlines.csv, to: archive/}}
        outputs: {path: "{{ nodes.copy.path }}"}
        ```
    """
    source, name = source_of(file, path, context)
    target = target_of(to, name, context)
    copied(source, target, mode, context)
    return File(target)


@node(
    id="file.move",
    category="files",
    effect="write",
    idempotent=False,
    summary="to",
    icon="file-symlink",
    title="Move file",
)
def file_move(path: PathText, to: PathText, context: Context, mode: Mode = "overwrite") -> File:
    """Move or rename a file of the workspace.

    Args:
        path: The file.
        to: Its new path, or a folder (with a slash at its end when it does not exist yet).
        mode: What to do when there is a file already.

    Example:
        ```yaml
        concertmaster: 1
        name: done-with-it
        nodes:
          move: {type: file.move, config: {path: airlines.csv, to: done/airlines.csv}}
        outputs: {path: "{{ nodes.move.path }}"}
        ```
    """
    source = context.path(shown_path(existing(path, context), context), write=True)
    target = target_of(to, path, context)
    if target == source:
        return File(target)
    with explained(to):
        try:
            if mode == "fail":
                os.link(source, target)  # unlike a rename, a link never replaces
                # Before the old name goes: a power cut must not leave the file without any.
                keep_names(target.parent)
                source.unlink()
            else:
                source.replace(target)
                keep_names(target.parent)
        except FileExistsError as error:
            raise UserError("file.exists", f"{to} exists already; choose another path or `mode: overwrite`") from error
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
                raise
            # Another disk, or one without links.
            copied(source, target, mode, context)
            source.unlink()
    return File(target)


@node(
    id="file.delete",
    category="files",
    effect="write",
    idempotent=True,
    summary="paths",
    icon="trash-2",
    title="Delete files",
)
def file_delete(
    paths: Sequence[PathText],
    context: Context,
    missing: Literal["ok", "fail"] = "ok",
) -> list[str]:
    """Delete files of the workspace, for good.

    Folders are left alone, and so is everything else when one of the paths is none of a file that may be deleted. What
    comes out are the paths of those that were there.

    Args:
        paths: The files; of a `file.list` take `{{ nodes.files | map(attribute='path') }}`.
        missing: Whether a file that is not there is a failure.

    Example:
        ```yaml
        concertmaster: 1
        name: clean-up
        nodes:
          old: {type: file.list, config: {pattern: "air*.csv"}}
          gone: {type: file.delete, config: {paths: "{{ nodes.old | map(attribute='path') }}"}}
        edges: [old -> gone]
        outputs: {gone: "{{ nodes.gone }}"}
        ```
    """
    found: list[Path] = []
    for path in paths:
        place = context.path(path)
        if place.is_dir():
            raise UserError("file.is_directory", f"{path} is a folder, and file.delete deletes files", path=path)
        if place.exists():
            found.append(context.path(path, write=True))
        elif missing == "fail":
            existing(path, context)
    for place in dict.fromkeys(found):
        with explained(shown_path(place, context)):
            place.unlink(missing_ok=True)
    return [shown_path(place, context) for place in dict.fromkeys(found)]

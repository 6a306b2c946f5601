"""What a node may touch outside of itself: paths inside the workspace, and HTTP through the guarded client.

Trap: `confine` judges the disk as it is now; open the path it returns at once and do not join anything to it.
"""

from __future__ import annotations

import errno
from pathlib import Path

from concertmaster.data.egress import EgressRules
from concertmaster.data.http_client import GuardedClient, HttpLimits
from concertmaster.domain.errors import UserError

__all__ = ["DATA_FOLDER", "EgressRules", "GuardedClient", "HttpLimits", "confine"]

DATA_FOLDER = ".concertmaster"
SETTINGS_FILE = "concertmaster.toml"
CODE_FOLDER = "nodes"


def confine(workspace: Path, relative: str, *, data_dir: Path | None = None, write: bool = False) -> Path:
    """The absolute path of a file of the workspace, symbolic links resolved. The file need not exist.

    Args:
        workspace: the folder that file nodes may not leave.
        relative: as the user wrote it; an absolute path is fine when it lies inside.
        data_dir: the data folder when it is not `.concertmaster`; never readable or writable for nodes either.
        write: it is to be written; what it says must not become code of the server.
    Raises:
        UserError: `path.invalid`, `path.outside_workspace`, `path.symlink_leaves`, `path.data_folder`,
            `path.settings`, `path.code`.
    """
    if not relative.strip() or "\x00" in relative:
        raise UserError("path.invalid", f"{relative!r} is not a path; write one relative to the workspace folder")
    root = workspace.resolve()
    wanted = root / relative
    try:
        lexical = _without_dots(wanted)
        resolved = wanted.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        loop = isinstance(error, RuntimeError) or (isinstance(error, OSError) and error.errno == errno.ELOOP)
        reason = "symbolic links that lead in a circle" if loop else str(error)
        raise UserError("path.invalid", f"The path {relative!r} can't be followed: {reason}", path=relative) from error
    if not resolved.is_relative_to(root):
        raise _outside(relative, root, through_link=lexical.is_relative_to(root))
    _refuse_data_folder(relative, resolved, root, data_dir)
    _refuse_own_files(relative, resolved, root, write=write)
    return resolved


def _without_dots(path: Path) -> Path:
    """The path with `..` taken out by text alone; tells a path that climbs out from a link that leads out."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            if len(parts) > 1:
                parts.pop()
        else:
            parts.append(part)
    return Path(*parts)


def _outside(relative: str, root: Path, *, through_link: bool) -> UserError:
    if through_link:
        return UserError(
            "path.symlink_leaves",
            f"The path {relative!r} goes through a symbolic link out of the workspace {root}; "
            "copy the file into the workspace instead",
            path=relative,
        )
    return UserError(
        "path.outside_workspace",
        f"The path {relative!r} is outside of the workspace {root}; move the file into the workspace and name it "
        "relative to it, or start ConcertMaster in the folder that holds it",
        path=relative,
    )


def _refuse_data_folder(relative: str, resolved: Path, root: Path, data_dir: Path | None) -> None:
    # Compared without case, because on some disks .ConcertMaster names the same folder.
    inside = [part.casefold() for part in resolved.relative_to(root).parts[:1]]
    if inside == [DATA_FOLDER] or (data_dir is not None and resolved.is_relative_to(data_dir.resolve())):
        raise UserError(
            "path.data_folder",
            f"The path {relative!r} is in the data folder, which holds the database and the keys; "
            "choose another folder of the workspace",
            path=relative,
        )


def _refuse_own_files(relative: str, resolved: Path, root: Path, *, write: bool) -> None:
    inside = [part.casefold() for part in resolved.relative_to(root).parts]
    if inside == [SETTINGS_FILE]:
        raise UserError(
            "path.settings",
            f"The path {relative!r} is the file of ConcertMaster's settings, which may hold keys; nodes leave it alone",
            path=relative,
        )
    if write and inside[:1] == [CODE_FOLDER]:
        raise UserError(
            "path.code",
            f"The path {relative!r} is in the folder of node types, which the server runs as code; "
            "write to another folder of the workspace",
            path=relative,
        )


def confine_for(workspace: Path, relative: str, *, data_dir: Path, write: bool) -> Path:
    """`confine` for a node, and the folder of what it wants to write.

    Raises:
        UserError: see `confine`; `path.invalid` also when the folder cannot be made.
    """
    path = confine(workspace, relative, data_dir=data_dir, write=write)
    if write:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"The folder of {relative!r} cannot be made: {error.strerror}; choose another path"
            raise UserError("path.invalid", message, path=relative) from error
    return path

"""Files of the workspace that are databases."""

from __future__ import annotations

from pathlib import Path

from concertmaster import UserError
from concertmaster.nodes.builtin.near_miss import hint
from concertmaster.nodes.databases.adapter import Reach


def file_of(path: str, context: Reach, *, make: bool) -> Path:
    """The file of a connection.

    Args:
        make: it is to be written, and made when it is not there.
    Raises:
        UserError: `db.no_file`, or the path leads out of the workspace.
    """
    file = context.path(path, write=make)
    if file.is_dir():
        raise UserError("db.no_file", f"{path} is a folder; name the file of the database", sent=False)
    if not make and not file.is_file():
        there = [entry.name for entry in file.parent.iterdir() if entry.is_file()] if file.parent.is_dir() else []
        raise UserError(
            "db.no_file",
            f"There is no file {path} in the workspace{hint(file.name, there)}; a node that writes makes it",
            sent=False,
        )
    return file

"""sftp.get: a file of a server over SSH, written as it comes, in a child process: ciphers take time of the loop."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from concertmaster import Connection, Context, File, UserError, node
from concertmaster.nodes.clients.sftp import explained, opened

SECONDS = 30.0
RemotePath = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"^[^\x00-\x1f]+$")]


@node(
    id="sftp.get",
    category="files",
    effect="read",
    isolation="process",
    summary="path",
    icon="folder-down",
    title="Get file over SFTP",
)
async def sftp_get(
    *,
    connection: Connection[Literal["sftp"]],
    path: RemotePath,
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None,
    max_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 1_024,
    context: Context,
) -> File:
    """Get a file of a server over SFTP.

    Nothing is sent to a server whose key is not the `host_key` of the connection. The file is written as it comes and
    lives with the run; `file.copy` gives it a place in the workspace, where `file.read` reads it.

    The example needs an SFTP server with that file, and a connection `sftp` to it.

    Args:
        connection: The server, a connection of type `sftp`.
        path: The file there; relative paths begin in the folder that the login leads to.
        name: What to call the file; otherwise as it is called there.
        max_mb: A file of more MiB is refused.

    Example:
        ```yaml
        concertmaster: 1
        name: fetch-orders
        nodes:
          get: {type: sftp.get, config: {connection: sftp, path: orders/today.csv}}
          keep: {type: file.copy, config: {to: in/today.csv}}
        edges: [get -> keep]
        outputs: {path: "{{ nodes.keep.path }}"}
        ```
    """
    part = context.scratch() / "file"
    most = max_mb * 2**20

    def bounded(_source: bytes, _target: bytes, done: int, total: int) -> None:
        # A file may grow while it is read.
        _demand_room(max(done, total), most, path)
        context.progress(done, total)

    async with opened(connection.values, context, seconds=SECONDS) as files:
        with explained(path):
            _demand_room((await files.stat(path)).size or 0, most, path)
            if await files.isdir(path):
                raise UserError("sftp.is_directory", f"{path} is a folder on the server; name a file in it", path=path)
            await files.get(path, part, progress_handler=bounded)
    return File(part, name=name or PurePosixPath(path).name)


def _demand_room(size: int, most: int, path: str) -> None:
    if size > most:
        raise UserError(
            "sftp.too_large", f"{path} has more than {most / 2**20:,.0f} MiB; raise `max_mb` if it is meant", path=path
        )

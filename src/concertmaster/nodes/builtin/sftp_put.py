"""sftp.put: a file to a server over SSH, under its name only when all of it is there."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from concertmaster import Connection, Context, File, UserError, node
from concertmaster.nodes.builtin.file_places import Mode, source_of
from concertmaster.nodes.builtin.sftp_get import SECONDS, RemotePath
from concertmaster.nodes.clients.sftp import explained, opened

_BLOCK_BYTES = 1 << 18


class Put(TypedDict):
    """A file on the server."""

    path: str
    bytes: int


@node(
    id="sftp.put",
    category="files",
    effect="write",
    idempotent=True,
    isolation="process",
    summary="to",
    icon="folder-up",
    title="Put file over SFTP",
)
async def sftp_put(
    file: File | None = None,
    *,
    connection: Connection[Literal["sftp"]],
    to: RemotePath,
    path: Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})] | None = None,
    mode: Mode = "overwrite",
    make_folders: bool = True,
    context: Context,
) -> Put:
    """Put a file on a server over SFTP.

    It is sent under a hidden name beside its place and renamed when all of it is there, so nobody sees half of it.
    Nothing is sent to a server whose key is not the `host_key` of the connection.

    The example needs an SFTP server, and a connection `sftp` to it.

    Args:
        connection: The server, a connection of type `sftp`.
        to: Path there, or a folder with a slash at its end; relative paths begin in the folder that the login leads to.
        path: The file, in place of what is wired in.
        mode: What to do when there is a file already; `fail` accepts one that is the same.
        make_folders: Make folders that are not there.

    Example:
        ```yaml
        concertmaster: 1
        name: hand-over
        nodes:
          put: {type: sftp.put, config: {connection: sftp, path: airlines.csv, to: incoming/}}
        outputs: {path: "{{ nodes.put.path }}"}
        ```
    """
    source, name = source_of(file, path, context)
    target = to + Path(name).name if to.endswith("/") else to
    size = File(source).size_bytes
    async with opened(connection.values, context, seconds=SECONDS) as files:
        with explained(target):
            await _put(files, source, target, mode, make_folders=make_folders, context=context)
    return Put(path=target, bytes=size)


async def _put(files: Any, source: Path, target: str, mode: Mode, *, make_folders: bool, context: Context) -> None:
    if await files.isdir(target):
        raise UserError("sftp.is_directory", f"{target} is a folder on the server; end it with a slash", path=target)
    folder = PurePosixPath(target).parent
    if make_folders and str(folder) not in (".", "/"):
        await files.makedirs(str(folder), exist_ok=True)
    # The same on every attempt: the next one takes over what the one before left.
    digest = hashlib.sha256(context.idempotency_key.encode()).hexdigest()[:16]
    part = str(folder / f".{PurePosixPath(target).name[:100]}.{digest}.part")

    def told(_source: bytes, _target: bytes, done: int, total: int) -> None:
        context.progress(done, total)

    try:
        await files.put(source, part, progress_handler=told)
        await _synced(files, part)
        if mode == "fail":
            await _named_once(files, source, part, target)
        else:
            await _named(files, part, target)
    except BaseException:
        import asyncssh  # noqa: PLC0415  (an optional extra)

        with contextlib.suppress(asyncssh.Error, OSError, TimeoutError):
            await asyncio.shield(asyncio.wait_for(files.remove(part), 5))
        raise


async def _synced(files: Any, part: str) -> None:
    """Have the server put it on its disk, where it knows how to."""
    import asyncssh  # noqa: PLC0415

    with contextlib.suppress(asyncssh.SFTPOpUnsupported):
        async with files.open(part, "rb+") as file:
            await file.fsync()


async def _named(files: Any, part: str, target: str) -> None:
    import asyncssh  # noqa: PLC0415

    try:
        await files.posix_rename(part, target)
    except asyncssh.SFTPOpUnsupported:
        # A rename of the old kind never replaces; for a moment there is no file.
        with contextlib.suppress(asyncssh.SFTPNoSuchFile):
            await files.remove(target)
        await files.rename(part, target)


async def _named_once(files: Any, source: Path, part: str, target: str) -> None:
    """Name it unless there is another file of that name.

    Raises:
        UserError: `sftp.exists`.
    """
    import asyncssh  # noqa: PLC0415

    try:
        if not await files.exists(target):
            # It never replaces, should somebody be quicker.
            await files.rename(part, target)
            return
    except (asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):
        if not await files.exists(target):
            raise
    if not await _same(files, source, target):
        raise UserError(
            "sftp.exists",
            f"{target} exists already on the server and is different; choose another path or `mode: overwrite`",
            path=target,
        )
    # An earlier attempt got this far.
    await files.remove(part)


async def _same(files: Any, source: Path, target: str) -> bool:
    if (await files.stat(target)).size != File(source).size_bytes:
        return False
    with source.open("rb") as mine:
        async with files.open(target, "rb") as theirs:
            while block := mine.read(_BLOCK_BYTES):
                if await theirs.read(len(block)) != block:
                    return False
    return True

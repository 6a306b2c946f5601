"""sftp.list: which files a folder of a server over SSH holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from concertmaster import Connection, Context, UserError, node
from concertmaster.nodes.builtin.file_list import Listed
from concertmaster.nodes.builtin.file_places import matches
from concertmaster.nodes.builtin.sftp_get import SECONDS, RemotePath
from concertmaster.nodes.clients.sftp import explained, opened

_FOLDER, _LINK = 2, 3
_DEEPEST = 50


@node(id="sftp.list", category="files", effect="read", summary="pattern", icon="folder-search", title="List over SFTP")
async def sftp_list(
    *,
    connection: Connection[Literal["sftp"]],
    folder: RemotePath = ".",
    pattern: Annotated[str, Field(min_length=1, max_length=500, json_schema_extra={"examples": ["**/*.csv"]})] = "*",
    kind: Literal["files", "folders", "all"] = "files",
    order: Literal["path", "oldest", "newest", "largest"] = "path",
    hidden: bool = False,
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000,
    context: Context,
) -> list[Listed]:
    """List the files of a folder of a server over SFTP.

    What comes out is a list of `{path, name, kind, bytes, modified}`, ready for `flow.for_each` with `sftp.get`. Links
    to folders are not followed.

    The example needs an SFTP server, and a connection `sftp` to it.

    Args:
        connection: The server, a connection of type `sftp`.
        folder: Where to look; relative paths begin in the folder that the login leads to.
        pattern: Which names, from the folder: `*` is anything within a name, `**` any number of folders.
        kind: Files, folders, or both.
        order: By path, or by age or size.
        hidden: Also names that begin with a dot, and what is in such folders.
        limit: More than so many are a failure.

    Example:
        ```yaml
        concertmaster: 1
        name: whats-new
        nodes:
          files: {type: sftp.list, config: {connection: sftp, folder: orders, pattern: "*.csv"}}
        outputs: {names: "{{ nodes.files | map(attribute='name') }}"}
        ```
    """
    found: list[tuple[Any, Listed]] = []
    deepest = _DEEPEST if "**" in pattern else pattern.count("/")
    async with opened(connection.values, context, seconds=SECONDS) as files:
        with explained(folder):
            async for relative, attributes in _walk(files, folder, deepest, hidden=hidden):
                is_folder = attributes.type == _FOLDER
                if (kind == "files" and is_folder) or (kind == "folders" and not is_folder):
                    continue
                if not matches(relative, pattern):
                    continue
                if len(found) >= limit:
                    raise UserError(
                        "file.too_many",
                        f"{folder} has more than {limit:,} that fit {pattern!r}; choose a narrower pattern or a higher "
                        "`limit`",
                    )
                found.append(_listed(folder, relative, attributes, order))
    return [listed for _, listed in sorted(found, key=lambda one: one[0])]


async def _walk(files: Any, folder: str, deepest: int, *, hidden: bool) -> AsyncIterator[tuple[str, Any]]:
    """Path from the folder and attributes of everything in it, as deep as the pattern may reach."""
    waiting = [("", 0)]
    while waiting:
        inside, depth = waiting.pop()
        async for entry in files.scandir(f"{folder}/{inside}" if inside else folder):
            name = str(entry.filename)
            if name in (".", "..") or (not hidden and name.startswith(".")):
                continue
            relative, attributes = f"{inside}{name}", entry.attrs
            if attributes.type == _LINK:
                attributes = await _followed(files, f"{folder}/{relative}")
                if attributes is None:
                    continue
            elif attributes.type == _FOLDER and depth < deepest:
                waiting.append((f"{relative}/", depth + 1))
            yield relative, attributes


async def _followed(files: Any, path: str) -> Any:
    """What a link leads to, None when it leads nowhere."""
    import asyncssh  # noqa: PLC0415  (an optional extra)

    try:
        return await files.stat(path)
    except asyncssh.SFTPError:
        return None


def _listed(folder: str, relative: str, attributes: Any, order: str) -> tuple[Any, Listed]:
    at, size = attributes.mtime or 0, attributes.size or 0
    is_folder = attributes.type == _FOLDER
    listed = Listed(
        path=relative if folder == "." else f"{folder.rstrip('/')}/{relative}",
        name=relative.rpartition("/")[2],
        kind="folder" if is_folder else "file",
        bytes=0 if is_folder else size,
        modified=datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z"),
    )
    key = {"path": 0, "oldest": at, "newest": -at, "largest": -size}[order]
    return (key, listed["path"]), listed

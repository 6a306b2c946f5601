"""file.list: which files a folder of the workspace holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field

from concertmaster import Context, UserError, node
from concertmaster.nodes.builtin.file_places import matches, shown_path, walk


class Listed(TypedDict):
    """A file or folder; `modified` is ISO 8601, in UTC."""

    path: str
    name: str
    kind: Literal["file", "folder"]
    bytes: int
    modified: str


@node(id="file.list", category="files", effect="read", summary="pattern", icon="folder-search", title="List files")
def file_list(
    context: Context,
    folder: Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})] = ".",
    pattern: Annotated[str, Field(min_length=1, max_length=500, json_schema_extra={"examples": ["**/*.csv"]})] = "*",
    kind: Literal["files", "folders", "all"] = "files",
    order: Literal["path", "oldest", "newest", "largest"] = "path",
    hidden: bool = False,
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000,
    empty: Literal["ok", "fail"] = "ok",
) -> list[Listed]:
    """List the files of a folder.

    What comes out is a list of `{path, name, kind, bytes, modified}`, ready for `flow.for_each`. Links to folders are
    not followed, and what lies outside of the workspace is left out.

    Args:
        folder: Where to look, relative to the workspace.
        pattern: Which names, from the folder: `*` is anything within a name, `**` any number of folders, as in
            `**/*.csv`.
        kind: Files, folders, or both.
        order: By path, or by age or size.
        hidden: Also names that begin with a dot, and what is in such folders.
        limit: More than so many are a failure.
        empty: Whether finding nothing is a failure.

    Example:
        ```yaml
        concertmaster: 1
        name: list-files
        nodes:
          files: {type: file.list, config: {pattern: "air*.csv"}}
        outputs: {names: "{{ nodes.files | map(attribute='name') }}"}
        ```
    """
    root = context.path(folder)
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise UserError("file.no_folder", f"{folder} {what}: looked at {root}", path=folder)
    found: list[tuple[Any, Listed]] = []
    for seen, entry in enumerate(walk(root, context, hidden=hidden)):
        if seen % 1_000 == 0 and context.cancelled():
            raise UserError("file.cancelled", "The listing was cancelled")
        is_folder = entry.is_dir()
        relative = entry.path[len(str(root)) :].lstrip("/")
        if (kind == "files" and is_folder) or (kind == "folders" and not is_folder) or not matches(relative, pattern):
            continue
        if len(found) >= limit:
            raise UserError(
                "file.too_many",
                f"{folder} has more than {limit:,} that fit {pattern!r}; choose a narrower pattern or a higher `limit`",
            )
        status = entry.stat()
        listed = Listed(
            path=shown_path(root / relative, context),
            name=entry.name,
            kind="folder" if is_folder else "file",
            bytes=0 if is_folder else status.st_size,
            modified=datetime.fromtimestamp(status.st_mtime, UTC).isoformat().replace("+00:00", "Z"),
        )
        key = {"path": 0, "oldest": status.st_mtime, "newest": -status.st_mtime, "largest": -status.st_size}[order]
        found.append(((key, listed["path"]), listed))
    if not found and empty == "fail":
        raise UserError("file.none_found", f"{folder} holds nothing that fits {pattern!r}", path=folder)
    return [listed for _, listed in sorted(found, key=lambda one: one[0])]

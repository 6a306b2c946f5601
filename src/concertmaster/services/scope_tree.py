"""The tree of names that expressions may use, with kinds and samples of values: bounded in depth, width and number."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from concertmaster.domain.values import FileRef, JsonValue, PlannedTable, TableRef, Value

DEPTH = 6
WIDTH = 100
ENTRIES = 3_000
_PREVIEW = 80
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Sample = Callable[[Value], Awaitable[Any]]


def kind_of(value: Any) -> str:
    """The word for plain data."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list | tuple) else "object"


def path_to(path: str, key: str | int) -> str:
    """How an expression names a part: `nodes.late.rows`, `input['two words']`, `item.cells[0]`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _NAME.fullmatch(key):
        return f"{path}.{key}"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"{path}['{escaped}']"


class TreeMaker:
    """Makes the entries of one answer; `ScopeEntry` of the REST contract each."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._left = ENTRIES

    async def value(self, name: str, path: str, value: Value, *, below: bool = False) -> dict[str, Any]:
        """What came out of a node, or into one.

        Args:
            below: `name` is a key below `path`, rather than what `path` ends in.
        """
        at = path_to(path, name) if below else path
        entry = self._entry(name, at, await self._sample(value), DEPTH)
        match value:
            case TableRef(rows=rows, columns=columns):
                kind, preview = "table", f"{rows:,} rows"
            case PlannedTable(columns=columns):
                kind, preview = "table", f"{len(columns)} columns"
            case FileRef(name=shown):
                return {**entry, "kind": "file", "preview": shown}
            case JsonValue(artifact=artifact):
                unread = artifact is not None and entry["kind"] == "null"
                return {**entry, "kind": "unknown"} if unread else entry
        told = [{"name": column.name, "type": column.type} for column in columns]
        return {**entry, "kind": kind, "preview": preview, "columns": told}

    async def outlets(self, name: str, path: str, outlets: Mapping[str, Value | None]) -> dict[str, Any]:
        """A node whose outlets have names."""
        at = path_to(path, name)
        children = [
            await self.value(outlet, at, JsonValue(None) if value is None else value, below=True)
            for outlet, value in outlets.items()
        ]
        return {"name": name, "path": at, "kind": "outlets", "preview": "", "children": children, "more": False}

    def table(self, name: str, path: str, columns: Sequence[str]) -> dict[str, Any]:
        """A table that is not there yet, by the names of its columns."""
        at, preview = path_to(path, name), f"{len(columns)} columns"
        told = [{"name": column, "type": None} for column in columns]
        shown = {"rows": None, "columns": list(columns), "bytes": None}
        entry = self._entry(name, at, shown, 1)
        return {**entry, "kind": "table", "preview": preview, "columns": told}

    async def mapping(self, name: str, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A root that is a mapping of plain data."""
        return self._entry(name, path, dict(values), DEPTH)

    def _entry(self, name: str, path: str, value: Any, depth: int) -> dict[str, Any]:
        children: list[dict[str, Any]] = []
        parts: list[tuple[str | int, Any]] = []
        if isinstance(value, Mapping):
            parts = list(cast("Mapping[str, Any]", value).items())
        elif isinstance(value, list | tuple):
            # One item tells what all are like.
            parts = [(index, item) for index, item in enumerate(cast("list[Any]", value)[:1])]
        for key, part in parts[:WIDTH] if depth > 0 else []:
            if self._left <= 0:
                break
            self._left -= 1
            children.append(self._entry(str(key), path_to(path, key), part, depth - 1))
        more = len(children) < len(parts)
        return {
            "name": name,
            "path": path,
            "kind": kind_of(value),
            "preview": preview_of(value),
            "children": children,
            "more": more,
        }


def preview_of(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, str):
        return value[:_PREVIEW]
    if isinstance(value, Mapping):
        return "{" + ", ".join(str(key) for key in list(cast("Mapping[str, Any]", value))[:5])[: _PREVIEW - 2] + "}"
    if isinstance(value, list | tuple):
        return f"{len(cast('list[Any]', value)):,} items"
    return json.dumps(value)

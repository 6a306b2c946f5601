"""Value: what travels between nodes, small JSON inline and everything else by reference.

Events carry these in their JSON form. A reference names bytes in the artifact store by their SHA-256 digest,
so two equal outputs are one file and a reference can never see other bytes than it was made for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INLINE_LIMIT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class JsonValue:
    """Plain JSON data; `data` is None when the value is only in the artifact store.

    Attributes:
        data: the value itself when inline.
        artifact: digest of its JSON encoding when it is larger than `INLINE_LIMIT_BYTES`.
        size_bytes: length of the JSON encoding; 0 when nobody has measured an inline value.
    """

    data: Any = None
    artifact: str | None = None
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """Name and type of a table column; the type is a short lower-case word (`int64`, `string`, `datetime[us]`)."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class TableRef:
    """A table in the artifact store (Parquet)."""

    artifact: str
    rows: int
    size_bytes: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file: in the workspace (`path` relative to it) or in the artifact store (`artifact`)."""

    name: str
    size_bytes: int
    path: str | None = None
    artifact: str | None = None
    media_type: str = "application/octet-stream"


Value = JsonValue | TableRef | FileRef
NULL = JsonValue()


def to_json(value: Value) -> dict[str, Any]:
    """The form stored in events and shown by the API (`ValueSummary`)."""
    match value:
        case JsonValue(data, None, size_bytes):
            return {"kind": "json", "bytes": size_bytes, "value": data}
        case JsonValue(_, artifact, size_bytes):
            return {"kind": "json", "bytes": size_bytes, "artifact": artifact}
        case TableRef(artifact, rows, size_bytes, columns):
            return {
                "kind": "table",
                "artifact": artifact,
                "rows": rows,
                "bytes": size_bytes,
                "columns": [{"name": column.name, "type": column.type} for column in columns],
            }
        case FileRef(name, size_bytes, path, artifact, media_type):
            return {
                "kind": "file",
                "name": name,
                "bytes": size_bytes,
                "path": path,
                "artifact": artifact,
                "media_type": media_type,
            }


def from_json(data: Mapping[str, Any]) -> Value:
    """Inverse of `to_json`.

    Raises:
        ValueError: `kind` is none of json, table, file.
    """
    match data["kind"]:
        case "json":
            return JsonValue(data.get("value"), data.get("artifact"), data["bytes"])
        case "table":
            columns = tuple(Column(column["name"], column["type"]) for column in data["columns"])
            return TableRef(data["artifact"], data["rows"], data["bytes"], columns)
        case "file":
            return FileRef(
                name=data["name"],
                size_bytes=data["bytes"],
                path=data["path"],
                artifact=data["artifact"],
                media_type=data["media_type"],
            )
        case other:
            raise ValueError(f"unknown kind of value: {other!r}")


def visible(value: Value) -> Any:
    """What an expression sees of a value: a table shows rows, columns, bytes; a file path, name, bytes.

    The caller loads a JSON value that is not inline first.
    """
    match value:
        case JsonValue(data):
            return data
        case TableRef(_, rows, size_bytes, columns):
            return {"rows": rows, "columns": [column.name for column in columns], "bytes": size_bytes}
        case FileRef(name, size_bytes, path):
            return {"path": path, "name": name, "bytes": size_bytes}

"""Value: what travels between nodes, small JSON inline and everything else by reference, or as a recipe to make it.

Events carry these in their JSON form. A reference names bytes in the artifact store by their SHA-256 digest,
so two equal outputs are one file and a reference can never see other bytes than it was made for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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


Stored = JsonValue | TableRef | FileRef


@dataclass(frozen=True, slots=True)
class Step:
    """One node of a recipe: a call of a node function that only computes or reads, on one outlet `out`.

    Attributes:
        type: id and version, `table.filter@1`.
        code: hash of the plugin's source that it has to be run with; "" for a built-in.
        config: rendered, not validated; plain JSON as `engine.plain_config` makes it of SQL and of values per item.
        inputs: port to what the edges into it brought, in their order: a value, or the index of the step before that
            makes it. One entry unless the port takes many.
    """

    type: str
    code: str = ""
    config: Mapping[str, Any] = field(default_factory=lambda: {})
    inputs: Mapping[str, tuple[Stored | int, ...]] = field(default_factory=lambda: {})


@dataclass(frozen=True, slots=True)
class Pin:
    """A file of the workspace as a step read it: the recipe means this and no other."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a table is made again: steps in order, of which the last makes the table.

    It stands alone: everything that the steps take is a stored value, one of the files it pins, or made by a step
    before. Trap: a step that gives another result each time (random, the time of day) must not be in one.

    Attributes:
        pins: every file of the workspace that a step reads, be it named in its config or come in by a port.
    """

    steps: tuple[Step, ...]
    pins: tuple[Pin, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """A table that went from node to node and was never stored; its rows and bytes nobody has counted.

    Attributes:
        columns: as the table would have them if it was stored.
    """

    columns: tuple[Column, ...]
    recipe: Recipe

    @property
    def artifact(self) -> None:
        """It has none: no bytes in the store are this table."""

    @property
    def size_bytes(self) -> None:
        """Unknown."""


Value = Stored | PlannedTable
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
                "columns": _columns_json(columns),
            }
        case PlannedTable(columns, recipe):
            return {
                "kind": "table",
                "artifact": None,
                "rows": None,
                "bytes": None,
                "columns": _columns_json(columns),
                "recipe": _recipe_json(recipe),
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
    if "recipe" in data:
        return PlannedTable(_columns(data["columns"]), _recipe(data["recipe"]))
    return _stored(data)


def _stored(data: Mapping[str, Any]) -> Stored:
    match data["kind"]:
        case "json":
            return JsonValue(data.get("value"), data.get("artifact"), data["bytes"])
        case "table":
            return TableRef(data["artifact"], data["rows"], data["bytes"], _columns(data["columns"]))
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


def artifacts_named(value: Value) -> Iterator[tuple[str, int]]:
    """Digest and size of each artifact that has to be kept for a value: its own, or what its recipe takes."""
    if not isinstance(value, PlannedTable):
        if value.artifact is not None:
            yield value.artifact, value.size_bytes
        return
    for step in value.recipe.steps:
        for given in step.inputs.values():
            for one in given:
                if not isinstance(one, int):
                    yield from artifacts_named(one)


def visible(value: Value) -> Any:
    """What an expression sees of a value: a table shows rows, columns, bytes; a file path, name, bytes.

    The caller loads a JSON value that is not inline first, and stores a planned table.
    """
    match value:
        case JsonValue(data):
            return data
        case TableRef(_, rows, size_bytes, columns):
            return {"rows": rows, "columns": [column.name for column in columns], "bytes": size_bytes}
        case PlannedTable(columns):
            return {"rows": None, "columns": [column.name for column in columns], "bytes": None}
        case FileRef(name, size_bytes, path):
            return {"path": path, "name": name, "bytes": size_bytes}


def _columns_json(columns: tuple[Column, ...]) -> list[dict[str, str]]:
    return [{"name": column.name, "type": column.type} for column in columns]


def _columns(data: list[Mapping[str, str]]) -> tuple[Column, ...]:
    return tuple(Column(column["name"], column["type"]) for column in data)


def _recipe_json(recipe: Recipe) -> dict[str, Any]:
    steps = [
        {
            "type": step.type,
            "code": step.code,
            "config": step.config,
            "inputs": {
                port: [one if isinstance(one, int) else to_json(one) for one in given]
                for port, given in step.inputs.items()
            },
        }
        for step in recipe.steps
    ]
    pins = [{"path": pin.path, "bytes": pin.size_bytes, "sha256": pin.sha256} for pin in recipe.pins]
    return {"steps": steps, "pins": pins}


def _recipe(data: Mapping[str, Any]) -> Recipe:
    steps = tuple(
        Step(
            step["type"],
            step["code"],
            step["config"],
            {
                port: tuple(one if isinstance(one, int) else _stored(one) for one in given)
                for port, given in step["inputs"].items()
            },
        )
        for step in data["steps"]
    )
    return Recipe(steps, tuple(Pin(pin["path"], pin["bytes"], pin["sha256"]) for pin in data["pins"]))

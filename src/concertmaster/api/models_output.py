"""The JSON of what nodes gave: in short, and page by page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class Column(_Model):
    """Name and type of a table column."""

    name: str
    type: str


class TableSummary(_Model):
    """A table, by reference."""

    kind: Literal["table"]
    rows: int
    bytes: int
    columns: list[Column]


class Volume(_Model):
    """How much came in: rows, and bytes of the tables' files."""

    rows: int
    bytes: int


class JsonSummary(_Model):
    """A JSON value; `value` is there when it is small."""

    kind: Literal["json"]
    bytes: int
    value: Any = None


class FileSummary(_Model):
    """A file of the workspace (`path`) or the artifact store (`path` null)."""

    kind: Literal["file"]
    path: str | None
    name: str
    bytes: int
    media_type: str


ValueSummary = Annotated[TableSummary | JsonSummary | FileSummary, Field(discriminator="kind")]


class TablePage(_Model):
    """Some rows of a table; `next` is the next offset."""

    kind: Literal["table"]
    columns: list[Column] = Field(alias="schema")
    items: list[dict[str, Any]]
    total: int
    next: int | None


class JsonOutput(_Model):
    """A JSON output, whole."""

    kind: Literal["json"]
    value: Any


class FileOutput(_Model):
    """A file output."""

    kind: Literal["file"]
    path: str | None
    name: str
    bytes: int
    media_type: str


OutputPage = Annotated[TablePage | JsonOutput | FileOutput, Field(discriminator="kind")]

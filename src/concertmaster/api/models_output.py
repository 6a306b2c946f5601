"""The JSON of what nodes gave: in short, and page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class Column(_Model):
    """Name and type of a table column."""

    name: str
    type: str


class TableSummary(_Model):
    """A table, by reference; `rows` and `bytes` are null when it was never stored: its rows went on to the next node
    as they were read, and nobody counted them. Whoever asks for its rows has them made. Of two values with the same
    `digest` (SHA-256) the bytes are the same; it is left out where no stored bytes are this value."""

    kind: Literal["table"]
    rows: int | None
    bytes: int | None
    columns: list[Column]
    digest: str | None = None


class Volume(_Model):
    """How much came in: rows, and bytes of the tables' files; null when one of the tables was never stored."""

    rows: int | None
    bytes: int | None


class JsonSummary(_Model):
    """A JSON value; `value` is there when it is small."""

    kind: Literal["json"]
    bytes: int
    value: Any = None
    digest: str | None = None


class FileSummary(_Model):
    """A file of the workspace (`path`) or the artifact store (`path` null)."""

    kind: Literal["file"]
    path: str | None
    name: str
    bytes: int
    media_type: str
    digest: str | None = None


ValueSummary = Annotated[TableSummary | JsonSummary | FileSummary, Field(discriminator="kind")]


class TablePage(_Model):
    """Some rows of a table; `next` is the next offset, `total` counts the rows that `where` lets through."""

    kind: Literal["table"]
    columns: list[Column] = Field(alias="schema")
    items: list[dict[str, Any]]
    total: int
    next: int | None


class ColumnStatistics(_Model):
    """What is in a column.

    Attributes:
        nulls: rows without a value.
        distinct: about how many different values; null for lists, structs and the like.
        min, max: as in `items` of a page, long texts cut; null without any value, and for what has no order.
    """

    name: str
    type: str
    nulls: int
    distinct: int | None
    min: Any
    max: Any


class TableStatistics(_Model):
    """A table in figures."""

    rows: int
    bytes: int
    columns: list[ColumnStatistics]


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


class _Made(_Model):
    kind: Literal["table", "json", "file"]
    rows: int | None
    bytes: int | None
    node: str
    outlet: str


class MadeFrom(_Made):
    """What came into a node through a port, and where from."""

    port: str


class SameBytes(_Model):
    """Another outlet with the same bytes; the node of a loop with its item, `price[3]`."""

    execution: str
    workflow: str
    node: str
    outlet: str
    at: datetime


class MadeValue(_Made):
    """How a value came to be.

    Attributes:
        reads: nodes that the config's expressions look at.
        reused: of which `execution` and `node` it is, when it was not computed anew.
        also: where else the same bytes are, the newest first.
    """

    type: str
    attempt: int
    at: datetime | None
    inputs: list[MadeFrom]
    reads: list[str]
    reused: dict[str, str] | None
    also: list[SameBytes]


class Lineage(_Model):
    """What the values of an execution were made of, in the order of the document."""

    execution: str
    workflow: str
    version: int
    inputs: dict[str, Any]
    items: list[MadeValue]

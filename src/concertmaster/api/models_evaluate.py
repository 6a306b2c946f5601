"""The JSON of expressions that are tried out, of what they may name, and of the workspace's files."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(max_length=200)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class EvaluateItem(_Model):
    """A text with `{{ }}`.

    Attributes:
        pointer: what the answer is found by; any text.
        per_item: the field is computed for each item that comes in: `item` is the first one.
    """

    pointer: str = Field(max_length=2_000)
    text: str = Field(max_length=20_000)
    per_item: bool = False


class Evaluate(_Model):
    """Expressions at a node.

    Attributes:
        document: the one that is edited, where it is not the newest version; what does not concern the node may be
            left out.
        execution: the newest one that has data when not given.
        path: the containers around the node, from the outermost.
        indexes: the item in each container; the first one when not given.
    """

    node: Name
    items: list[EvaluateItem] = Field(min_length=1, max_length=50)
    document: dict[str, Any] | None = None
    execution: Annotated[str | None, Field(max_length=100)] = None
    path: list[Name] = Field(default=[], max_length=32)
    indexes: list[Annotated[int, Field(ge=0, le=10**9)]] = Field(default=[], max_length=32)


class EvaluateError(_Model):
    """Why there is no value; `at` is the offset in the text of the `{{` that is wrong."""

    code: str
    message: str
    at: int | None


Kind = Literal["null", "boolean", "number", "text", "list", "object"]


class EvaluatedItem(_Model):
    """What an expression gives; `value` is left out when it is large, and `preview` is its beginning as text."""

    pointer: str
    kind: Kind | None
    preview: str
    truncated: bool = False
    value: Any = None
    error: EvaluateError | None = None


class Evaluated(_Model):
    """What the expressions give with the values of that execution; null: there was none."""

    execution: str | None
    items: list[EvaluatedItem]


class ScopeColumn(_Model):
    """A column of a table; `type` is null before a run has found it out."""

    name: str
    type: str | None


class ScopeEntry(_Model):
    """A name that expressions may use.

    Attributes:
        path: as an expression writes it.
        preview: a sample of the value, short.
        columns: of a table.
        more: there are more children than these.
    """

    name: str
    path: str
    kind: Literal["null", "boolean", "number", "text", "list", "object", "table", "file", "outlets", "unknown"]
    preview: str
    children: list[ScopeEntry]
    more: bool
    columns: list[ScopeColumn] | None = None
    title: str | None = None


class ScopeExecution(_Model):
    """Where the samples come from."""

    id: str
    version: int
    created_at: datetime


class ScopeFilter(_Model):
    """`value | name(parameters)`."""

    name: str
    parameters: list[str]


class ExpressionScope(_Model):
    """What expressions at a node may name, with samples of a run."""

    execution: ScopeExecution | None
    items: list[ScopeEntry]
    filters: list[ScopeFilter]
    tests: list[str]


class FileEntry(_Model):
    """A file or folder; the path of a folder ends with a slash."""

    path: str
    name: str
    kind: Literal["file", "folder"]
    bytes: int | None
    modified_at: datetime


class FileList(_Model):
    """What was found; `more`: there are others."""

    items: list[FileEntry]
    more: bool

"""The JSON of connections, their types and their tests. Values go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, Secret

from concertmaster.domain.interfaces import ConnectionOrigin

Value = Secret[str | int | float | bool | None]
TypeId = Field(min_length=1, max_length=100, pattern=r"^[a-z][a-z0-9_.-]*$")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class Connection(_Model):
    """A connection without its values: `fields` are their names.

    One whose `source` is not `database` is given by the variable or file `place` and can only be read; `problem` says
    why it cannot be used.
    """

    name: str
    type: str
    created_at: datetime | None
    updated_at: datetime | None
    fields: list[str]
    source: ConnectionOrigin
    place: str | None
    read_only: bool
    problem: str | None


class ConnectionList(_Model):
    """All connections, by name."""

    items: list[Connection]
    next: None


class ConnectionType(_Model):
    """A type as a form needs it: secret fields are `writeOnly`; `x-when` says beside which values a field is shown.

    `install` is the command that installs the driver of its test, null when it is there.
    """

    id: str
    title: str
    description: str
    json_schema: dict[str, Any] = Field(alias="schema")
    testable: bool
    install: str | None


class ConnectionTypeList(_Model):
    """The types that ConcertMaster knows; node types may ask for others, which take any texts."""

    items: list[ConnectionType]
    next: None


class ConnectionUse(_Model):
    """A version of a workflow that names a connection; `pointers` are the places in its document."""

    connection: str
    workflow: str
    version: int
    published: bool
    pointers: list[str]


class ConnectionUseList(_Model):
    """Which workflows name connections."""

    items: list[ConnectionUse]
    next: None


class ConnectionValues(BaseModel):
    """What PUT takes: values are written once and never read back; `keep` names fields that stay as they are stored."""

    model_config = ConfigDict(extra="forbid")
    type: str = TypeId
    values: dict[str, Value] = Field(max_length=50)
    keep: list[str] = Field(default_factory=list, max_length=50)


class CreateConnection(BaseModel):
    """What POST takes."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    type: str = TypeId
    values: dict[str, Value] = Field(max_length=50)


class EnteredConnection(ConnectionValues):
    """Values to be tested before they are stored; `name` is the connection whose fields `keep` names."""

    name: str | None = Field(default=None, max_length=100)


class TestOutcome(_Model):
    """What a test came to; `fix` says what to do about it."""

    ok: bool
    code: str
    message: str
    fix: str | None
    took_ms: int


class Rotation(_Model):
    """The id of the key in use, how many connections were wrapped anew, and why some could not be."""

    key: str
    rewrapped: int
    failed: dict[str, str]

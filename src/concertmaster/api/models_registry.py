"""The JSON of what an instance has: node types, the registry, its own state."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from concertmaster.api.models import Problem
from concertmaster.domain.ports import PortKind
from concertmaster.domain.spec import Container, Effect, Isolation


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class PortType(_Model):
    """What may travel; `schema` for json only; `many`: takes several edges."""

    kind: PortKind
    json_schema: dict[str, Any] | None = Field(alias="schema")
    many: bool


class Port(_Model):
    """An input; `implicit`: the hidden optional `in` that only orders and feeds `{{ input }}`."""

    name: str
    type: PortType
    required: bool
    implicit: bool


class Outlet(_Model):
    """An output; `passthrough`: it has the type of what is wired to `in`."""

    name: str
    type: PortType
    passthrough: bool


class NodeType(_Model):
    """A node type as palette and form need it; every node has an `error` outlet besides, and one with a `container` a
    body of nodes."""

    id: str
    version: int
    category: str
    title: str
    description: str
    docs: str
    icon: str
    tags: list[str]
    ports: list[Port]
    any_port: bool
    any_port_type: PortType | None
    outlets: list[Outlet]
    dynamic_outlets: str | None
    config_schema: dict[str, Any] = Field(alias="schema")
    effect: Effect
    idempotent: bool
    isolation: Isolation
    summary_field: str | None
    example: str
    container: Container | None
    status: Literal["active", "last_good", "retained"] = Field(
        description="`last_good`: its source cannot be loaded as it is now. `retained`: its source has only newer ones."
    )
    versions: list[int]
    migrates: bool = Field(description="It can make its config of one of the version before.")
    source_hash: str
    disabled_reason: str | None = Field(
        description="Where a setting has it switched off: that, and what to do. Workflows with it cannot be published."
    )


class NodeTypeList(_Model):
    """All node types, by id."""

    items: list[NodeType]
    next: None


class NodeConfig(BaseModel):
    """A config to be checked."""

    model_config = ConfigDict(extra="forbid")
    config: dict[str, Any] = Field(default_factory=dict)


class OptionQuery(BaseModel):
    """For which function of `x-options`, with the config as it stands; `search` is what was typed."""

    model_config = ConfigDict(extra="forbid")
    function: str = Field(min_length=1, max_length=200)
    config: dict[str, Any] = Field(default_factory=dict)
    search: str = Field(default="", max_length=1_000)


class Option(_Model):
    """A value that may be chosen, and what people see."""

    value: str | int | float | bool
    label: str


class OptionList(_Model):
    """What may be chosen; `more`: search to see the rest."""

    items: list[Option]
    more: bool


class RegistrySource(_Model):
    """Where node types come from, and how loading it went."""

    name: str
    kind: Literal["builtin", "entry_point", "folder"]
    module: str
    types: list[str] = Field(description="What is in service; of a quarantined source its last good version.")
    retained: list[str] = Field(description="Those of `types` that its newest version does not have any more.")
    status: Literal["active", "quarantined", "probing"]
    code: str | None
    error: str | None
    file: str | None
    line: int | None
    hash: str


class RegistryState(_Model):
    """The registry in service."""

    mode: Literal["dynamic", "static"]
    trouble: str | None = Field(description="Why the manifest is served although the setting says `dynamic`.")
    sources: list[RegistrySource]


class Reload(BaseModel):
    """What a reload is to do beside looking at everything anew."""

    model_config = ConfigDict(extra="forbid")
    accept: list[str] = Field(
        default=[], max_length=100, description="Sources whose types may change in place, this once."
    )


class Frozen(_Model):
    """The manifest that was written."""

    path: str
    sources: int
    types: int


class TypeChange(_Model):
    """One difference; `breaking`: a config or a wire that was right may be wrong now."""

    pointer: str
    message: str
    breaking: bool


class TypeChanges(_Model):
    """What differs between two versions of a node type."""

    since: int = Field(alias="from")
    until: int = Field(alias="to")
    breaking: bool
    migrates: bool
    changes: list[TypeChange]


class Migration(BaseModel):
    """A config to be made into one of a newer version."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True)
    config: dict[str, Any] = Field(default_factory=dict)
    since: int = Field(alias="from", ge=1)
    until: int | None = Field(default=None, alias="to", ge=1)


class Migrated(TypeChanges):
    """The config, and what is wrong with it."""

    config: dict[str, Any]
    problems: list[Problem]


class Health(_Model):
    """`ok`, or `ready`."""

    status: Literal["ok", "ready"]
    registry: Literal["dynamic", "static", "fallback"] | None = None
    detail: str | None = None


class Cleaning(_Model):
    """What is being removed, was, or (`dry_run`) would be: the data of how many executions, and how many files.

    `never`: nothing has been since this process began; `message` says why it failed.
    """

    status: Literal["never", "running", "done", "failed"]
    dry_run: bool
    executions: int
    artifacts: int
    size_bytes: int
    message: str | None


class Info(_Model):
    """What runs here."""

    version: str
    workspace: str
    data_dir: str
    started_at: datetime
    database: str
    registry: str

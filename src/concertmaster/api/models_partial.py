"""The JSON of starts, of runs of a part of a workflow, and of pinned outputs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from concertmaster.api.models_output import ValueSummary
from concertmaster.domain.partial import Action
from concertmaster.domain.spec import Effect

JsonObject = dict[str, Any]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Until(_Request):
    """A node, and what it needs as far as there is no output of it."""

    until: str = Field(max_length=200)


class Only(_Request):
    """A node alone, with outputs that there are."""

    only: str = Field(max_length=200)


class From(_Request):
    """A node and all behind it."""

    from_: str = Field(alias="from", max_length=200)


class StartExecution(_Request):
    """What to start; `version` defaults to the published one. Without `cache` no result of others is reused.

    Attributes:
        inputs: by name; when left out those of the execution that the data is of, with `partial` or where it is named.
        partial: run only a part; all of it when left out.
        data: where the outputs of nodes that do not run come from: `last`, the newest execution that has them;
            `pinned`, what is pinned, then as `last`; or the id of an execution, whose trigger the nodes are told
            then, also when all of it runs.
        pins: what is pinned stands for the nodes that it is of, and they do not run.
    """

    inputs: JsonObject | None = None
    version: int | None = Field(default=None, strict=True, ge=1, le=2**63 - 1)
    priority: int | None = Field(default=None, strict=True, ge=-(2**31), le=2**31 - 1)
    cache: bool = Field(default=True, strict=True)
    partial: Until | Only | From | None = None
    data: str = Field(default="last", min_length=1, max_length=100)
    pins: bool = Field(default=False, strict=True)


class PlanLine(_Model):
    """What would become of a node.

    Attributes:
        why: in plain words.
        execution: whose output it has; null for a pinned value that somebody typed.
        at: when that output was made, or typed.
        changed: it, or something before it, is not what it was then.
        effect: of a node that runs: `write` changes something outside.
    """

    action: Action
    why: str
    execution: str | None
    at: datetime | None
    changed: bool
    effect: Effect | None


class RunPlan(_Model):
    """What a start would do; `execution` is the one that the data is of. Nodes in bodies that are pinned are told as
    `container/node`."""

    version: int
    execution: str | None
    nodes: dict[str, PlanLine]


class PinOutput(_Request):
    """What a node gave in an execution.

    Attributes:
        outlet: the only one with a value when left out.
        path: of a node in the body of a loop the index of its item, `3` or `3.0`; the first one when left out.
    """

    execution: str = Field(max_length=100)
    outlet: str | None = Field(default=None, max_length=200)
    path: str = Field(default="", max_length=200)


class PinValue(_Request):
    """A JSON value."""

    value: Any
    outlet: str | None = Field(default=None, max_length=200)


class PinOrigin(_Model):
    """The node whose output is pinned."""

    execution: str
    node: str


class Pin(_Model):
    """An output that stands for a run of a node; `origin` is null for a value that somebody typed, `at` is when it was
    made or typed."""

    node: str
    outlet: str
    origin: PinOrigin | None
    at: datetime
    by: str
    kind: Literal["table", "json", "file"]
    rows: int | None
    size_bytes: int
    summary: ValueSummary


class PinList(_Model):
    """All of a workflow, by node."""

    items: list[Pin]

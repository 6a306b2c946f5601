"""The JSON of the API: one model a noun, so that OpenAPI and the generated web client say exactly what is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from concertmaster.api.models_output import ValueSummary, Volume
from concertmaster.domain.execution import ExecutionStatus, NodeStatus
from concertmaster.domain.parentage import ChildKind
from concertmaster.domain.problems import Severity

JsonObject = dict[str, Any]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class Problem(_Model):
    """One finding; `pointer` is a JSON pointer into the document or request body."""

    code: str
    pointer: str
    severity: Severity
    message: str
    fix: str | None


class ProblemDetails(_Model):
    """RFC 9457, `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[Problem]
    details: JsonObject | None = None


class ExecutionError(_Model):
    """Why an execution or node failed."""

    code: str
    message: str
    node: str | None = None
    details: JsonObject | None = None


class TriggerInfo(BaseModel):
    """What started an execution; further keys depend on the type."""

    model_config = ConfigDict(extra="allow")
    type: str


class ExecutionSummary(_Model):
    """One line of the list of executions; `seq` is that of its last event. `partial`: not all of the workflow ran, or
    pinned outputs stood for nodes."""

    id: str
    workflow: str
    version: int
    status: ExecutionStatus
    trigger: TriggerInfo
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seq: int
    priority: int
    partial: bool
    parent: str | None
    error: ExecutionError | None


class WorkflowSummary(_Model):
    """One line of the list of workflows."""

    name: str
    title: str | None
    description: str | None
    labels: dict[str, str]
    version: int
    published: int | None
    node_count: int
    updated_at: datetime
    last_execution: ExecutionSummary | None


class WorkflowList(_Model):
    """A page; `next` is the cursor for `before`."""

    items: list[WorkflowSummary]
    next: str | None


class Workflow(_Model):
    """One version of a workflow; `published` is the number of the published version."""

    name: str
    version: int
    published: int | None
    hash: str
    document: JsonObject
    created_at: datetime
    problems: list[Problem]


class Validation(_Model):
    """The problems of a document; without a parse error also its canonical forms."""

    items: list[Problem]
    document: JsonObject | None
    yaml: str | None


class ProblemList(_Model):
    """Findings about a node's config."""

    items: list[Problem]


class Origin(_Model):
    """The node whose result was reused; null for a value that somebody typed. Where it was given to a test run, `at`
    says when it was made, and `pinned` that it came from a pin."""

    execution: str | None
    node: str | None
    pinned: bool
    at: datetime | None


class Progress(_Model):
    """How far an attempt is; `total` null when unknown."""

    done: float
    total: float | None


class Waiting(_Model):
    """Why something has not ended: the rule, when it lets go by itself, and who holds what is waited for."""

    rule: str
    message: str
    until: datetime | None
    holders: list[str]


class ItemCounts(_Model):
    """Items of a container by what became of them; `total` is a bound where `kind` is `while` or `until`."""

    kind: ChildKind
    total: int
    done: int
    failed: int
    running: int


class ChildRun(_Model):
    """An execution that a node waits for, and which of its items it has."""

    execution: str
    offset: int
    count: int
    status: str


class PartOf(_Model):
    """What an execution was started for: a node of another; `visible` is the one that lists show."""

    execution: str
    node: str
    kind: ChildKind
    visible: str
    offset: int
    count: int


class NodeRun(_Model):
    """One node inside one execution; `tables_in` is what came in by port.

    Of a container or call `items` counts the items as far as the execution was told, by whole children, and `children`
    has those that run and the newest others; `reused` says whose result it is when it was not computed anew; `reason`
    why it was skipped or cancelled.
    """

    node: str
    type: str
    title: str | None
    status: NodeStatus
    attempt: int
    started_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    waiting: Waiting | None
    progress: Progress | None
    error: ExecutionError | None
    tables_in: dict[str, Volume]
    outputs: dict[str, ValueSummary]
    logs: int
    items: ItemCounts | None
    children: list[ChildRun]
    approval: str | None
    reused: Origin | None
    reason: str | None = None


class Item(_Model):
    """One item of a container: its nodes by their names in the body; `execution` has them under their own ids."""

    index: int
    status: NodeStatus
    execution: str
    nodes: dict[str, NodeRun]


class ItemPage(_Model):
    """Items of a container from an offset on, and all of them counted; `next` is the next offset."""

    counts: ItemCounts
    items: list[Item]
    next: int | None


class Execution(ExecutionSummary):
    """An execution with its nodes; `generation` counts retries from 1, `reason` says why it was cancelled.

    Half of the last ones of its workflow that succeeded took no longer than `typical_seconds`.
    """

    typical_seconds: float | None
    generation: int
    part_of: PartOf | None
    waiting: Waiting | None
    reason: str | None
    inputs: JsonObject
    outputs: JsonObject | None
    nodes: dict[str, NodeRun]

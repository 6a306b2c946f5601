"""The JSON of the API: one model a noun, so that OpenAPI and the generated web client say exactly what is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from concertmaster.domain.execution import ExecutionStatus, NodeStatus
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
    """One line of the list of executions; `seq` is that of its last event."""

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


class WorkflowVersion(_Model):
    """One line of a workflow's history."""

    version: int
    hash: str
    published: bool
    created_at: datetime
    node_count: int


class VersionList(_Model):
    """A page; `next` is the cursor for `before`."""

    items: list[WorkflowVersion]
    next: str | None


class Validation(_Model):
    """The problems of a document; without a parse error also its canonical forms."""

    items: list[Problem]
    document: JsonObject | None
    yaml: str | None


class ProblemList(_Model):
    """Findings about a node's config."""

    items: list[Problem]


class StartExecution(BaseModel):
    """What to start; `version` defaults to the published one."""

    model_config = ConfigDict(extra="forbid")
    inputs: JsonObject = Field(default_factory=dict)
    version: int | None = Field(default=None, strict=True, ge=1, le=2**63 - 1)
    priority: int | None = Field(default=None, strict=True, ge=-(2**31), le=2**31 - 1)


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


class NodeRun(_Model):
    """One node inside one execution."""

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
    outputs: dict[str, ValueSummary]
    logs: int


class Execution(ExecutionSummary):
    """An execution with its nodes; `generation` counts retries from 1, `reason` says why it was cancelled."""

    generation: int
    waiting: Waiting | None
    reason: str | None
    inputs: JsonObject
    outputs: JsonObject | None
    nodes: dict[str, NodeRun]


class ExecutionList(_Model):
    """A page, newest first; `next` is the cursor for `before`."""

    items: list[ExecutionSummary]
    next: str | None


class Event(_Model):
    """A fact of an execution; `seq` counts from 1 without gaps."""

    execution: str
    seq: int
    at: datetime
    kind: str
    node: str | None = None
    data: JsonObject


class EventList(_Model):
    """Events after a seq; `next` is the value for the next `after`."""

    items: list[Event]
    next: int


class LogLine(_Model):
    """One line that a node logged."""

    n: int
    node: str
    attempt: int
    at: datetime
    level: str
    text: str


class LogList(_Model):
    """Log lines after `after`; `next` is the value for the next `after`."""

    items: list[LogLine]
    next: int


class TablePage(_Model):
    """Some rows of a table; `next` is the next offset."""

    kind: Literal["table"]
    columns: list[Column] = Field(alias="schema")
    items: list[JsonObject]
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

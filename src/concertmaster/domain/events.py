"""Every event of an execution, one frozen class each, with those of `events_flow.py`; `events_json.py` has their JSON.

An `Event` is the envelope that the journal stores; its `body` says what happened. New optional fields may be
added to a body; a field is never renamed or reused, because journals live for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from concertmaster.domain.events_flow import ExecutionPhase, ItemChecked, ItemEnded, ItemStarted
from concertmaster.domain.execution import Failure
from concertmaster.domain.given import Given
from concertmaster.domain.values import Value


@dataclass(frozen=True, slots=True)
class ExecutionCreated:
    """Seq 1: what runs, with which input, started by what.

    Attributes:
        parent: what another execution started it for; see `domain.parentage`.
        fresh: it reuses no results of earlier executions.
        code: hash of the code of each type (`type@version`) of the workspace's `nodes/`, not of built-ins and packages.
        given: outputs of nodes that do not run, see `domain.given`; left_out: nodes that are skipped, with the reason.
    """

    kind: ClassVar[str] = "execution.created"
    workflow: str
    version: int
    inputs: Mapping[str, Any]
    trigger: Mapping[str, Any]
    parent: Mapping[str, Any] | None = None
    fresh: bool = False
    code: Mapping[str, str] = field(default_factory=lambda: {})
    given: Mapping[str, Given] = field(default_factory=lambda: {})
    left_out: Mapping[str, str] = field(default_factory=lambda: {})


@dataclass(frozen=True, slots=True)
class ExecutionStarted:
    """The first owner began to drive it."""

    kind: ClassVar[str] = "execution.started"


@dataclass(frozen=True, slots=True)
class ExecutionPaused:
    """No node starts until it is resumed; what runs goes on to its end."""

    kind: ClassVar[str] = "execution.paused"
    reason: str


@dataclass(frozen=True, slots=True)
class ExecutionResumed:
    """A paused execution goes on, or an interrupted one tries again.

    Attributes:
        code: see `ExecutionRetried`; None for one that was paused.
    """

    kind: ClassVar[str] = "execution.resumed"
    reason: str
    code: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ExecutionWaiting:
    """Nothing runs, and nothing will before `until` (None: before somebody acts); the execution may leave memory."""

    kind: ClassVar[str] = "execution.waiting"
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExecutionRetried:
    """An ended execution goes on: the nodes in `nodes` run again, the others keep their results.

    Attributes:
        generation: of the execution, from 2.
        nodes: generation of each node that runs again; it rises only where a node had succeeded or the inputs were
            edited, so that a write that may have arrived keeps its idempotency key.
        inputs: the edited inputs, None when they stay.
        code: what it goes on with, see `ExecutionCreated`; None: as before.
    """

    kind: ClassVar[str] = "execution.retried"
    generation: int
    nodes: Mapping[str, int]
    reason: str
    inputs: Mapping[str, Any] | None = None
    code: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ExecutionCancelling:
    """Somebody asked to cancel; running attempts are being stopped."""

    kind: ClassVar[str] = "execution.cancelling"
    reason: str


@dataclass(frozen=True, slots=True)
class ExecutionExpired:
    """The execution's own time-out is over; running attempts are being stopped and it will fail with `error`."""

    kind: ClassVar[str] = "execution.expired"
    error: Failure


@dataclass(frozen=True, slots=True)
class ExecutionSucceeded:
    """All nodes are decided and none failed unhandled; `outputs` are the document's, rendered."""

    kind: ClassVar[str] = "execution.succeeded"
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExecutionFailed:
    """A failure was not handled."""

    kind: ClassVar[str] = "execution.failed"
    error: Failure


@dataclass(frozen=True, slots=True)
class ExecutionCancelled:
    """The end of a cancelled execution."""

    kind: ClassVar[str] = "execution.cancelled"
    reason: str


@dataclass(frozen=True, slots=True)
class ExecutionInterrupted:
    """It cannot go on by itself; a person has to decide."""

    kind: ClassVar[str] = "execution.interrupted"
    error: Failure


@dataclass(frozen=True, slots=True)
class NodeStarted:
    """An attempt began. May be missing for quick attempts without outside writes."""

    kind: ClassVar[str] = "node.started"
    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class NodeProgress:
    """How far an attempt is; `total` None when unknown."""

    kind: ClassVar[str] = "node.progress"
    node: str
    attempt: int
    done: float
    total: float | None = None


@dataclass(frozen=True, slots=True)
class NodeRetrying:
    """Attempt `attempt` failed; the next one starts when the timer of `due_at` has fired."""

    kind: ClassVar[str] = "node.retrying"
    node: str
    attempt: int
    error: Failure
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NodeWaiting:
    """An attempt waits before it can go on, by `rule`.

    Attributes:
        rule: `timer` (until `due_at`), `slot` or `rate` (for a free place or turn of `resource`), `event`, `approval`,
            `children` (for child executions).
        due_at: of an event, approval or children: when it is given up.
        resource: `node_type:http.request`, `connection:warehouse`, `threads`, `processes`.
        about: what exactly it waits for, by rule; see `engine.awaiting`.
    """

    kind: ClassVar[str] = "node.waiting"
    node: str
    attempt: int
    rule: str
    due_at: datetime | None = None
    resource: str | None = None
    about: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The wait of or after attempt `attempt` is over."""

    kind: ClassVar[str] = "timer.fired"
    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class NodeSucceeded:
    """The outlets in `outputs` are taken, the others skipped.

    Attributes:
        reused: the `execution` and `node` whose result it is, when it was not computed anew; see also `Given.origin`.
    """

    kind: ClassVar[str] = "node.succeeded"
    node: str
    attempt: int
    started_at: datetime
    outputs: Mapping[str, Value]
    reused: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NodeFailed:
    """The final failure of a node."""

    kind: ClassVar[str] = "node.failed"
    node: str
    attempt: int
    started_at: datetime
    error: Failure


@dataclass(frozen=True, slots=True)
class NodeSkipped:
    """The node will not run; `reason` says which rule decided."""

    kind: ClassVar[str] = "node.skipped"
    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class NodeCancelled:
    """The node was stopped, or will never start; `attempt` is 0 when it had not started."""

    kind: ClassVar[str] = "node.cancelled"
    node: str
    attempt: int
    reason: str


Body = (
    ExecutionCreated
    | ExecutionStarted
    | ExecutionPaused
    | ExecutionResumed
    | ExecutionWaiting
    | ExecutionRetried
    | ExecutionCancelling
    | ExecutionExpired
    | ExecutionPhase
    | ExecutionSucceeded
    | ExecutionFailed
    | ExecutionCancelled
    | ExecutionInterrupted
    | NodeStarted
    | NodeProgress
    | NodeRetrying
    | NodeWaiting
    | ItemStarted
    | ItemEnded
    | ItemChecked
    | TimerFired
    | NodeSucceeded
    | NodeFailed
    | NodeSkipped
    | NodeCancelled
)


@dataclass(frozen=True, slots=True)
class Event:
    """A fact of an execution. `seq` counts from 1 without gaps; `at` is aware UTC."""

    execution_id: str
    seq: int
    at: datetime
    body: Body

    @property
    def kind(self) -> str:
        """The kind in the stream, `node.succeeded`."""
        return self.body.kind

    @property
    def node(self) -> str | None:
        """The node it is about, None for events of the whole execution."""
        return getattr(self.body, "node", None)

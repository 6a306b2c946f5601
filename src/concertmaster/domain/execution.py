"""Execution and node run: statuses, the legal transitions between them, and the rows that lists show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ExecutionStatus = Literal["queued", "running", "waiting", "paused", "succeeded", "failed", "cancelled", "interrupted"]
RequestKind = Literal["cancel", "pause", "resume", "retry"]
# What else comes into an inbox: an event or an answer that a node waits for, the end of a child execution.
MessageKind = Literal["cancel", "pause", "resume", "retry", "event", "approval", "child"]
NodeStatus = Literal["pending", "running", "retrying", "waiting", "succeeded", "failed", "skipped", "cancelled"]

EXECUTION_STATUSES: tuple[ExecutionStatus, ...] = (
    "queued",
    "running",
    "waiting",
    "paused",
    "succeeded",
    "failed",
    "cancelled",
    "interrupted",
)
FINAL_EXECUTION: frozenset[ExecutionStatus] = frozenset({"succeeded", "failed", "cancelled", "interrupted"})
UNFINISHED: tuple[ExecutionStatus, ...] = tuple(
    status for status in EXECUTION_STATUSES if status not in FINAL_EXECUTION
)

NODE_TRANSITIONS: Mapping[NodeStatus, frozenset[NodeStatus]] = {
    # A quick attempt's `node.started` is dropped, so pending may end at once.
    "pending": frozenset({"running", "retrying", "waiting", "succeeded", "failed", "skipped", "cancelled"}),
    "running": frozenset({"running", "retrying", "waiting", "succeeded", "failed", "cancelled"}),
    "retrying": frozenset({"running", "retrying", "waiting", "succeeded", "failed", "cancelled"}),
    "waiting": frozenset({"running", "retrying", "waiting", "succeeded", "failed", "cancelled"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "skipped": frozenset(),
    "cancelled": frozenset(),
}


# What may be asked of an execution in which status. Those in a final status begin anew: the execution is queued again.
REQUESTS: Mapping[RequestKind, frozenset[ExecutionStatus]] = {
    "cancel": frozenset({*UNFINISHED, "interrupted"}),
    "pause": frozenset(UNFINISHED),
    "resume": frozenset({"paused", "interrupted"}),
    "retry": FINAL_EXECUTION,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt, node or execution failed.

    Attributes:
        code: stable dotted code.
        message: names the place and the remedy.
        node: the node that failed, for an execution's failure.
        retryable: another attempt may help.
        nothing_sent: the error is known to have happened before anything reached the outside.
    """

    code: str
    message: str
    node: str | None = None
    details: Mapping[str, Any] = field(default_factory=lambda: {})
    retryable: bool = False
    nothing_sent: bool = False

    def as_json(self) -> dict[str, Any]:
        """The form in events and REST."""
        return {
            "code": self.code,
            "message": self.message,
            "node": self.node,
            "details": dict(self.details),
            "retryable": self.retryable,
            "nothing_sent": self.nothing_sent,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Failure:
        """Inverse of `as_json`; keys of newer versions are ignored."""
        return Failure(
            code=data["code"],
            message=data["message"],
            node=data.get("node"),
            details=data.get("details") or {},
            retryable=bool(data.get("retryable")),
            nothing_sent=bool(data.get("nothing_sent")),
        )


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """One line of the list of executions: what the journal keeps up to date beside the events.

    Attributes:
        epoch: rises with every claim; 0 before the first.
        head_seq: seq of the last committed event.
        trigger: `{"type": "manual", ...}`.
        priority: higher ones start first.
        owner: name of the process that drives it; None while nobody does.
        wake_at: when an execution without owner wants one; None: not before something happens to it.
        slot_key: which concurrency limit it falls under, None for none.
        admitted: it holds a place under that limit, or needs none.
        parent: the execution that started it for one of its nodes.
        hidden: it is a part of its parent, and in no list.
    """

    id: str
    workflow: str
    version: int
    status: ExecutionStatus
    epoch: int
    head_seq: int
    trigger: Mapping[str, Any]
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: Failure | None = None
    priority: int = 0
    owner: str | None = None
    wake_at: datetime | None = None
    slot_key: str | None = None
    admitted: bool = True
    parent: str | None = None
    hidden: bool = False

    @property
    def partial(self) -> bool:
        """Somebody tried a part of the workflow out, or used pinned outputs: it tells nothing of the whole."""
        return self.trigger.get("type") == "manual" and "partial" in self.trigger

    def as_json(self) -> dict[str, Any]:
        """`ExecutionSummary` of the REST contract."""
        error = self.error
        return {
            "id": self.id,
            "workflow": self.workflow,
            "version": self.version,
            "status": self.status,
            "trigger": dict(self.trigger),
            "created_at": self.created_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "seq": self.head_seq,
            "priority": self.priority,
            "partial": self.partial,
            "parent": self.parent,
            "error": None if error is None else {"code": error.code, "message": error.message, "node": error.node},
        }

"""Execution and node run: statuses, the legal transitions between them, and the rows that lists show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ExecutionStatus = Literal["queued", "running", "waiting", "paused", "succeeded", "failed", "cancelled", "interrupted"]
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

NODE_TRANSITIONS: Mapping[NodeStatus, frozenset[NodeStatus]] = {
    # A quick attempt's `node.started` is dropped, so pending may end at once.
    "pending": frozenset({"running", "retrying", "succeeded", "failed", "skipped", "cancelled"}),
    "running": frozenset({"running", "retrying", "waiting", "succeeded", "failed", "cancelled"}),
    "retrying": frozenset({"running", "retrying", "succeeded", "failed", "cancelled"}),
    "waiting": frozenset({"running", "succeeded", "failed", "cancelled"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "skipped": frozenset(),
    "cancelled": frozenset(),
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
            "error": None if error is None else {"code": error.code, "message": error.message, "node": error.node},
        }

"""Commands: what the decider asks the runner to do. Plain data; the runner answers with events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from concertmaster.domain.execution import Failure


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Run attempt `attempt` of a node."""

    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class PassThrough:
    """End a node with the value on its main input: it is disabled, or its wait is over."""

    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class SkipNode:
    """Record that a node will not run."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancelNode:
    """Record that a node that is not running never will."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class FailNode:
    """Record the final failure of a node whose attempt is lost."""

    node: str
    attempt: int
    error: Failure


@dataclass(frozen=True, slots=True)
class StopAttempt:
    """Stop a running attempt; its end comes as an event."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Wake a retrying or waiting node at `due_at`."""

    node: str
    attempt: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Succeed:
    """End the execution well; the runner renders the outputs."""


@dataclass(frozen=True, slots=True)
class Fail:
    """End the execution as failed."""

    error: Failure


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the execution as cancelled."""

    reason: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop the execution for a person to decide."""

    error: Failure


Command = (
    StartAttempt
    | PassThrough
    | SkipNode
    | CancelNode
    | FailNode
    | StopAttempt
    | StartTimer
    | Succeed
    | Fail
    | Cancel
    | Interrupt
)

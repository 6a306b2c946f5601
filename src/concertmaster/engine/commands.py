"""Commands: what the decider asks the runner to do. Plain data; the runner answers with events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from concertmaster.domain.execution import Failure
from concertmaster.domain.phases import Phase


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
class GiveNode:
    """End a node with the outputs that the start brought for it."""

    node: str


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
    """Wake a retrying or waiting node at `due_at`; its wait began at `halted_at`."""

    node: str
    attempt: int
    due_at: datetime
    halted_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndWait:
    """A wait was in vain: end the attempt with `error`, by the node's rules for retries."""

    node: str
    attempt: int
    error: Failure


@dataclass(frozen=True, slots=True)
class ExpireApproval:
    """Nobody has decided in time: close the approval, unless somebody does at this moment; the answer is a request."""

    node: str


@dataclass(frozen=True, slots=True)
class StartChildren:
    """Start a child execution for each of the spans (offset, count) of items."""

    node: str
    attempt: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CancelChildren:
    """Ask the children of a node to cancel; their ends come as requests."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class LetChildrenGoOn:
    """Resume or retry children of a node that have ended, because the execution itself was told to."""

    node: str


@dataclass(frozen=True, slots=True)
class FinishChildren:
    """End a container or call with the results of its children."""

    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class CheckItem:
    """Find out whether a `while` or `until` goes on with this item."""

    index: int


@dataclass(frozen=True, slots=True)
class EnterPhase:
    """The nodes of this phase are next."""

    phase: Phase
    nodes: tuple[str, ...]


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
    | GiveNode
    | SkipNode
    | CancelNode
    | FailNode
    | StopAttempt
    | StartTimer
    | EndWait
    | ExpireApproval
    | StartChildren
    | CancelChildren
    | LetChildrenGoOn
    | FinishChildren
    | CheckItem
    | EnterPhase
    | Succeed
    | Fail
    | Cancel
    | Interrupt
)

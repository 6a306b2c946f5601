"""Policies of nodes and workflows, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

OnError = Literal["fail", "continue"]
OnInterrupt = Literal["stop", "retry", "fail"]
WhenFull = Literal["queue", "skip", "cancel_oldest"]
Join = Literal["all", "any"] | int
COMPENSATE = "compensate"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again, in Temporal's words.

    Attributes:
        maximum_attempts: tries in all, 1 means no retry.
        initial_interval: upper bound of the wait before the second attempt.
        backoff_coefficient: factor from one wait's bound to the next.
        maximum_interval: cap of a wait.
    """

    maximum_attempts: int = 1
    initial_interval: timedelta = timedelta(seconds=1)
    backoff_coefficient: float = 2.0
    maximum_interval: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class NodePolicy:
    """How the engine treats a node.

    Attributes:
        timeout: of one attempt; None takes the engine's default.
        on_error: None lets the document decide (an edge from `error` handles it), `continue` skips all edges,
            `fail` fails the execution even when an edge leaves `error`.
        join: `all`, `any`, or the number of taken edges that starts the node.
        idempotent: None takes the node type's.
        on_interrupt: what follows when the server died in the middle of a write that must not be repeated blindly:
            `stop` the execution for a person, `retry` it all the same, or `fail` the node.
        cache: whether its results are reused where it only computes; None takes the workflow's.
        undo: node that undoes this one, run when the workflow's `on_failure` says `compensate`.
    """

    timeout: timedelta | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    on_error: OnError | None = None
    join: Join = "all"
    idempotent: bool | None = None
    on_interrupt: OnInterrupt = "stop"
    cache: bool | None = None
    undo: str | None = None


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many executions of a workflow may be unfinished at one time.

    Attributes:
        key: an expression over `inputs`, `trigger` and `vars`; each value of it has its own `limit` places.
    """

    limit: int
    key: str | None = None
    when_full: WhenFull = "queue"


@dataclass(frozen=True, slots=True)
class WorkflowPolicy:
    """How the engine treats executions of a workflow.

    Attributes:
        cache: results of nodes that only compute are reused by later executions.
        on_failure: what follows on an unhandled failure, in this order: `compensate`, and nodes that begin a branch.
        finally_: nodes that begin a branch which runs at the end of every execution.
    """

    timeout: timedelta | None = None
    priority: int = 0
    concurrency: Concurrency | None = None
    cache: bool = False
    on_failure: tuple[str, ...] = ()
    finally_: tuple[str, ...] = ()

    @property
    def compensates(self) -> bool:
        """Whether nodes that succeeded are undone after a failure."""
        return COMPENSATE in self.on_failure

    @property
    def failure_branches(self) -> tuple[str, ...]:
        """The nodes that `on_failure` names."""
        return tuple(name for name in self.on_failure if name != COMPENSATE)

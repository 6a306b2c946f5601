"""Events of control flow: child executions of containers and calls, and what follows on the main graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from concertmaster.domain.execution import Failure


@dataclass(frozen=True, slots=True)
class ExecutionPhase:
    """The nodes of the main graph have come to an end, and others follow before the execution's own end.

    Attributes:
        phase: `undo`, `on_failure` or `finally`.
        nodes: those of the phase, for `undo` in the order in which they run.
    """

    kind: ClassVar[str] = "execution.phase"
    phase: str
    nodes: Sequence[str]


@dataclass(frozen=True, slots=True)
class ItemStarted:
    """A child execution was started for `count` items of a container from `offset` on, or for a call."""

    kind: ClassVar[str] = "item.started"
    node: str
    attempt: int
    execution: str
    offset: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """A child execution has ended.

    Attributes:
        status: its own.
        result: of a success: a value in its JSON form, for items a list of theirs.
        again: a `while` or `until` has not come to its end within this child.
        failed: items that failed, whether the container goes on without them or fails.
        error: why it failed.
    """

    kind: ClassVar[str] = "item.ended"
    node: str
    attempt: int
    execution: str
    status: str
    result: Mapping[str, Any] | None = None
    again: bool = False
    failed: int = 0
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class ItemChecked:
    """Whether a `while` or `until` goes on with the item `index`; in the child's journal."""

    kind: ClassVar[str] = "item.checked"
    index: int
    again: bool

"""ChildrenView: what people see of the executions that a container or a call waits for. Pure, a fold of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from concertmaster.domain.events import ItemEnded, ItemStarted
from concertmaster.engine.children import Children

_SHOWN = 20


@dataclass(slots=True)
class ChildRun:
    """A child execution: which items are its own, and what is known of its end.

    Attributes:
        failed: items of it that failed, once it has ended.
    """

    execution: str
    offset: int
    count: int
    status: str = "running"
    failed: int = 0

    @property
    def running(self) -> bool:
        """Whether it has not ended; an interrupted one may go on."""
        return self.status in ("running", "interrupted")

    @property
    def unharmed(self) -> bool:
        """Whether none of its items failed, as far as its end tells."""
        return self.status == "succeeded" and self.failed == 0

    def as_json(self) -> dict[str, Any]:
        """`ChildRun` of the REST contract."""
        return {"execution": self.execution, "offset": self.offset, "count": self.count, "status": self.status}


@dataclass(frozen=True, slots=True)
class Queue:
    """A lock that is taken, and the executions that hold it."""

    name: str
    holders: Sequence[str]


@dataclass(slots=True)
class ChildrenView:
    """The children of one node.

    Attributes:
        live: `counts` with the items of those that run counted one by one, where somebody has done so.
        queue: the lock that its child waits for, where somebody has looked.
    """

    known: Children
    runs: dict[str, ChildRun] = field(default_factory=lambda: dict[str, ChildRun]())
    live: Mapping[str, Any] | None = None
    queue: Queue | None = None

    @staticmethod
    def of(about: Mapping[str, Any]) -> ChildrenView:
        """As `NodeWaiting.about` describes them."""
        return ChildrenView(Children.of(about))

    @property
    def loops(self) -> bool:
        """Whether nobody knows beforehand how many rounds there are."""
        return self.known.loops

    def take_start(self, body: ItemStarted) -> None:
        """A child was started, or goes on."""
        self.known.take_start(body)
        self.runs[body.execution] = ChildRun(body.execution, body.offset, body.count)

    def take_end(self, body: ItemEnded) -> None:
        """A child has ended."""
        self.known.take_end(body)
        run = self.runs.get(body.execution)
        if run is not None:
            run.status = body.status
            run.failed = body.failed

    def holding(self, index: int) -> ChildRun | None:
        """The child that has this item; None when it was not handed out."""
        return next((run for run in self.runs.values() if run.offset <= index < run.offset + run.count), None)

    def running(self) -> list[ChildRun]:
        """Those that have not ended, in the order of their items."""
        return sorted((run for run in self.runs.values() if run.running), key=lambda run: run.offset)

    def counts(self) -> dict[str, Any]:
        """`ItemCounts` of the REST contract: what the parent was told, so whole children at a time."""
        handed_out = sum(run.count for run in self.running())
        known, failed = self.known, sum(run.failed for run in self.runs.values() if run.status == "failed")
        return {
            "kind": known.kind,
            "total": known.total,
            "done": known.done + failed,
            "failed": known.failed + failed,
            "running": handed_out,
        }

    def as_json(self) -> list[dict[str, Any]]:
        """Some children: those that run first, then the newest."""
        ended = [run for run in reversed(self.runs.values()) if not run.running]
        return [run.as_json() for run in (*self.running(), *ended)[:_SHOWN]]

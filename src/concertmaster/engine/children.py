"""Children: the executions that a container or a call waits for. Pure: what is known of them, and what follows.

A container hands its items out in spans of at most `items.CHUNK`, some at one time; each span is one child execution
with a journal of its own, and its end comes back as one event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from concertmaster.domain.events import ItemEnded, ItemStarted
from concertmaster.domain.execution import Failure
from concertmaster.domain.parentage import ChildKind

NOT_CALLED = "call.full"
Span = tuple[int, int]
Step = Literal["wait", "start", "stop", "go_on", "finish", "fail", "halt"]


@dataclass(slots=True)
class Children:
    """What is known of the children of one node.

    Attributes:
        total: items in all; of a `while` or `until` the most that it may take.
        span: items of one child; `parallel` children at one time.
        enough: successes after which the rest is given up.
        started: items that were handed out.
        running: offset and count of each child that has not ended.
        results: by offset: what each child that has ended gave, values in their JSON form.
        done, failed: items that have come to their end, and how many of them failed and were put up with.
        again: the last child says that the loop goes on.
        failure: why the whole fails.
        halted: children that need a person; `halt` says why, until somebody lets them go on.
        broken: children that have ended, and not well.
        retried: children that are to be retried, because the container is.
        about: what the container waits for, see `NodeWaiting`.
    """

    kind: ChildKind
    total: int
    span: int
    parallel: int
    enough: int | None = None
    started: int = 0
    running: dict[str, Span] = field(default_factory=lambda: dict[str, Span]())
    results: dict[int, Mapping[str, Any] | None] = field(default_factory=lambda: dict[int, Mapping[str, Any] | None]())
    done: int = 0
    failed: int = 0
    again: bool = True
    failure: Failure | None = None
    halted: dict[str, Span] = field(default_factory=lambda: dict[str, Span]())
    halt: Failure | None = None
    broken: dict[str, Span] = field(default_factory=lambda: dict[str, Span]())
    retried: dict[str, Span] = field(default_factory=lambda: dict[str, Span]())
    about: Mapping[str, Any] = field(default_factory=lambda: {})

    @staticmethod
    def of(about: Mapping[str, Any]) -> Children:
        """As `NodeWaiting.about` of a container or call describes them."""
        found = Children(
            about["kind"], about["total"], about.get("span", 1), about.get("parallel", 1), about.get("enough")
        )
        found.about = about
        return found

    def anew(self) -> Children:
        """The same for another attempt: what succeeded is kept, the others are to be retried."""
        fresh = replace(self, running={}, halted={}, halt=None, broken={}, failure=None)
        fresh.retried = {**self.retried, **self.broken, **self.halted}
        return fresh

    def retry_halted(self) -> None:
        """Those that need a person are retried, as the execution itself is."""
        self.retried |= self.halted
        self.halted = {}

    @property
    def live(self) -> bool:
        """Whether any of them has not ended for good."""
        return bool(self.running or self.halted)

    @property
    def loops(self) -> bool:
        """Whether one span follows on the result of the one before."""
        return self.kind in ("while", "until")

    @property
    def complete(self) -> bool:
        """Whether nothing more is to be started."""
        return self.satisfied or self.started >= self.total or (self.loops and not self.again)

    @property
    def satisfied(self) -> bool:
        """Whether so many items have succeeded that the rest is given up."""
        return self.enough is not None and self.done - self.failed >= self.enough

    def take_start(self, body: ItemStarted) -> None:
        """A child was started, or goes on."""
        for others in (self.halted, self.retried):
            others.pop(body.execution, None)
        self.running[body.execution] = (body.offset, body.count)
        self.started = max(self.started, body.offset + body.count)

    def take_end(self, body: ItemEnded) -> None:
        """A child has ended."""
        span = self.running.pop(body.execution, None) or self.halted.pop(body.execution, None)
        if span is None:
            return
        match body.status:
            case "succeeded":
                self.results[span[0]] = body.result
                self.done, self.failed = self.done + span[1], self.failed + body.failed
                self.again = body.again
            case "interrupted":
                self.halted[body.execution] = span
                self.halt = body.error
            case _ if self.satisfied:
                # It was told to give up, because there was enough.
                self.broken[body.execution] = span
            case _ if body.error is not None and body.error.code == NOT_CALLED:
                # Tried again, it is another execution: this one was never to run.
                self.failure, self.started = self.failure or body.error, span[0]
            case status:
                self.broken[body.execution] = span
                stopped = Failure("call.cancelled", f"Its execution {body.execution} was {status}")
                self.failure = self.failure or body.error or stopped

    def next_step(self) -> Step:
        """What follows now."""
        if self.halt is not None and not self.running:
            return "halt"
        if self.failure is not None or self.satisfied:
            return "stop" if self.live else ("fail" if self.failure else "finish")
        if self.retried or (self.halted and self.halt is None):
            return "go_on"
        if self.halted:
            return "wait"
        if not self.complete and len(self.running) < self.parallel and not (self.loops and self.running):
            return "start"
        return "wait" if self.running else "finish"

    def next_spans(self) -> list[Span]:
        """The items of the children to be started now."""
        spans: list[Span] = []
        offset = self.started
        while offset < self.total and len(self.running) + len(spans) < self.parallel:
            spans.append((offset, min(self.span, self.total - offset)))
            offset += spans[-1][1]
        return spans

    def unmet(self) -> Failure | None:
        """Why the container has failed although none of its children has."""
        if self.loops and self.again and self.total:
            return Failure(
                "loop.bound",
                f"The loop did not come to its end within {self.total} rounds; raise `maximum`, or look at what its "
                "condition depends on",
            )
        if self.enough is not None and not self.satisfied:
            got = self.done - self.failed
            return Failure("each.not_enough", f"Only {got} items succeeded, and {self.enough} were asked for")
        return None

"""Attempts: the attempts of one execution that run in this process, from start to outcome.

Outcomes wait in a queue until the runner takes them, so that one execution has one line of history.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from concertmaster.domain.events import NodeProgress, NodeStarted
from concertmaster.engine.attempt import Job, Outcome, run_attempt, timeout_of
from concertmaster.engine.context import NodeContext
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.recorder import Recorder

HOLD_SECONDS = 0.05


@dataclass(slots=True)
class Attempt:
    """An attempt in this process.

    Attributes:
        timer: says when it is no longer quick, then when its time is over.
        held: its `node.started` is kept back while it may still be quick.
        stop_reason: why it was told to stop, None while nobody did.
    """

    node: str
    number: int
    started_at: datetime
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    held: bool = False
    stop_reason: str | None = None


class Attempts:
    """Starts, stops and collects the attempts of one execution."""

    def __init__(self, engine: Engine, recorder: Recorder, *, on_change: Callable[[], None]) -> None:
        """Args:
        on_change: called when an outcome waits, or when an attempt recorded something by itself.
        """
        self._engine = engine
        self._recorder = recorder
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, Attempt] = {}
        self._arrived: deque[tuple[Attempt, Outcome]] = deque()

    def start(self, planned: PlanNode, number: int) -> None:
        """Start an attempt unless the node has one already."""
        if planned.id in self._running:
            return
        attempt = Attempt(planned.id, number, self._engine.clock.now())
        self._running[planned.id] = attempt
        # Only what stays on the loop may be quick enough to drop its start, and a join that starts early needs
        # its start in the journal, because it fixes which edges were delivered.
        attempt.held = planned.effect != "write" and planned.type.call == "loop" and planned.threshold is None
        if not attempt.held:
            self._recorder.record(NodeStarted(planned.id, number))
        attempt.task = asyncio.create_task(self._run(planned, attempt))

    def stop(self, node: str, reason: str) -> bool:
        """Tell an attempt to stop; its outcome still arrives. False when the node has none in this process."""
        attempt = self._running.get(node)
        if attempt is None:
            return False
        if attempt.stop_reason is None and attempt.task is not None:
            attempt.stop_reason = reason
            attempt.task.cancel()
        return True

    def arrived(self) -> Iterator[tuple[Attempt, Outcome]]:
        """The outcomes that came in since the last call, oldest first."""
        while self._arrived:
            attempt, outcome = self._arrived.popleft()
            del self._running[attempt.node]
            yield attempt, outcome

    def release(self, attempt: Attempt) -> None:
        """Record the `node.started` that was held back."""
        if attempt.held:
            attempt.held = False
            self._recorder.record(NodeStarted(attempt.node, attempt.number))

    def release_all(self) -> None:
        """Record every start held back, so that the state knows what runs."""
        for attempt in self._running.values():
            self.release(attempt)

    def close(self) -> None:
        """Stop everything without waiting; nothing is recorded any more."""
        for attempt in self._running.values():
            if attempt.task is not None:
                attempt.task.cancel()

    async def _run(self, planned: PlanNode, attempt: Attempt) -> None:
        context = NodeContext(
            self._engine,
            execution_id=self._recorder.state.execution_id,
            node=planned.id,
            attempt=attempt.number,
            on_log=lambda level, text: self._on_log(attempt, level, text),
            on_progress=lambda done, total: self._on_progress(attempt, done, total),
        )
        job = Job(self._engine, self._recorder.state, planned, context)
        # The barrier: what a write is based on, and that it starts, is durable before it does.
        barrier = self._recorder.durable if planned.effect == "write" else None
        # Counted from here: a loop that is late to begin says nothing about how quick the attempt is. A quick one
        # never gets a timer for its time-out.
        seconds = timeout_of(self._engine, planned).total_seconds()
        expire = partial(self._expire, attempt, context)
        attempt.timer = self._loop.call_later(min(HOLD_SECONDS, seconds), self._slow, attempt, seconds, expire)
        try:
            outcome = await run_attempt(job, barrier=barrier)
        finally:
            attempt.timer.cancel()
        self._arrived.append((attempt, outcome))
        self._on_change()

    def _slow(self, attempt: Attempt, seconds: float, expire: Callable[[], None]) -> None:
        """It is not quick: say that it runs, and watch its time-out from here on."""
        self.release(attempt)
        attempt.timer = self._loop.call_later(max(0.0, seconds - HOLD_SECONDS), expire)

    def _expire(self, attempt: Attempt, context: NodeContext) -> None:
        if attempt.task is not None and attempt.stop_reason is None:
            context.expired = True
            attempt.task.cancel()

    def _on_log(self, attempt: Attempt, level: str, text: str) -> None:
        if self._current(attempt):
            self.release(attempt)
            self._recorder.log(attempt.node, attempt.number, level, text)

    def _on_progress(self, attempt: Attempt, done: float, total: float | None) -> None:
        if self._current(attempt) and not self._recorder.state.final:
            self.release(attempt)
            self._recorder.record(NodeProgress(attempt.node, attempt.number, done, total))

    def _current(self, attempt: Attempt) -> bool:
        """Whether the attempt has not ended; an abandoned thread may still call."""
        return self._running.get(attempt.node) is attempt

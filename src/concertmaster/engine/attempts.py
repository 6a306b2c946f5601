"""Attempts: the attempts of one execution that run in this process, from start to outcome.

Outcomes wait in a queue until the runner takes them, so that one execution has one line of history.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from concertmaster.domain.events import NodeProgress, NodeStarted, NodeWaiting
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import Turn
from concertmaster.engine.attempt import Outcome, run_attempt, speaks_well, timeout_of
from concertmaster.engine.context import NodeContext
from concertmaster.engine.failures import failure_of
from concertmaster.engine.fused import Fused
from concertmaster.engine.groups import Groups
from concertmaster.engine.inline import run_inline
from concertmaster.engine.job import Attempt, Job, context_of
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.recorder import Recorder

_log = logging.getLogger(__name__)
HOLD_SECONDS = 0.05
# Attempts that an execution may run inside its own turn of the loop before others get theirs.
INLINE_ATTEMPTS = 200


class Attempts:
    """Starts, stops and collects the attempts of one execution."""

    def __init__(self, engine: Engine, recorder: Recorder, *, priority: int, on_change: Callable[[], None]) -> None:
        """Args:
        priority: the execution's; decides who gets a free place.
        on_change: called when an outcome waits.
        """
        self._engine = engine
        self._recorder = recorder
        self._priority = priority
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, Attempt] = {}
        self._arrived: deque[tuple[Attempt, Outcome | Fused]] = deque()
        self._groups = Groups(engine, recorder, self._context)
        self._inline_left = INLINE_ATTEMPTS

    def __bool__(self) -> bool:
        """Whether any is under way."""
        return bool(self._running)

    def start(self, planned: PlanNode, number: int) -> None:
        """Start an attempt unless the node has one already."""
        if planned.id in self._running:
            return
        attempt = Attempt(planned, number, self._engine.clock.now())
        self._running[planned.id] = attempt
        if planned.inline and self._inline_left and self._run_inline(attempt):
            return
        # Only what stays on the loop may be quick enough to drop its start, and a join that starts early needs
        # its start in the journal, because it fixes which edges were delivered.
        attempt.held = planned.effect != "write" and planned.type.call == "loop" and planned.threshold is None
        if not attempt.held:
            self._recorder.record(NodeStarted(planned.id, number))
        if not self._groups.park(attempt):
            self._begin(attempt)

    def launch(self) -> None:
        """Begin what waited for others to start with it; to be called when the decider has had its say."""
        for attempts, members in self._groups.take():
            task = asyncio.create_task(self._run_together(attempts, members)) if members else None
            for attempt in attempts:
                attempt.task = task
            if task is None:
                self._one_by_one(attempts)

    def stop(self, node: str, reason: str) -> bool:
        """Tell an attempt to stop; its outcome still arrives. False when the node has none in this process."""
        attempt = self._running.get(node)
        if attempt is None:
            return False
        if attempt.stop_reason is None and (attempt.task is not None or not attempt.ended):
            attempt.stop_reason = reason
            self._cancel(attempt)
        return True

    def arrived(self) -> Iterator[tuple[Attempt, Outcome | Fused]]:
        """The outcomes that came in since the last call, oldest first."""
        while self._arrived:
            attempt, outcome = self._arrived.popleft()
            ended = outcome.attempts if isinstance(outcome, Fused) else (attempt,)
            if isinstance(outcome, Fused) and not self._groups.may_end(outcome):
                attempt.ended = False
                self._one_by_one(ended)
                continue
            for one in ended:
                del self._running[one.node]
            yield attempt, outcome

    async def let_others(self) -> None:
        """Give the loop away when this execution has had its share of a turn."""
        if not self._inline_left:
            await asyncio.sleep(0)
            self._inline_left = INLINE_ATTEMPTS

    def release(self, attempt: Attempt) -> None:
        """Record the `node.started` that was held back."""
        if attempt.held:
            attempt.held = False
            self._recorder.record(NodeStarted(attempt.node, attempt.number))

    def release_all(self) -> None:
        """Record every start held back, so that the state knows what runs."""
        for attempt in self._running.values():
            self.release(attempt)

    def close(self) -> list[asyncio.Task[None]]:
        """Stop everything without waiting; nothing is recorded any more. Returns what has yet to end."""
        for attempt in self._running.values():
            attempt.stop_timer()
        tasks = {attempt.task for attempt in self._running.values() if attempt.task is not None}
        for task in tasks:
            task.cancel()
        self._running.clear()
        return list(tasks)

    def _run_inline(self, attempt: Attempt) -> bool:
        """Whether it could be run at once, to its end."""
        if self._engine.limits.resources or attempt.planned.threshold is not None:
            return False
        self._inline_left -= 1
        outcome = run_inline(self._recorder.state, attempt.planned, self._engine.artifacts)
        if outcome is not None:
            self._end(attempt, outcome)
        return outcome is not None

    def _begin(self, attempt: Attempt) -> None:
        attempt.task = asyncio.create_task(self._run(attempt.planned, attempt))

    def _one_by_one(self, attempts: Sequence[Attempt]) -> None:
        """Run the nodes that a group begins with by themselves, but for those that were told to stop."""
        for attempt in attempts:
            attempt.stop_timer()
            if not self._current(attempt):
                continue
            if attempt.stop_reason is None:
                self._begin(attempt)
            else:
                self._end(attempt, Failure("node.cancelled", attempt.stop_reason, node=attempt.node))

    async def _run_together(self, attempts: Sequence[Attempt], members: Sequence[PlanNode]) -> None:
        """The first of the attempts stands for all of them."""
        lead = attempts[0]
        self._time(lead)
        fused = await self._groups.run(attempts, members, self._turn(lead))
        if fused is None or not self._current(lead):
            self._one_by_one(attempts)
        else:
            lead.stop_timer()
            self._end(lead, fused)

    def _turn(self, attempt: Attempt) -> Turn:
        return Turn(lambda resource: self._queue(attempt, resource), lambda: self._dequeue(attempt))

    def _context(self, attempt: Attempt) -> NodeContext:
        return context_of(self._engine, self._recorder.state, attempt, self._on_log, self._on_progress)

    async def _run(self, planned: PlanNode, attempt: Attempt) -> None:
        try:
            self._end(attempt, await self._outcome(planned, attempt))
        except Exception as error:
            # A bug of ours; without an outcome the execution would wait for it for ever.
            place = {"execution_id": self._recorder.state.execution_id, "node": planned.id}
            _log.exception("an attempt broke down", extra=place)
            self._end(attempt, failure_of(error, node=planned.id))
        finally:
            attempt.stop_timer()
            if attempt.entered:
                self._engine.limits.leave(attempt.entered, holder=self._holder(attempt))
            self._leave_breakers(attempt, None)

    async def _outcome(self, planned: PlanNode, attempt: Attempt) -> Outcome:
        job = Job(self._engine, self._recorder.state, planned, self._context(attempt), self._turn(attempt))
        type_ = planned.type
        guarded = (
            planned.effect == "write" or type_.connections or "url" in type_.fields or self._engine.limits.resources
        )
        self._time(attempt)
        return await run_attempt(job, gate=(lambda used: self._admit(attempt, used)) if guarded else None)

    def _end(self, attempt: Attempt, outcome: Outcome | Fused) -> None:
        if not self._current(attempt):
            return
        attempt.ended = True
        self._leave_breakers(attempt, None if isinstance(outcome, Fused) else outcome)
        self._arrived.append((attempt, outcome))
        self._on_change()

    def _leave_breakers(self, attempt: Attempt, outcome: Outcome | None) -> None:
        """Once, also for an attempt whose outcome nobody wants: a breaker that it tries would stay open."""
        used, attempt.used = attempt.used, None
        if used is not None:
            self._engine.breakers.leave(used, speaks_well(outcome), self._loop.time())

    async def _admit(self, attempt: Attempt, used: list[str]) -> None:
        """The gate: breaker, places and turns; then, before a write, the barrier: what it is based on, and that it
        starts, is durable before it does."""
        breakable = [resource for resource in used if not resource.startswith("node_type:")]
        self._engine.breakers.enter(breakable, self._loop.time())
        attempt.used = breakable
        attempt.entered = self._engine.limits.concerning(used)
        if attempt.entered:
            await self._engine.limits.enter(
                attempt.entered,
                holder=self._holder(attempt),
                priority=self._priority,
                on_wait=lambda rule, resource: self._wait(attempt, rule, resource),
            )
        await self._go_on(attempt)

    async def _go_on(self, attempt: Attempt) -> None:
        """It has what it waited for, if it had to: its time runs from here."""
        if attempt.waited:
            attempt.waited, attempt.held = False, True
            self._time(attempt)
        if attempt.planned.effect == "write" or attempt.planned.type.call != "loop":
            self.release(attempt)
        if attempt.planned.effect == "write":
            await self._recorder.durable()

    def _queue(self, attempt: Attempt, resource: str) -> None:
        """It waits for a free thread or process: that is told when it lasts, for many wait but a moment."""
        attempt.stop_timer()
        attempt.timer = self._loop.call_later(HOLD_SECONDS, self._wait, attempt, "slot", resource)

    async def _dequeue(self, attempt: Attempt) -> None:
        attempt.stop_timer()
        if not attempt.waited:
            self._time(attempt)
        await self._go_on(attempt)

    def _wait(self, attempt: Attempt, rule: str, resource: str) -> None:
        """It has to wait: its time does not run meanwhile, and it has not started."""
        if self._current(attempt):
            attempt.stop_timer()
            attempt.waited, attempt.held = True, False
            self._recorder.record(NodeWaiting(attempt.node, attempt.number, rule, resource=resource))

    def _holder(self, attempt: Attempt) -> str:
        return f"{self._recorder.state.execution_id}/{attempt.node}/{attempt.number}"

    def _time(self, attempt: Attempt) -> None:
        """Watch the clock from here: a loop that is late to begin says nothing about how quick the attempt is. A quick
        one never gets a timer for its time-out."""
        seconds = timeout_of(self._engine, attempt.planned).total_seconds()
        attempt.timer = self._loop.call_later(min(HOLD_SECONDS, seconds), self._slow, attempt, seconds)

    def _slow(self, attempt: Attempt, seconds: float) -> None:
        """It is not quick: say that it runs, and watch its time-out from here on."""
        self.release(attempt)
        attempt.timer = self._loop.call_later(max(0.0, seconds - HOLD_SECONDS), self._expire, attempt)

    def _expire(self, attempt: Attempt) -> None:
        if attempt.task is not None and attempt.stop_reason is None and attempt.context is not None:
            attempt.context.expired = True
            self._cancel(attempt)

    def _cancel(self, attempt: Attempt) -> None:
        """Ask it to end; what has not ended some time after every grace is given up."""
        attempt.stop_timer()
        # Those of a group share a task, which is told once: a second time would cut its thread's grace short.
        if attempt.task is not None and not (attempt.planned.group and attempt.task.cancelling()):
            attempt.task.cancel()
        attempt.timer = self._loop.call_later(self._engine.settings.give_up.total_seconds(), self._give_up, attempt)

    def _give_up(self, attempt: Attempt) -> None:
        if not self._current(attempt):
            return
        place = {"execution_id": self._recorder.state.execution_id, "node": attempt.node}
        _log.warning("an attempt did not end when it was told to, and is left behind", extra=place)
        message = f"Node {attempt.node!r} did not end when it was told to (it catches the cancellation, or blocks)"
        retryable = attempt.planned.effect != "write"
        self._end(attempt, Failure("node.timeout", message, node=attempt.node, retryable=retryable))

    def _on_log(self, attempt: Attempt, level: str, text: str) -> None:
        # A line that was on its way when the attempt ended still counts.
        if self._running.get(attempt.node) is attempt and not self._recorder.state.final:
            self.release(attempt)
            self._recorder.log(attempt.node, attempt.number, level, text)

    def _on_progress(self, attempt: Attempt, done: float, total: float | None) -> None:
        if self._current(attempt) and not self._recorder.state.final:
            self.release(attempt)
            self._recorder.record(NodeProgress(attempt.node, attempt.number, done, total))

    def _current(self, attempt: Attempt) -> bool:
        return self._running.get(attempt.node) is attempt and not attempt.ended  # an abandoned thread may still call

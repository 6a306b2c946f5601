"""Runner: the only loop. Claims an execution, folds its journal, decides, carries out, records; until the end.

It may stop at any await and go on from the journal, here or elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from concertmaster.domain import events
from concertmaster.domain.errors import ConcertMasterError, StaleOwner
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import Append, ArtifactReference, Change, Claim
from concertmaster.domain.values import NULL, Value
from concertmaster.engine import commands as cmd
from concertmaster.engine.attempt import Outcome
from concertmaster.engine.attempts import Attempt, Attempts
from concertmaster.engine.decider import after_failure, after_takeover, decide
from concertmaster.engine.failures import failure_of
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.recorder import LOG_LINES, Recorder
from concertmaster.engine.scope import render_outputs
from concertmaster.engine.state import ExecutionState, fold

_log = logging.getLogger(__name__)
Ending = cmd.Succeed | cmd.Fail | cmd.Cancel | cmd.Interrupt
DEADLINE = ""  # among the timers, whose other keys are node ids


class Runner:
    """Drives one execution."""

    def __init__(self, engine: Engine, execution_id: str) -> None:
        self.execution_id = execution_id
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._wakeup = asyncio.Event()
        self._inbox_unread = True
        self._refused: BaseException | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._state: ExecutionState
        self._recorder: Recorder
        self._attempts: Attempts

    def wake(self) -> None:
        """Look at the inbox soon."""
        self._inbox_unread = True
        self._wakeup.set()

    async def run(self, claim: Claim | None) -> None:
        """Drive to the end, or until another owner takes over.

        Args:
            claim: ownership taken together with the creation; None claims now.
        """
        claim = claim or await self._engine.journal.claim(self.execution_id, self._engine.owner)
        if claim is None or not await self._load(claim):
            return
        try:
            await self._drive()
            await self._recorder.durable()
        except StaleOwner:
            _log.info("another owner took over", extra={"execution_id": self.execution_id})
        finally:
            self._close()

    async def _load(self, claim: Claim) -> bool:
        """Fold what is in the journal; False when the execution cannot be planned and was interrupted."""
        history = claim.events
        if history is None:
            history = await self._engine.journal.read(self.execution_id)
        created = history[0].body
        assert isinstance(created, events.ExecutionCreated)
        try:
            plan = await self._engine.plans.get(created.workflow, created.version)
        except ConcertMasterError as error:
            await self._interrupt_unplanned(claim, failure_of(error, node=""))
            return False
        self._state = fold(self.execution_id, plan, history)
        fresh = self._state.seq == 1
        logged = [] if fresh else await self._engine.executions.logs(self.execution_id, limit=LOG_LINES + 1)
        self._recorder = Recorder(
            self._engine.journal,
            self._engine.clock,
            state=self._state,
            epoch=claim.epoch,
            log_lines=len(logged),
            on_refused=self._on_refused,
        )
        self._attempts = Attempts(self._engine, self._recorder, on_change=self._wakeup.set)
        self._inbox_unread = self._inbox_unread and not fresh
        if self._state.status == "queued":
            started = Change(status="running", started_at=self._engine.clock.now())
            self._recorder.record(events.ExecutionStarted(), change=started)
        for command in after_takeover(self._state):
            self._carry_out(command)
        self._start_deadline()
        return True

    async def _interrupt_unplanned(self, claim: Claim, error: Failure) -> None:
        now = self._engine.clock.now()
        event = events.Event(self.execution_id, claim.head_seq + 1, now, events.ExecutionInterrupted(error))
        change = Change(status="interrupted", ended_at=now, error=error)
        await self._engine.journal.append(Append(self.execution_id, claim.epoch, (event,), change))

    async def _drive(self) -> None:
        while True:
            if self._refused is not None:
                raise self._refused
            if self._inbox_unread:
                self._inbox_unread = False
                await self._take_inbox()
            ending = self._settle()
            if ending is not None:
                await self._end(ending)
                return
            await self._wakeup.wait()
            self._wakeup.clear()
            for attempt, outcome in self._attempts.arrived():
                self._absorb(attempt, outcome)

    async def _take_inbox(self) -> None:
        for item in await self._engine.journal.inbox(self.execution_id):
            if item.kind == "cancel" and self._state.cancelling is None:
                reason = str(item.data.get("reason") or "cancelled")
                self._recorder.record(events.ExecutionCancelling(reason), consumed=item.id)

    def _settle(self) -> Ending | None:
        """Decide and carry out until nothing more follows; returns the command that ends the execution."""
        while True:
            if self._state.stopping:
                self._attempts.release_all()
            seq = self._state.seq
            for command in decide(self._state, self._state.take_changed()):
                if isinstance(command, Ending):
                    return command
                self._carry_out(command)
            if self._state.seq == seq:
                return None

    def _carry_out(self, command: cmd.Command) -> None:
        match command:
            case cmd.StartAttempt(node, attempt):
                self._attempts.start(self._state.plan.nodes[node], attempt)
            case cmd.StopAttempt(node, reason):
                if not self._attempts.stop(node, reason):
                    # Lost with an earlier owner, and cancelled before it was made again.
                    self._recorder.record(events.NodeCancelled(node, self._state.nodes[node].attempt, reason))
            case cmd.StartTimer(node, attempt, due_at):
                self._start_timer(node, due_at, events.TimerFired(node, attempt))
            case cmd.SkipNode(node, reason):
                self._recorder.record(events.NodeSkipped(node, reason))
            case cmd.CancelNode(node, reason):
                if (timer := self._timers.pop(node, None)) is not None:
                    timer.cancel()
                self._recorder.record(events.NodeCancelled(node, self._state.nodes[node].attempt, reason))
            case cmd.PassThrough(node):
                self._pass_through(self._state.plan.nodes[node])
            case _:
                raise AssertionError(f"no rule for {command}")

    def _absorb(self, attempt: Attempt, outcome: Outcome) -> None:
        """Record how an attempt ended."""
        node, number = attempt.node, attempt.number
        if not isinstance(outcome, Failure):
            self._succeed(node, number, attempt.started_at, outcome)
            return
        self._attempts.release(attempt)
        if attempt.stop_reason is not None:
            self._recorder.record(events.NodeCancelled(node, number, attempt.stop_reason))
            return
        now = self._engine.clock.now()
        self._recorder.record(after_failure(self._state, node, number, outcome, at=now, started_at=attempt.started_at))

    def _succeed(self, node: str, attempt: int, started_at: datetime, outputs: Mapping[str, Value]) -> None:
        references = [
            ArtifactReference(value.artifact, node, outlet, value.size_bytes)
            for outlet, value in outputs.items()
            if value.artifact is not None
        ]
        self._recorder.record(events.NodeSucceeded(node, attempt, started_at, outputs), artifacts=references)

    def _pass_through(self, planned: PlanNode) -> None:
        edges = self._state.plan.edges
        main = next((edges[i] for i in self._state.delivered(planned.id) if edges[i].port == "in"), None)
        value = NULL if main is None else self._state.nodes[main.source].outputs[main.outlet]
        self._succeed(planned.id, 0, self._engine.clock.now(), {planned.outlets[0]: value})

    async def _end(self, ending: Ending) -> None:
        outputs: Mapping[str, Any] = {}
        if isinstance(ending, cmd.Succeed):
            try:
                outputs = await render_outputs(self._engine, self._state)
            except Exception as error:
                ending = cmd.Fail(failure_of(error, node=""))
        now = self._engine.clock.now()
        match ending:
            case cmd.Succeed():
                body, change = events.ExecutionSucceeded(outputs), Change(status="succeeded", ended_at=now)
            case cmd.Fail(error):
                body, change = events.ExecutionFailed(error), Change(status="failed", ended_at=now, error=error)
            case cmd.Cancel(reason):
                body, change = events.ExecutionCancelled(reason), Change(status="cancelled", ended_at=now)
            case cmd.Interrupt(error):
                body = events.ExecutionInterrupted(error)
                change = Change(status="interrupted", ended_at=now, error=error)
        self._recorder.record(body, change=change)

    def _start_timer(self, key: str, due_at: datetime, body: events.Body) -> None:
        if key not in self._timers:
            delay = (due_at - self._engine.clock.now()).total_seconds()
            self._timers[key] = self._loop.call_later(max(0.0, delay), self._fire, key, body)

    def _fire(self, key: str, body: events.Body) -> None:
        self._timers.pop(key, None)
        if not self._state.final:
            self._recorder.record(body)
            self._wakeup.set()

    def _start_deadline(self) -> None:
        timeout = self._state.plan.workflow.policy.timeout or self._engine.settings.execution_timeout
        created_at = self._state.created_at
        if created_at is not None and not self._state.expired:
            error = Failure(
                "execution.timeout",
                f"The execution did not end within {timeout}; raise policy.timeout or look at what takes so long",
            )
            self._start_timer(DEADLINE, created_at + timeout, events.ExecutionExpired(error))

    def _on_refused(self, error: BaseException) -> None:
        self._refused = error
        self._wakeup.set()

    def _close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._attempts.close()
        self._recorder.close()

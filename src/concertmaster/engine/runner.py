"""Runner: the only loop. Folds a claimed execution's journal, decides, carries out, records; until the end or a rest.

It may stop at any await and go on from the journal, here or elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from concertmaster.domain import events
from concertmaster.domain.errors import StaleOwner
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import Claim, InboxItem, Placement, Release
from concertmaster.engine import commands as cmd
from concertmaster.engine.attempts import Attempts
from concertmaster.engine.decider import after_takeover, decide
from concertmaster.engine.failures import failure_of
from concertmaster.engine.inbox import unanswered
from concertmaster.engine.item_values import goes_on, references_of
from concertmaster.engine.linger import Linger
from concertmaster.engine.load import load
from concertmaster.engine.offspring import Offspring
from concertmaster.engine.outcomes import Ending, Outcomes, body_of
from concertmaster.engine.parts import Engine
from concertmaster.engine.recorder import Recorder
from concertmaster.engine.requests import answer
from concertmaster.engine.rest import Rest, left_of, rest_of, stuck
from concertmaster.engine.scope import render_outputs
from concertmaster.engine.state import ExecutionState
from concertmaster.engine.timers import Timers
from concertmaster.engine.unloaded import interrupt_unloaded

_log = logging.getLogger(__name__)
FOR_NODES = ("child", "event", "approval")


class Runner:
    """Drives one execution, from a claim until it ends, rests, or another owner takes over."""

    def __init__(self, engine: Engine, claim: Claim, placement: Placement, *, trouble: str = "") -> None:
        """Args:
        placement: where child executions are driven.
        trouble: why the last drive of this execution in this process broke down.
        """
        self.execution_id = claim.row.id
        self._engine = engine
        self._claim = claim
        self._placement = placement
        self._trouble = trouble
        self._loop = asyncio.get_running_loop()
        self._wakeup = asyncio.Event()
        # Read by the placement: a wake-up that came when it had let go already is for whoever claims next.
        self.inbox_unread = False
        self._refused: BaseException | None = None
        self.rests_until: datetime | None = None
        self.ending: Sequence[asyncio.Task[None]] = ()
        self._inbox: Sequence[InboxItem] = ()
        self._state: ExecutionState
        self._recorder: Recorder
        self._attempts: Attempts
        self._timers: Timers
        self._outcomes: Outcomes
        self._offspring: Offspring
        self._linger: Linger
        # What the decider wants and what takes more than a moment, in the order in which it came.
        self._slow: list[cmd.Command] = []

    def wake(self) -> None:
        """Look at the inbox soon."""
        self.inbox_unread = True
        self._wakeup.set()

    async def load(self) -> bool:
        """Fold what is in the journal; False when nobody can drive it, which interrupts the execution."""
        loaded = await load(self._engine, self._claim, trouble=self._trouble)
        if isinstance(loaded, Failure):
            await interrupt_unloaded(self._engine, self._claim, loaded)
            return False
        self._inbox = loaded.inbox
        self._state = loaded.state
        self._recorder = Recorder(
            self._engine.journal,
            self._engine.clock,
            state=loaded.state,
            status=self._claim.row.status,
            epoch=self._claim.row.epoch,
            snapshot_seq=loaded.snapshot_seq,
            log_lines=loaded.log_lines,
            on_refused=self._on_refused,
        )
        priority = self._claim.row.priority
        self._attempts = Attempts(self._engine, self._recorder, priority=priority, on_change=self._wakeup.set)
        self._timers = Timers(self._engine, self._recorder, on_fire=self._wakeup.set)
        self._outcomes = Outcomes(self._engine, self._recorder, self._attempts, self._timers)
        self._offspring = Offspring(self._engine, self._recorder, self._placement, priority=priority)
        # Taken over in vain before: the count of take-overs has to know that somebody came as far as to rest.
        over_at = loaded.state.seq if self._claim.takeovers > 1 else None
        self._linger = Linger(self._placement, self._engine.settings.hibernate, self._wakeup.set, over_at=over_at)
        self._recorder.refer(references_of(self._state))
        return True

    async def drive(self) -> None:
        """Drive what was loaded.

        Raises:
            Exception: a bug, or an append that was refused for another reason than a new owner.
        """
        try:
            for command in after_takeover(self._state):
                self._carry_out(command)
            self._take(self._inbox)
            await self._drive()
            await self._recorder.durable()
        except StaleOwner:
            _log.info("another owner took over", extra={"execution_id": self.execution_id})
        finally:
            self._close()

    async def _drive(self) -> None:
        while True:
            if self._refused is not None:
                raise self._refused
            if self.inbox_unread:
                self.inbox_unread = False
                self._take(await unanswered(self._engine.journal, self.execution_id, again=self.wake))
            if self._state.status == "queued" and self._claim.row.admitted:
                self._recorder.record(events.ExecutionStarted())
            ending = self._settle()
            if self._slow and ending is None:
                ending = await self._carry_out_slow()
                if ending is None:
                    continue
            if ending is not None:
                await self._end(ending)
                return
            if not self._attempts:
                now = self._engine.clock.now()
                rest = rest_of(self._state, now)
                if rest is None:
                    await self._end(cmd.Interrupt(stuck(self._state)))
                    return
                if await self._rest(rest, now):
                    return
            await self._attempts.let_others()
            await self._wakeup.wait()
            self._wakeup.clear()
            for attempt, outcome in self._attempts.arrived():
                self._outcomes.absorb(attempt, outcome)

    def _take(self, requests: Sequence[InboxItem]) -> None:
        # An execution that has ended is let go on first, before it gets what came for its nodes.
        for item in sorted(requests, key=lambda item: item.kind in FOR_NODES) if self._state.final else requests:
            if item.kind in ("event", "approval"):
                self._outcomes.arrive(item)
                continue
            body = answer(self._state, item.kind, item.data)
            if body is None:
                self._recorder.consume(item.id)
                continue
            passed_on = self._offspring.passed_on(body, self._outcomes.still_awaited)
            self._recorder.record(body, consumed=item.id, companions=passed_on)

    def _settle(self) -> Ending | None:
        """Decide and carry out until nothing more follows; returns the command that ends the execution."""
        while True:
            self._timers.watch_deadline()
            if self._state.stopping:
                self._attempts.release_all()
            seq = self._state.seq
            for command in decide(self._state, self._state.take_changed()):
                if isinstance(command, Ending):
                    return command
                self._carry_out(command)
            if self._state.seq == seq:
                self._attempts.launch()
                return None

    def _carry_out(self, command: cmd.Command) -> None:
        match command:
            case cmd.StartAttempt(node, attempt):
                self._attempts.start(self._state.plan.nodes[node], attempt)
            case cmd.StopAttempt(node, reason):
                if not self._attempts.stop(node, reason):
                    # Lost with an earlier owner, and cancelled before it was made again.
                    self._recorder.record(events.NodeCancelled(node, self._state.nodes[node].attempt, reason))
            case cmd.StartTimer(node, attempt, due_at, halted_at):
                left = left_of(due_at, halted_at, self._engine.clock.now())
                self._timers.start(node, left, events.TimerFired(node, attempt))
            case cmd.SkipNode(node, reason):
                self._recorder.record(events.NodeSkipped(node, reason))
            case cmd.CancelNode(node, reason):
                self._timers.stop(node)
                self._recorder.record(events.NodeCancelled(node, self._state.nodes[node].attempt, reason))
            case cmd.FailNode(node, attempt, error):
                self._recorder.record(events.NodeFailed(node, attempt, self._engine.clock.now(), error))
            case cmd.PassThrough(node, attempt):
                self._outcomes.pass_through(self._state.plan.nodes[node], attempt)
            case cmd.GiveNode(node):
                self._outcomes.give(self._state.plan.nodes[node])
            case cmd.EndWait(node, attempt, error):
                self._outcomes.fail(node, attempt, error)
            case cmd.CancelChildren(node, reason):
                for message in self._offspring.ask(node, "cancel", reason):
                    self._recorder.send(message)
            case cmd.LetChildrenGoOn(node):
                self._offspring.go_on(node)
            case cmd.EnterPhase(phase, nodes):
                self._timers.stop_all()
                self._recorder.record(events.ExecutionPhase(phase, nodes))
            case cmd.StartChildren() | cmd.FinishChildren() | cmd.CheckItem() | cmd.ExpireApproval():
                self._slow.append(command)
            case _:
                raise AssertionError(f"no rule for {command}")

    async def _carry_out_slow(self) -> Ending | None:
        """Do what takes more than a moment; what cannot be done ends the node, or without one the execution."""
        commands, self._slow = self._slow, []
        for command in commands:
            try:
                await self._one_slow(command)
            except StaleOwner:
                raise
            except Exception as error:
                node = "" if isinstance(command, cmd.CheckItem) else getattr(command, "node", "")
                failure = failure_of(error, node=node)
                if not node:
                    return cmd.Fail(failure)
                self._outcomes.fail(node, self._state.nodes[node].attempt, failure)
        return None

    async def _one_slow(self, command: cmd.Command) -> None:
        match command:
            case cmd.StartChildren():
                await self._offspring.start(command)
            case cmd.FinishChildren(node, attempt):
                outcome = await self._offspring.finish(node)
                if isinstance(outcome, Failure):
                    self._outcomes.fail(node, attempt, outcome)
                else:
                    self._outcomes.succeed(node, attempt, self._engine.clock.now(), outcome)
            case cmd.CheckItem(index):
                again = await goes_on(self._engine, self._state, index)
                self._recorder.record(events.ItemChecked(index, again))
            case cmd.ExpireApproval(node):
                await self._outcomes.expire(node)
            case _:
                raise AssertionError(f"no rule for {command}")

    async def _rest(self, rest: Rest, now: datetime) -> bool:
        """Nothing runs: say so when it lasts, and leave memory when it lasts long. Returns whether it was left."""
        settings = self._engine.settings
        until = min((at for at in (rest.until, self._timers.deadline()) if at is not None), default=None)
        works = any(node.children is not None and node.children.running for node in self._state.nodes.values())
        lasts = rest.until is None or rest.until - now > settings.show_rest
        if self._state.status == "running" and not works and lasts:
            self._recorder.record(events.ExecutionWaiting(rest.until))
        if not self._linger.over(self._state.seq):
            if until is not None and until - now <= settings.hibernate:
                return False
            if works and self._linger.may(self._state.seq):
                return False
        self._timers.stop_all()
        if await self._recorder.release(Release(until)):
            self.rests_until = until
            return True
        # A request came in between.
        self.inbox_unread = True
        self._wakeup.set()
        self._state.look_at_all()
        return False

    async def _end(self, ending: Ending) -> None:
        outputs: Mapping[str, Any] = {}
        if isinstance(ending, cmd.Succeed):
            try:
                outputs = await render_outputs(self._engine, self._state)
            except Exception as error:
                ending = cmd.Fail(failure_of(error, node=""))
        body = body_of(ending, outputs)
        try:
            told, references = await self._offspring.report(body)
        except Exception as error:
            # What the items gave cannot be put together.
            body = events.ExecutionFailed(failure_of(error, node=""))
            told, references = await self._offspring.report(body)
        self._recorder.record(body, companions=told, artifacts=references)

    def _on_refused(self, error: BaseException) -> None:
        self._refused = error
        self._wakeup.set()

    def _close(self) -> None:
        self._linger.stop()
        self._timers.stop_all()
        self.ending = self._attempts.close()
        self._recorder.close()

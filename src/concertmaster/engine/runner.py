"""Runner: the only loop. Folds a claimed execution's journal, decides, carries out, records; until the end or a rest.

It may stop at any await and go on from the journal, here or elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from uuid_utils import uuid7

from concertmaster.domain import events
from concertmaster.domain.errors import StaleOwner
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import (
    Append,
    ArtifactReference,
    AskApproval,
    Change,
    Claim,
    Companion,
    InboxItem,
    Listen,
    Message,
    Placement,
    Release,
)
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.values import NULL, Value
from concertmaster.engine import commands as cmd
from concertmaster.engine.attempt import Outcome
from concertmaster.engine.attempts import Attempt, Attempts
from concertmaster.engine.awaiting import arrival
from concertmaster.engine.decider import after_failure, after_takeover, decide
from concertmaster.engine.failures import failure_of
from concertmaster.engine.inbox import unanswered
from concertmaster.engine.item_values import goes_on
from concertmaster.engine.job import inputs_of
from concertmaster.engine.load import load
from concertmaster.engine.offspring import Offspring, inner, report_of
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.recorder import Recorder
from concertmaster.engine.requests import answer
from concertmaster.engine.rest import Rest, rest_of, stuck
from concertmaster.engine.scope import render_outputs
from concertmaster.engine.state import ExecutionState, visible_id
from concertmaster.nodes.flow import Await, Wait

_log = logging.getLogger(__name__)
Ending = cmd.Succeed | cmd.Fail | cmd.Cancel | cmd.Interrupt
FOR_NODES = ("child", "event", "approval")
DEADLINE = ""  # among the timers, whose other keys are node ids


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
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.rests_until: datetime | None = None
        self.ending: Sequence[asyncio.Task[None]] = ()
        self._inbox: Sequence[InboxItem] = ()
        self._state: ExecutionState
        self._recorder: Recorder
        self._attempts: Attempts
        self._offspring: Offspring
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
            await self._interrupt_unloaded(loaded)
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
        self._offspring = Offspring(self._engine, self._recorder, self._placement, priority=priority)
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

    async def _interrupt_unloaded(self, error: Failure) -> None:
        now, row = self._engine.clock.now(), self._claim.row
        event = events.Event(row.id, row.head_seq + 1, now, events.ExecutionInterrupted(error))
        change = Change(status="interrupted", ended_at=now, error=error)
        told = await self._tell_parent(error) if row.parent is not None else ()
        await self._engine.journal.append(Append(row.id, row.epoch, (event,), change, companions=told))

    async def _tell_parent(self, error: Failure) -> list[Message]:
        """An execution that cannot even be loaded is interrupted, and so is the one that waits for it."""
        created = (await self._engine.journal.read(self.execution_id, limit=1))[0].body
        if not isinstance(created, events.ExecutionCreated) or created.parent is None:
            return []
        data = {"status": "interrupted", "error": inner(error).as_json()}
        return [report_of(Parentage.from_json(created.parent), self.execution_id, data)]

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
                rest = rest_of(self._state)
                if rest is None:
                    await self._end(cmd.Interrupt(stuck(self._state)))
                    return
                if await self._rest(rest):
                    return
            await self._attempts.let_others()
            await self._wakeup.wait()
            self._wakeup.clear()
            for attempt, outcome in self._attempts.arrived():
                self._absorb(attempt, outcome)

    def _take(self, requests: Sequence[InboxItem]) -> None:
        # An execution that has ended is let go on first, before it gets what came for its nodes.
        for item in sorted(requests, key=lambda item: item.kind in FOR_NODES) if self._state.final else requests:
            if item.kind in ("event", "approval"):
                self._arrive(item)
                continue
            body = answer(self._state, item.kind, item.data)
            if body is None:
                self._recorder.consume(item.id)
                continue
            passed_on: list[Companion] = []
            match body:
                case events.ExecutionPaused(reason):
                    passed_on = [*self._offspring.ask_all("pause", reason)]
                case events.ExecutionResumed(reason) if not self._state.final:
                    passed_on = [*self._offspring.ask_all("resume", reason)]
                case events.ExecutionResumed():
                    # The rows went away with the end.
                    passed_on = self._still_awaited()
                case events.ExecutionRetried(_, again):
                    passed_on = [*self._still_awaited(again), *self._given_up(again)]
                case _:
                    pass
            self._recorder.record(body, consumed=item.id, companions=passed_on)

    def _arrive(self, item: InboxItem) -> None:
        """An event or an answer that a node waits for."""
        found = arrival(self._state, item.kind, item.data)
        if found is None:
            self._recorder.consume(item.id)
        elif isinstance(found.outcome, Failure):
            self._fail(found.node, found.attempt, found.outcome, consumed=item.id)
        else:
            self._succeed(found.node, found.attempt, self._engine.clock.now(), found.outcome, consumed=item.id)

    def _still_awaited(self, but: Container[str] = ()) -> list[Companion]:
        return [
            companion
            for node_id, node in self._state.nodes.items()
            if node.status == "waiting" and node_id not in but
            if (companion := self._awaited(node_id, node.rule, node.about, node.due_at)) is not None
        ]

    def _given_up(self, again: Iterable[str]) -> list[Message]:
        """Cancels for children of containers that begin from the start."""
        reason = "the node that it is a part of starts anew"
        return [message for node in again for message in self._offspring.ask(node, "cancel", reason)]

    def _awaited(
        self, node_id: str, rule: str | None, about: Mapping[str, Any] | None, due_at: datetime | None
    ) -> Companion | None:
        """The row by which others find a node that waits."""
        told = about or {}
        planned = self._state.plan.nodes[node_id]
        if rule == "event":
            looping = planned.item is not None and self._state.items is not None and self._state.items.sequential
            return Listen(node_id, told["name"], told["key"], planned.name if looping else node_id)
        if rule == "approval":
            return AskApproval(told["id"], visible_id(self._state), node_id, told["title"], told, due_at)
        return None

    def _settle(self) -> Ending | None:
        """Decide and carry out until nothing more follows; returns the command that ends the execution."""
        while True:
            self._watch_deadline()
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
                self._stop_timer(node)
                self._recorder.record(events.NodeCancelled(node, self._state.nodes[node].attempt, reason))
            case cmd.FailNode(node, attempt, error):
                self._recorder.record(events.NodeFailed(node, attempt, self._engine.clock.now(), error))
            case cmd.PassThrough(node, attempt):
                self._pass_through(self._state.plan.nodes[node], attempt)
            case cmd.EndWait(node, attempt, error):
                self._fail(node, attempt, error)
            case cmd.CancelChildren(node, reason):
                for message in self._offspring.ask(node, "cancel", reason):
                    self._recorder.send(message)
            case cmd.LetChildrenGoOn(node):
                self._offspring.go_on(node)
            case cmd.EnterPhase(phase, nodes):
                self._stop_timers()
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
                self._fail(node, self._state.nodes[node].attempt, failure)
        return None

    async def _one_slow(self, command: cmd.Command) -> None:
        match command:
            case cmd.StartChildren():
                await self._offspring.start(command)
            case cmd.FinishChildren(node, attempt):
                outcome = await self._offspring.finish(node)
                if isinstance(outcome, Failure):
                    self._fail(node, attempt, outcome)
                else:
                    self._succeed(node, attempt, self._engine.clock.now(), outcome)
            case cmd.CheckItem(index):
                again = await goes_on(self._engine, self._state, index)
                self._recorder.record(events.ItemChecked(index, again))
            case cmd.ExpireApproval(node):
                about = self._state.nodes[node].about or {}
                await self._recorder.durable()
                await self._engine.doors.expire(str(about.get("id")))
            case _:
                raise AssertionError(f"no rule for {command}")

    def _fail(self, node: str, attempt: int, error: Failure, *, consumed: int | None = None) -> None:
        """End an attempt that failed, by the rules for retries."""
        now = self._engine.clock.now()
        self._stop_timer(node)
        body = after_failure(self._state, node, attempt, replace(error, node=node), at=now, started_at=now)
        self._recorder.record(body, consumed=consumed)

    def _absorb(self, attempt: Attempt, outcome: Outcome) -> None:
        """Record how an attempt ended."""
        node, number = attempt.node, attempt.number
        match outcome:
            case Wait():
                due_at = outcome.due_at(self._engine.clock.now())
                self._recorder.record(events.NodeWaiting(node, number, "timer", due_at))
            case Await():
                self._await(node, number, outcome)
            case Failure():
                self._attempts.release(attempt)
                if attempt.stop_reason is not None:
                    self._recorder.record(events.NodeCancelled(node, number, attempt.stop_reason))
                    return
                now, started_at = self._engine.clock.now(), attempt.started_at
                body = after_failure(self._state, node, number, outcome, at=now, started_at=started_at)
                self._recorder.record(body)
            case _:
                self._succeed(node, number, attempt.started_at, outcome)

    def _await(self, node: str, attempt: int, awaited: Await) -> None:
        now = self._engine.clock.now()
        due_at = None if awaited.timeout is None else now + awaited.timeout
        about = dict(awaited.about)
        if awaited.rule == "approval":
            about["id"] = str(uuid7())
        companion = self._awaited(node, awaited.rule, about, due_at)
        body = events.NodeWaiting(node, attempt, awaited.rule, due_at, about=about)
        self._recorder.record(body, companions=() if companion is None else (companion,))

    def _succeed(
        self,
        node: str,
        attempt: int,
        started_at: datetime,
        outputs: Mapping[str, Value],
        *,
        consumed: int | None = None,
    ) -> None:
        references = [
            ArtifactReference(value.artifact, node, outlet, value.size_bytes)
            for outlet, value in outputs.items()
            if value.artifact is not None
        ]
        self._stop_timer(node)
        body = events.NodeSucceeded(node, attempt, started_at, outputs)
        self._recorder.record(body, artifacts=references, consumed=consumed)

    def _pass_through(self, planned: PlanNode, attempt: int) -> None:
        edges = self._state.plan.edges
        main = next((edges[i] for i in self._state.delivered(planned.id) if edges[i].port == "in"), None)
        given = inputs_of(self._state, planned).get("in", NULL) if main is None else NULL
        value = given if main is None else self._state.nodes[main.source].outputs[main.outlet]
        value = value[0] if isinstance(value, list) else value
        self._succeed(planned.id, attempt, self._engine.clock.now(), {planned.outlets[0]: value})

    async def _rest(self, rest: Rest) -> bool:
        """Nothing runs: say so when it lasts, and leave memory when it lasts long. Returns whether it was left."""
        now, settings = self._engine.clock.now(), self._engine.settings
        until = min((at for at in (rest.until, self._deadline()) if at is not None), default=None)
        works = any(node.children is not None and node.children.running for node in self._state.nodes.values())
        if (
            self._state.status == "running"
            and not works
            and (rest.until is None or rest.until - now > settings.show_rest)
        ):
            self._recorder.record(events.ExecutionWaiting(rest.until))
        if until is not None and until - now <= settings.hibernate:
            return False
        self._stop_timers()
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
        body = _body_of(ending, outputs)
        try:
            told, references = await self._offspring.report(body)
        except Exception as error:
            # What the items gave cannot be put together.
            body = events.ExecutionFailed(failure_of(error, node=""))
            told, references = await self._offspring.report(body)
        self._recorder.record(body, companions=told, artifacts=references)

    def _start_timer(self, key: str, due_at: datetime, body: events.Body) -> None:
        if key not in self._timers:
            delay = (due_at - self._engine.clock.now()).total_seconds()
            self._timers[key] = self._loop.call_later(max(0.0, delay), self._fire, key, body)

    def _fire(self, key: str, body: events.Body) -> None:
        self._timers.pop(key, None)
        if not self._state.final:
            self._recorder.record(body)
            self._wakeup.set()

    @property
    def _timeout(self) -> timedelta:
        return self._state.plan.workflow.policy.timeout or self._engine.settings.execution_timeout

    def _deadline(self) -> datetime | None:
        """When the execution's time is over; it counts from its start, or its last retry."""
        state = self._state
        begun_at = state.phase_at or state.begun_at
        return None if begun_at is None or state.expired else begun_at + self._timeout

    def _watch_deadline(self) -> None:
        if DEADLINE in self._timers:
            return
        deadline = self._deadline()
        if deadline is not None:
            message = (
                f"The execution did not end within {self._timeout}; raise policy.timeout or look at what takes so "
            )
            error = Failure("execution.timeout", f"{message}long")
            self._start_timer(DEADLINE, deadline, events.ExecutionExpired(error))

    def _stop_timer(self, node: str) -> None:
        """Its wait is over; a later one has a timer of its own."""
        if (timer := self._timers.pop(node, None)) is not None:
            timer.cancel()

    def _stop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _on_refused(self, error: BaseException) -> None:
        self._refused = error
        self._wakeup.set()

    def _close(self) -> None:
        self._stop_timers()
        self.ending = self._attempts.close()
        self._recorder.close()


def _body_of(ending: Ending, outputs: Mapping[str, Any]) -> events.Body:
    match ending:
        case cmd.Succeed():
            return events.ExecutionSucceeded(outputs)
        case cmd.Fail(error):
            return events.ExecutionFailed(error)
        case cmd.Cancel(reason):
            return events.ExecutionCancelled(reason)
        case cmd.Interrupt(error):
            return events.ExecutionInterrupted(error)

"""Outcomes: records how attempts and waits end, and what nodes wait for beside them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from uuid_utils import uuid7

from concertmaster.domain import events
from concertmaster.domain.execution import Failure
from concertmaster.domain.interfaces import (
    FOR_RECIPE,
    ArtifactReference,
    AskApproval,
    Companion,
    InboxItem,
    KeptResult,
    Listen,
)
from concertmaster.domain.values import NULL, PlannedTable, Value, artifacts_named, from_json
from concertmaster.engine import commands as cmd
from concertmaster.engine.attempt import Outcome
from concertmaster.engine.attempts import Attempts
from concertmaster.engine.awaiting import arrival
from concertmaster.engine.decider import after_failure
from concertmaster.engine.fused import Fused
from concertmaster.engine.job import Attempt, inputs_of
from concertmaster.engine.parts import Engine
from concertmaster.engine.plan import PlanNode
from concertmaster.engine.recorder import Recorder
from concertmaster.engine.reuse import Computed, Reused, kept_of
from concertmaster.engine.state import ExecutionState, visible_id
from concertmaster.engine.timers import Timers
from concertmaster.nodes.flow import Await, Wait

Ending = cmd.Succeed | cmd.Fail | cmd.Cancel | cmd.Interrupt


class Outcomes:
    """Turns outcomes into events of one execution."""

    def __init__(self, engine: Engine, recorder: Recorder, attempts: Attempts, timers: Timers) -> None:
        self._engine = engine
        self._recorder = recorder
        self._attempts = attempts
        self._timers = timers

    @property
    def _state(self) -> ExecutionState:
        return self._recorder.state

    def absorb(self, attempt: Attempt, outcome: Outcome | Fused) -> None:
        """Record how an attempt ended."""
        node, number = attempt.node, attempt.number
        match outcome:
            case Wait():
                now = self._engine.clock.now()
                self._recorder.record(events.NodeWaiting(node, number, "timer", outcome.due_at(now)), at=now)
            case Await():
                self._await(node, number, outcome)
            case Failure():
                self._attempts.release(attempt)
                if attempt.stop_reason is not None:
                    self._recorder.record(events.NodeCancelled(node, number, attempt.stop_reason))
                    return
                now, started_at = self._engine.clock.now(), attempt.started_at
                body = after_failure(self._state, node, number, outcome, at=now, started_at=started_at)
                self._recorder.record(body, at=now)
            case Fused(_, members, outputs):
                self._end_together(attempt, members, outputs)
            case Computed(outputs):
                kept = kept_of(self._state, node, outcome)
                self.succeed(node, number, attempt.started_at, outputs, kept=kept)
            case Reused(outputs, origin):
                self.succeed(node, number, attempt.started_at, outputs, reused=origin)
            case _:
                self.succeed(node, number, attempt.started_at, outcome)

    def fail(self, node: str, attempt: int, error: Failure, *, consumed: int | None = None) -> None:
        """End an attempt that failed, by the rules for retries."""
        now = self._engine.clock.now()
        self._timers.stop(node)
        body = after_failure(self._state, node, attempt, replace(error, node=node), at=now, started_at=now)
        self._recorder.record(body, at=now, consumed=consumed)

    def succeed(
        self,
        node: str,
        attempt: int,
        started_at: datetime,
        outputs: Mapping[str, Value],
        *,
        consumed: int | None = None,
        kept: KeptResult | None = None,
        reused: Mapping[str, Any] | None = None,
    ) -> None:
        """End a node well; what is `kept` comes with it."""
        references = [one for outlet, value in outputs.items() for one in references_to(value, node, outlet)]
        self._timers.stop(node)
        body = events.NodeSucceeded(node, attempt, started_at, outputs, reused)
        companions = () if kept is None else (kept,)
        self._recorder.record(body, artifacts=references, companions=companions, consumed=consumed)

    def _end_together(self, lead: Attempt, members: Sequence[PlanNode], outputs: Mapping[str, Value]) -> None:
        """In one go: nothing is decided, and nothing appended, before the last of them has ended."""
        for planned in members:
            if self._state.nodes[planned.id].status == "pending":
                self._recorder.record(events.NodeStarted(planned.id, 1))
            self.succeed(planned.id, 1, lead.started_at, {planned.outlets[0]: outputs[planned.id]})

    def pass_through(self, planned: PlanNode, attempt: int) -> None:
        """End a node with the value on its main input."""
        edges = self._state.plan.edges
        main = next((edges[i] for i in self._state.delivered(planned.id) if edges[i].port == "in"), None)
        given = inputs_of(self._state, planned).get("in", NULL) if main is None else NULL
        value = given if main is None else self._state.nodes[main.source].outputs[main.outlet]
        value = value[0] if isinstance(value, list) else value
        self.succeed(planned.id, attempt, self._engine.clock.now(), {planned.outlets[0]: value})

    def give(self, planned: PlanNode) -> None:
        """End a node with the outputs that the start brought."""
        given = self._state.given[planned.name]
        attempt, now = self._state.nodes[planned.id].attempt, self._engine.clock.now()
        self.succeed(planned.id, attempt, now, given.outputs, reused=given.origin)

    def _await(self, node: str, attempt: int, awaited: Await) -> None:
        now = self._engine.clock.now()
        due_at = None if awaited.timeout is None else now + awaited.timeout
        about = dict(awaited.about)
        if awaited.rule == "approval":
            about["id"] = str(uuid7())
        companion = self._awaited(node, awaited.rule, about, due_at)
        body = events.NodeWaiting(node, attempt, awaited.rule, due_at, about=about)
        self._recorder.record(
            body,
            at=now,
            companions=() if companion is None else (companion,),
            artifacts=reference_to(about.get("items"), node, "items"),
        )

    async def expire(self, node: str) -> None:
        """Close the approval that a node waits for in vain; what becomes of it comes as a request."""
        about = self._state.nodes[node].about or {}
        await self._recorder.durable()
        await self._engine.doors.expire(str(about.get("id")))

    def arrive(self, item: InboxItem) -> None:
        """An event or an answer that a node waits for."""
        found = arrival(self._state, item.kind, item.data)
        if found is None:
            self._recorder.consume(item.id)
        elif isinstance(found.outcome, Failure):
            self.fail(found.node, found.attempt, found.outcome, consumed=item.id)
        else:
            self.succeed(found.node, found.attempt, self._engine.clock.now(), found.outcome, consumed=item.id)

    def still_awaited(self, but: Container[str] = ()) -> list[Companion]:
        """The rows by which others find the nodes that wait."""
        return [
            companion
            for node_id, node in self._state.nodes.items()
            if node.status == "waiting" and node_id not in but
            if (companion := self._awaited(node_id, node.rule, node.about, node.due_at)) is not None
        ]

    def _awaited(
        self, node_id: str, rule: str | None, about: Mapping[str, Any] | None, due_at: datetime | None
    ) -> Companion | None:
        """The row by which others find a node that waits."""
        told = about or {}
        planned = self._state.plan.nodes[node_id]
        if rule == "event":
            items = self._state.items
            if planned.item is None or items is None or not items.sequential:
                return Listen(node_id, told["name"], told["key"], node_id)
            # The key is that of the loop: the child with the next rounds has the same.
            once = f"{items.parentage.key}/{planned.name}"
            return Listen(node_id, told["name"], told["key"], once, shared=True)
        if rule == "approval":
            return AskApproval(told["id"], visible_id(self._state), node_id, told["title"], told, due_at)
        return None


def reference_to(told: Mapping[str, Any] | None, node: str, what: str) -> list[ArtifactReference]:
    """The references to what has to be kept for a value in its JSON form."""
    return [] if told is None else references_to(from_json(told), node, what)


def references_to(value: Value, node: str, what: str) -> list[ArtifactReference]:
    """The references to what has to be kept for a value: its artifact, or those that its recipe takes."""
    outlet = f"{FOR_RECIPE}{what}" if isinstance(value, PlannedTable) else what
    return [ArtifactReference(digest, node, outlet, size_bytes) for digest, size_bytes in artifacts_named(value)]


def body_of(ending: Ending, outputs: Mapping[str, Any]) -> events.Body:
    """The event with which an execution ends."""
    match ending:
        case cmd.Succeed():
            return events.ExecutionSucceeded(outputs)
        case cmd.Fail(error):
            return events.ExecutionFailed(error)
        case cmd.Cancel(reason):
            return events.ExecutionCancelled(reason)
        case cmd.Interrupt(error):
            return events.ExecutionInterrupted(error)

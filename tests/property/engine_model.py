"""Random workflows and a shell without I/O for them: drives the pure core in any order of arrivals."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from concertmaster import Outlet, Wait, node
from concertmaster.domain import events
from concertmaster.domain.execution import Failure
from concertmaster.domain.given import Part
from concertmaster.domain.policy import NodePolicy, RetryPolicy
from concertmaster.domain.values import JsonValue
from concertmaster.domain.workflow import Edge, Node, Workflow
from concertmaster.engine import commands as cmd
from concertmaster.engine.decider import after_failure, after_takeover, decide
from concertmaster.engine.fold import apply, fold
from concertmaster.engine.plan import Plan, compile_plan
from concertmaster.engine.requests import answer
from concertmaster.engine.snapshot import restore, take
from concertmaster.engine.state import ExecutionState, initial
from concertmaster.nodes.node_type import node_type_of
from concertmaster.nodes.registry import Registry

START = datetime(2026, 1, 1, tzinfo=UTC)


@node(id="test.plain", effect="none")
def plain() -> int:
    """One outlet."""
    return 1


@node(id="test.fork", effect="none", outlets=("left", "right"))
def fork() -> Outlet[int]:
    """Two outlets."""
    return Outlet("left", 1)


@node(id="test.pay", effect="write", idempotent=False)
def pay() -> int:
    """A write that must not be repeated blindly."""
    return 1


@node(id="test.wait", effect="none", passthrough=True)
def wait() -> Wait:
    """Goes on later."""
    return Wait()


def registry() -> Registry:
    """The types above."""
    found = [node_type_of(function) for function in (plain, fork, pay, wait)]
    return Registry([item for item in found if item is not None])


@dataclass(frozen=True)
class Case:
    """A workflow and what each node does: the outlets it takes, or None when it fails; `flaky` attempts fail first."""

    workflow: Workflow
    outcome: Mapping[str, frozenset[str] | None]
    flaky: Mapping[str, int]

    @property
    def plan(self) -> Plan:
        return compile_plan(self.workflow, 1, registry())


@st.composite
def cases(draw: st.DrawFn, *, max_nodes: int = 9) -> Case:
    """Random acyclic workflows with joins, error edges, policies and disabled nodes."""
    count = draw(st.integers(1, max_nodes))
    ids = [f"n{i}" for i in range(count)]
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    outcome: dict[str, frozenset[str] | None] = {}
    flaky: dict[str, int] = {}
    for index, node_id in enumerate(ids):
        kind = draw(st.sampled_from(["test.plain", "test.plain", "test.fork", "test.wait", "test.pay"]))
        outlets = ["left", "right"] if kind == "test.fork" else ["out"]
        incoming = []
        for source in ids[:index]:
            if draw(st.integers(0, 2)) == 0:
                of_source = ["left", "right"] if nodes[source].type == "test.fork" else ["out"]
                incoming.append(Edge(source, node_id, draw(st.sampled_from([*of_source, "error"]))))
        edges += incoming
        join = draw(st.sampled_from(["all", "all", "any", 2])) if incoming else "all"
        policy = NodePolicy(
            join=join if not isinstance(join, int) else min(join, max(1, len(incoming))),
            on_error=draw(st.sampled_from([None, None, None, "continue", "fail"])),
            retry=RetryPolicy(maximum_attempts=3),
        )
        nodes[node_id] = Node(kind, policy=policy, disabled=draw(st.integers(0, 9)) == 0)
        fails = draw(st.integers(0, 4)) == 0
        outcome[node_id] = None if fails else frozenset(draw(st.sets(st.sampled_from(outlets), min_size=1)))
        # What may not be repeated is not retried either.
        flaky[node_id] = 0 if kind == "test.pay" else draw(st.integers(0, 2))
    return Case(Workflow("random", nodes=nodes, edges=tuple(edges)), outcome, flaky)


@dataclass
class Shell:
    """Carries commands out in memory: attempts and timers wait until `step` lets one of them happen."""

    case: Case
    state: ExecutionState
    journal: list[events.Event] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)
    timers: dict[str, int] = field(default_factory=dict)
    now: datetime = START

    def record(self, body: events.Body) -> None:
        self.now += timedelta(microseconds=1)
        event = events.Event("x", self.state.seq + 1, self.now, body)
        apply(self.state, event)
        self.journal.append(event)

    def settle(self) -> None:
        while True:
            seq = self.state.seq
            for command in decide(self.state, self.state.take_changed()):
                self.carry_out(command)
            if self.state.seq == seq:
                return

    def carry_out(self, command: cmd.Command) -> None:
        match command:
            case cmd.StartAttempt(node_id, attempt):
                if node_id not in self.attempts:
                    self.attempts[node_id] = attempt
                    self.record(events.NodeStarted(node_id, attempt))
            case cmd.StartTimer(node_id, attempt):
                self.timers[node_id] = attempt
            case cmd.SkipNode(node_id, reason):
                self.record(events.NodeSkipped(node_id, reason))
            case cmd.CancelNode(node_id, reason):
                self.timers.pop(node_id, None)
                self.record(events.NodeCancelled(node_id, self.state.nodes[node_id].attempt, reason))
            case cmd.StopAttempt(node_id, reason):
                self.attempts.pop(node_id, None)
                self.record(events.NodeCancelled(node_id, self.state.nodes[node_id].attempt, reason))
            case cmd.PassThrough(node_id, attempt):
                outlet = self.state.plan.nodes[node_id].outlets[0]
                self.record(events.NodeSucceeded(node_id, attempt, self.now, {outlet: JsonValue()}))
            case cmd.GiveNode(node_id):
                given = self.state.given[node_id]
                attempt = self.state.nodes[node_id].attempt
                self.record(events.NodeSucceeded(node_id, attempt, self.now, given.outputs, given.origin))
            case cmd.FailNode(node_id, attempt, error):
                self.record(events.NodeFailed(node_id, attempt, self.now, error))
            case cmd.Succeed():
                self.record(events.ExecutionSucceeded({}))
            case cmd.Fail(error):
                self.record(events.ExecutionFailed(error))
            case cmd.Cancel(reason):
                self.record(events.ExecutionCancelled(reason))
            case cmd.Interrupt(error):
                self.record(events.ExecutionInterrupted(error))

    def waiting(self) -> list[str]:
        return [*sorted(self.attempts), *sorted(self.timers)]

    def step(self, chooser: random.Random) -> None:
        """Let one running attempt end, or one timer fire."""
        node_id = chooser.choice(self.waiting())
        if node_id in self.timers:
            self.record(events.TimerFired(node_id, self.timers.pop(node_id)))
            return
        attempt = self.attempts.pop(node_id)
        if chooser.random() < 0.1 and self.state.nodes[node_id].status == "running":
            # It turns out that it has to wait for a place first.
            self.attempts[node_id] = attempt
            self.record(events.NodeWaiting(node_id, attempt, "slot", resource="connection:x"))
            self.record(events.NodeStarted(node_id, attempt))
            return
        outlets = self.case.outcome[node_id]
        failures = self.state.nodes[node_id].failures
        if outlets is None or failures < self.case.flaky[node_id]:
            error = Failure("test.failed", "failed on purpose", retryable=outlets is not None)
            self.record(after_failure(self.state, node_id, attempt, error, at=self.now, started_at=self.now))
        elif self.case.workflow.nodes[node_id].type == "test.wait":
            self.record(events.NodeWaiting(node_id, attempt, "timer", self.now))
        else:
            self.record(events.NodeSucceeded(node_id, attempt, self.now, {name: JsonValue(1) for name in outlets}))


def begin(case: Case, part: Part | None = None) -> Shell:
    """A fresh execution, of all nodes or of a part."""
    shell, part = Shell(case, initial("x", case.plan)), part or Part()
    created = events.ExecutionCreated("random", 1, {}, {"type": "manual"}, given=part.given, left_out=part.left_out)
    shell.record(created)
    shell.record(events.ExecutionStarted())
    return shell


def resume(case: Case, journal: Sequence[events.Event], *, snapshot_at: int = 0) -> Shell:
    """Go on from a journal, as another process would: what ran is lost.

    Args:
        snapshot_at: seq of the snapshot that is used, 0 for none.
    """
    state = initial("x", case.plan)
    if snapshot_at:
        restored = restore(take(fold(state, journal[:snapshot_at])), initial("x", case.plan))
        assert restored is not None
        state = restored
    shell = Shell(case, fold(state, journal[snapshot_at:]), journal=list(journal))
    shell.now = journal[-1].at
    take_over(shell)
    return shell


def take_over(shell: Shell) -> None:
    """What a new owner does first."""
    if shell.state.status == "queued":
        shell.record(events.ExecutionStarted())
    for command in after_takeover(shell.state):
        shell.carry_out(command)


def ask(shell: Shell, kind: Any, **data: Any) -> None:
    """Answer a request, as the runner does."""
    body = answer(shell.state, kind, {"reason": "asked to", **data})
    if body is not None:
        shell.record(body)
    if shell.state.status == "queued":
        shell.record(events.ExecutionStarted())


def run(shell: Shell, seed: int, *, stop_after: int = 10_000, disturbed: bool = False) -> Shell:
    """Drive to the end in the order that `seed` gives.

    Args:
        disturbed: people pause and resume it, and servers die, at random.
    """
    chooser = random.Random(seed)
    shell.settle()
    for _ in range(stop_after):
        if shell.state.status == "interrupted":
            # A person looked, and lets the write be made again.
            ask(shell, "retry")
            shell.settle()
        if shell.state.final:
            return shell
        if disturbed:
            shell = _disturb(shell, chooser)
        if shell.state.paused and not shell.waiting():
            ask(shell, "resume")
        elif not shell.state.final:
            assert shell.waiting(), f"stuck: {[(n, s.status) for n, s in shell.state.nodes.items()]}"
            shell.step(chooser)
        shell.settle()
    return shell


def _disturb(shell: Shell, chooser: random.Random) -> Shell:
    match chooser.randrange(12):
        case 0:
            ask(shell, "pause")
        case 1:
            ask(shell, "resume")
        case 2:
            at = chooser.randrange(len(shell.journal)) if chooser.random() < 0.5 else 0
            shell = resume(shell.case, shell.journal, snapshot_at=at)
        case _:
            pass
    shell.settle()
    return shell

"""Random workflows and a shell without I/O for them: drives the pure core in any order of arrivals."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from concertmaster import Outlet, node
from concertmaster.domain import events
from concertmaster.domain.execution import Failure
from concertmaster.domain.policy import NodePolicy, RetryPolicy
from concertmaster.domain.values import JsonValue
from concertmaster.domain.workflow import Edge, Node, Workflow
from concertmaster.engine import commands as cmd
from concertmaster.engine.decider import after_failure, after_takeover, decide
from concertmaster.engine.plan import Plan, compile_plan
from concertmaster.engine.state import ExecutionState, apply, initial
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


def registry() -> Registry:
    """The three types above."""
    found = [node_type_of(function) for function in (plain, fork, pay)]
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
        kind = draw(st.sampled_from(["test.plain", "test.fork"]))
        outlets = ["out"] if kind == "test.plain" else ["left", "right"]
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
        flaky[node_id] = draw(st.integers(0, 2))
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
            case cmd.StartTimer(node_id, attempt, _):
                self.timers[node_id] = attempt
            case cmd.SkipNode(node_id, reason):
                self.record(events.NodeSkipped(node_id, reason))
            case cmd.CancelNode(node_id, reason):
                self.timers.pop(node_id, None)
                self.record(events.NodeCancelled(node_id, self.state.nodes[node_id].attempt, reason))
            case cmd.StopAttempt(node_id, reason):
                self.attempts.pop(node_id, None)
                self.record(events.NodeCancelled(node_id, self.state.nodes[node_id].attempt, reason))
            case cmd.PassThrough(node_id):
                outlet = self.state.plan.nodes[node_id].outlets[0]
                self.record(events.NodeSucceeded(node_id, 0, self.now, {outlet: JsonValue()}))
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
        outlets = self.case.outcome[node_id]
        failures = self.state.nodes[node_id].failures
        if outlets is None or failures < self.case.flaky[node_id]:
            error = Failure("test.failed", "failed on purpose", retryable=outlets is not None)
            self.record(after_failure(self.state, node_id, attempt, error, at=self.now, started_at=self.now))
        else:
            self.record(events.NodeSucceeded(node_id, attempt, self.now, {name: JsonValue(1) for name in outlets}))


def begin(case: Case) -> Shell:
    """A fresh execution."""
    shell = Shell(case, initial("x", case.plan))
    shell.record(events.ExecutionCreated("random", 1, {}, {"type": "manual"}))
    shell.record(events.ExecutionStarted())
    return shell


def resume(case: Case, journal: Sequence[events.Event]) -> Shell:
    """Go on from a journal, as another process would: what ran is lost."""
    shell = Shell(case, initial("x", case.plan), journal=list(journal))
    for event in journal:
        apply(shell.state, event)
    shell.state.changed = list(shell.state.nodes)
    shell.now = journal[-1].at
    for command in after_takeover(shell.state):
        shell.carry_out(command)
    return shell


def run(shell: Shell, seed: int, *, stop_after: int = 10_000) -> Shell:
    """Drive to the end in the order that `seed` gives."""
    chooser = random.Random(seed)
    shell.settle()
    for _ in range(stop_after):
        if shell.state.final:
            return shell
        assert shell.waiting(), f"stuck: {[(n, s.status) for n, s in shell.state.nodes.items()]}"
        shell.step(chooser)
        shell.settle()
    return shell

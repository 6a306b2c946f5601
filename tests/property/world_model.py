"""A world of executions without I/O: parents, children, inboxes, dying servers.

What belongs to one append is done at once, as in the storage; everything else happens in any order.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine_model import START
from trees import Tree

from concertmaster.domain import events
from concertmaster.domain.execution import Failure
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.values import JsonValue
from concertmaster.domain.workflow import Node
from concertmaster.engine import commands as cmd
from concertmaster.engine.decider import after_failure, after_takeover, decide
from concertmaster.engine.fold import apply, fold
from concertmaster.engine.items import items_plan
from concertmaster.engine.keys import key_of, key_of_children, place_of
from concertmaster.engine.requests import answer
from concertmaster.engine.snapshot import restore, take
from concertmaster.engine.state import ExecutionState, initial

SPAN = 3  # items of one child: small, so that there are several


@dataclass
class Member:
    """One execution of the world, as its owner sees it."""

    id: str
    state: ExecutionState
    journal: list[events.Event]
    inbox: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)
    timers: dict[str, int] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


Saved = dict[str, tuple[int, tuple[Any, ...]]]


@dataclass
class World:
    """All executions of one tree, and what lies in the database at each moment."""

    tree: Tree
    members: dict[str, Member] = field(default_factory=dict)
    history: list[Saved] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    now: datetime = START
    inside: dict[str, int] = field(default_factory=dict)

    @property
    def root(self) -> Member:
        return self.members["x"]

    def record(self, member: Member, body: events.Body, then: Callable[[], None] = lambda: None) -> None:
        """One append: the event, and what belongs to it."""
        self.now += timedelta(microseconds=1)
        event = events.Event(member.id, member.state.seq + 1, self.now, body)
        apply(member.state, event)
        member.journal.append(event)
        then()
        self.history.append({one.id: (len(one.journal), tuple(one.inbox)) for one in self.members.values()})

    def tell(self, target: str, kind: str, data: dict[str, Any]) -> None:
        """As `storage/awaiting.py` does."""
        member = self.members[target]
        status = member.state.status
        if not member.state.final or kind == "retry" or status == "interrupted":
            member.inbox.append((kind, data))

    def settle(self) -> None:
        """Carry out all that follows by itself."""
        busy = True
        while busy:
            busy = False
            for member in list(self.members.values()):
                busy |= self._turn(member)

    def _turn(self, member: Member) -> bool:
        moved = self._answer(member)
        if member.state.final:
            return moved
        if member.state.status == "queued":
            self.record(member, events.ExecutionStarted())
        while True:
            seq = member.state.seq
            for command in decide(member.state, member.state.take_changed()):
                self.carry_out(member, command)
            if member.state.seq == seq:
                return moved
            moved = True

    def _answer(self, member: Member) -> bool:
        controls = [one for one in member.inbox if one[0] not in ("child",)]
        if member.state.final and not controls:
            return False
        requests = [*controls, *(one for one in member.inbox if one[0] == "child")]
        for request in requests:
            member.inbox.remove(request)
            kind, data = request
            body = answer(member.state, kind, {"reason": "asked to", **data})  # type: ignore[arg-type]
            if body is None:
                continue
            self._pass_on(member, body)
            self.record(member, body)
        return bool(requests)

    def _pass_on(self, member: Member, body: events.Body) -> None:
        match body:
            case events.ExecutionPaused():
                self._ask(member, list(member.state.nodes), "pause")
            case events.ExecutionResumed() if not member.state.final:
                self._ask(member, list(member.state.nodes), "resume")
            case events.ExecutionRetried(_, again):
                self._ask(member, again, "cancel")
            case _:
                pass
        if member.state.final:
            member.asked.clear()

    def _ask(self, member: Member, nodes: Any, kind: str) -> None:
        for node in nodes:
            children = member.state.nodes[node].children
            if children is None:
                continue
            for child in (*children.running, *(children.halted if kind == "cancel" else ())):
                if kind != "cancel" or child not in member.asked:
                    self.tell(child, kind, {})
                if kind == "cancel":
                    member.asked.add(child)

    def carry_out(self, member: Member, command: cmd.Command) -> None:
        state = member.state
        match command:
            case cmd.StartAttempt(node, attempt):
                if node not in member.attempts:
                    member.attempts[node] = attempt
                    self.record(member, events.NodeStarted(node, attempt))
            case cmd.StartTimer(node, attempt):
                member.timers[node] = attempt
            case cmd.SkipNode(node, reason):
                self.record(member, events.NodeSkipped(node, reason))
            case cmd.CancelNode(node, reason):
                member.timers.pop(node, None)
                self.record(member, events.NodeCancelled(node, state.nodes[node].attempt, reason))
            case cmd.StopAttempt(node, reason):
                member.attempts.pop(node, None)
                self.record(member, events.NodeCancelled(node, state.nodes[node].attempt, reason))
            case cmd.PassThrough(node, attempt):
                outlet = state.plan.nodes[node].outlets[0]
                self.record(member, events.NodeSucceeded(node, attempt, self.now, {outlet: JsonValue()}))
            case cmd.FailNode(node, attempt, error):
                self.record(member, events.NodeFailed(node, attempt, self.now, error))
            case cmd.EndWait(node, attempt, error):
                self._fail(member, node, attempt, error)
            case cmd.StartChildren(node, attempt, spans):
                for offset, count in spans:
                    self._start_child(member, node, attempt, offset, count)
            case cmd.CancelChildren(node, _):
                self._ask(member, [node], "cancel")
            case cmd.LetChildrenGoOn(node):
                self._let_go_on(member, node)
            case cmd.FinishChildren(node, attempt):
                children = state.nodes[node].children
                assert children is not None
                failure = children.unmet()
                if failure is not None:
                    self._fail(member, node, attempt, failure)
                else:
                    self.record(member, events.NodeSucceeded(node, attempt, self.now, {"out": JsonValue()}))
            case cmd.CheckItem(index):
                parentage = state.parentage
                assert parentage is not None
                again = parentage.offset + index < self.tree.rounds(parentage.key)
                self.record(member, events.ItemChecked(index, again))
            case cmd.EnterPhase(phase, nodes):
                member.timers.clear()
                self.record(member, events.ExecutionPhase(phase, nodes))
            case cmd.Succeed():
                self._end(member, events.ExecutionSucceeded({}))
            case cmd.Fail(error):
                self._end(member, events.ExecutionFailed(error))
            case cmd.Cancel(reason):
                self._end(member, events.ExecutionCancelled(reason))
            case cmd.Interrupt(error):
                self._end(member, events.ExecutionInterrupted(error))
            case _:
                raise AssertionError(command)

    def _let_go_on(self, member: Member, node: str) -> None:
        found, children = member.state.nodes[node], member.state.nodes[node].children
        assert children is not None
        told = [("resume", children.halted), ("retry", children.retried)]
        for kind, spans in told:
            for child, (offset, count) in list(spans.items()):
                member.asked.discard(child)
                body = events.ItemStarted(node, found.attempt, child, offset, count)
                self.record(member, body, lambda child=child, kind=kind: self.tell(child, kind, {}))

    def _start_child(self, member: Member, node: str, attempt: int, offset: int, count: int) -> None:
        state, planned = member.state, member.state.plan.nodes[node]
        about, above = state.nodes[node].about or {}, state.parentage
        path = (*(above.path if above is not None else ()), planned.name)
        key, id_ = key_of_children(state, planned), f"{member.id}/{node}@{offset}#{len(self.members)}"
        settings = about.get("settings") or {}
        parentage = Parentage(
            member.id, node, attempt, about["kind"], key, "x", path=path, offset=offset, count=count, settings=settings
        )
        created = events.ExecutionCreated("tree", 1, {}, {}, parentage.as_json())
        child = self.member(id_, created)

        def make() -> None:
            self.members[id_] = child

        self.record(member, events.ItemStarted(node, attempt, id_, offset, count), make)

    def member(self, id_: str, created: events.ExecutionCreated) -> Member:
        """A new execution with its first event."""
        event = events.Event(id_, 1, self.now, created)
        return Member(id_, fold(self.empty(id_, created), [event]), [event])

    def empty(self, id_: str, created: events.Body) -> ExecutionState:
        """The state before the first event."""
        assert isinstance(created, events.ExecutionCreated)
        if created.parent is None:
            return initial(id_, self.tree.plan)
        parentage = Parentage.from_json(created.parent)
        return initial(id_, items_plan(self.tree.plan, parentage), parentage)

    def _end(self, member: Member, body: events.Body) -> None:
        parentage, items = member.state.parentage, member.state.items

        def report() -> None:
            if member.state.status == "interrupted":
                member.inbox[:] = [one for one in member.inbox if one[0] == "child"]
            else:
                member.inbox.clear()
            if parentage is None or items is None:
                return
            data: dict[str, Any] = {"node": parentage.node, "execution": member.id}
            data |= {"status": member.state.status, "failed": len(items.failures)}
            data |= {"again": items.sequential and not items.over, "result": {"kind": "json", "data": None}}
            if isinstance(body, events.ExecutionFailed | events.ExecutionInterrupted):
                data["error"] = body.error.as_json()
            self.tell(parentage.execution, "child", data)

        self.record(member, body, report)
        member.attempts.clear()
        member.timers.clear()

    def _fail(self, member: Member, node: str, attempt: int, error: Failure) -> None:
        body = after_failure(member.state, node, attempt, error, at=self.now, started_at=self.now)
        self.record(member, body)

    def waiting(self) -> list[tuple[str, str]]:
        """What may happen next: an attempt ends or a timer fires."""
        return [
            (one.id, node) for one in self.members.values() for node in (*sorted(one.attempts), *sorted(one.timers))
        ]

    def step(self, chooser: random.Random) -> None:
        id_, node = chooser.choice(self.waiting())
        member = self.members[id_]
        if node in member.timers:
            self.record(member, events.TimerFired(node, member.timers.pop(node)))
            return
        attempt, planned, state = member.attempts.pop(node), member.state.plan.nodes[node], member.state
        if planned.body is not None:
            about = self.about(planned.spec.id, self._document_node(member, planned.name).config)
            self.record(member, events.NodeWaiting(node, attempt, "children", about=about))
            return
        place = place_of(state, planned)
        outcome = self.tree.outcome(place, self._document_node(member, planned.name))
        if outcome.outlets is None or state.nodes[node].failures < outcome.flaky:
            self._fail(
                member, node, attempt, Failure("test.failed", "on purpose", retryable=outcome.outlets is not None)
            )
        elif planned.spec.id == "test.wait":
            self.record(member, events.NodeWaiting(node, attempt, "timer", self.now))
        else:
            key = key_of(state, planned)
            self.done[key] = self.done.get(key, 0) + 1
            outputs = {name: JsonValue(1) for name in outcome.outlets}
            self.record(member, events.NodeSucceeded(node, attempt, self.now, outputs))

    def _document_node(self, member: Member, name: str) -> Node:
        nodes = self.tree.workflow.nodes
        for part in member.state.parentage.path if member.state.parentage is not None else ():
            body = nodes[part].body
            assert body is not None
            nodes = body.nodes
        return nodes[name]

    @staticmethod
    def about(type_id: str, config: Any) -> dict[str, Any]:
        """As `engine/awaiting.py` prepares it, with short spans."""
        match type_id:
            case "flow.for_each":
                total, concurrency = len(config["items"]), config["concurrency"]
                parallel = max(1, -(-min(concurrency, max(1, total)) // 2))
                settings = {"concurrency": 2, "on_error": config["on_error"], "enough": config["enough"]}
                about = {"kind": "each", "total": total, "span": SPAN, "parallel": parallel, "settings": settings}
                return {**about, "enough": config["enough"]}
            case "flow.race":
                return {"kind": "race", "total": 1, "settings": {"wins": config["wins"]}}
            case "flow.lock":
                return {"kind": "lock", "total": 1}
            case _:
                return {"kind": type_id.partition(".")[2], "total": config["maximum"], "span": SPAN}


def begin(tree: Tree) -> World:
    """A world with one new execution."""
    world = World(tree)
    world.members["x"] = world.member("x", events.ExecutionCreated("tree", 1, {}, {"type": "manual"}))
    return world


def after_death(world: World, saved: Saved | None = None, *, snapshots: random.Random | None = None) -> World:
    """What other servers make of what is in the database.

    Args:
        saved: a moment of its history; now, without one.
        snapshots: where to take them.
    """
    saved = saved or {one.id: (len(one.journal), tuple(one.inbox)) for one in world.members.values()}
    again = World(world.tree, now=world.now)
    for id_, (length, inbox) in saved.items():
        journal = world.members[id_].journal[:length]
        cut = snapshots.randrange(len(journal)) if snapshots is not None else 0
        state = again.empty(id_, journal[0].body)
        if cut:
            restored = restore(take(fold(state, journal[:cut])), again.empty(id_, journal[0].body))
            assert restored is not None
            state = restored
        again.members[id_] = Member(id_, fold(state, journal[cut:]), list(journal), inbox=list(inbox))
    for member in list(again.members.values()):
        if not member.state.final:
            if member.state.status == "queued":
                again.record(member, events.ExecutionStarted())
            for command in after_takeover(member.state):
                again.carry_out(member, command)
    return again


def run(world: World, seed: int, *, disturbed: bool = False, most: int = 5_000) -> World:
    """Drive to the end of the root, in the order that `seed` gives."""
    chooser = random.Random(seed)
    world.settle()
    for _ in range(most):
        root = world.root
        if root.state.status == "interrupted":
            world.tell("x", "retry", {})
            world.settle()
            continue
        if root.state.final:
            return world
        if disturbed and chooser.random() < 0.2:
            world = _disturb(world, chooser)
            continue
        if not world.waiting():
            assert any(one.state.paused for one in world.members.values()), f"stuck: {shown(world)}"
            world.tell("x", "resume", {})
        else:
            world.step(chooser)
        world.settle()
    raise AssertionError(f"no end: {shown(world)}")


def _disturb(world: World, chooser: random.Random) -> World:
    match chooser.randrange(4):
        case 0:
            world.tell("x", "pause", {})
        case 1:
            world.tell("x", "resume", {})
        case _:
            world = after_death(world, snapshots=chooser if chooser.random() < 0.5 else None)
    world.settle()
    return world


def shown(world: World) -> Sequence[Any]:
    """For messages of tests."""
    return [
        (one.id, one.state.status, one.inbox, {node: state.status for node, state in one.state.nodes.items()})
        for one in world.members.values()
    ]

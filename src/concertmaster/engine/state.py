"""ExecutionState: everything known about an execution; `fold.py` makes it of the events, the decider reads it.

`changed` collects the nodes that the decider has to look at again, so that deciding costs the same at 10 and at
1,000 nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from concertmaster.domain.events import ExecutionCreated
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionStatus, Failure, NodeStatus
from concertmaster.domain.given import Given
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.phases import Phase
from concertmaster.domain.values import Value
from concertmaster.engine.children import Children
from concertmaster.engine.items import ItemsState, initial_items
from concertmaster.engine.plan import Plan

FOR_A_PLACE = ("slot", "rate")
NO_OUTPUTS: Mapping[str, Value] = {}
OPEN_NODE: frozenset[NodeStatus] = frozenset({"pending", "running", "retrying", "waiting"})


class IllegalEvent(Exception):
    """The journal holds an event that cannot follow the ones before it: a bug, or a damaged journal."""


@dataclass(slots=True)
class NodeState:
    """Where a node is.

    Attributes:
        attempt: the newest attempt, 0 before the first.
        failures: failed attempts; a lost one (crash) does not count.
        undecided: incoming edges not yet taken or skipped.
        taken: incoming edges taken, in the order of their decision.
        delivered: the edges whose values the running attempt got.
        due_at: when a retry may start or a wait is over; None once its timer has fired.
        halted_at: when that wait began.
        rule: what a waiting node waits for, see `NodeWaiting`.
        generation: part of the idempotency key, see `ExecutionRetried`.
        fired: the timer of the wait has fired.
        about: what a wait is about, see `NodeWaiting`.
        children: of a container or call; `former`: those of the attempt before, as far as they are of use to the next.
        order: its place in the order in which nodes succeeded, from 1.
    """

    undecided: int
    status: NodeStatus = "pending"
    attempt: int = 0
    failures: int = 0
    taken: tuple[int, ...] = ()
    delivered: tuple[int, ...] | None = None
    outputs: Mapping[str, Value] = field(default_factory=lambda: NO_OUTPUTS)
    error: Failure | None = None
    due_at: datetime | None = None
    halted_at: datetime | None = None
    rule: str | None = None
    generation: int = 1
    fired: bool = False
    about: Mapping[str, Any] | None = None
    children: Children | None = None
    former: Children | None = None
    order: int = 0

    @property
    def open(self) -> bool:
        """It has not come to an end."""
        return self.status in OPEN_NODE


@dataclass(slots=True)
class ExecutionState:
    """Everything known about an execution. It has one user, the fold, which changes it in place.

    Attributes:
        generation: rises with every retry of the whole.
        fresh: no results of earlier executions are reused.
        begun_at: when it started to run, or was let run again; its time-out counts from here.
        running: nodes with an attempt under way.
        lost: those of them whose attempt ended with an earlier owner.
        paused: no node starts.
        interruption: why it needs a person, until one has let it go on.
        open_nodes: nodes of the phase that have not come to an end.
        stopped: node by which the execution ends early, and well.
        phase: `main`, or the one after it that is under way, with its nodes; `phases_done` are over.
        phase_at: when it began; the time-out counts anew from here.
        phase_failure: what went wrong in it; `late_failure`: the first that went wrong after `main`.
        cancelled_late: somebody asked to cancel after `main`, which ends the phase only.
        succeeded: nodes so far, for `NodeState.order`.
        items: of a child execution of a container.
        parentage: of a child execution.
        given, left_out: by the names of nodes, see `ExecutionCreated`.
    """

    execution_id: str
    plan: Plan
    nodes: dict[str, NodeState]
    open_nodes: int
    status: ExecutionStatus = "queued"
    seq: int = 0
    generation: int = 1
    created_at: datetime | None = None
    begun_at: datetime | None = None
    inputs: Mapping[str, Any] = field(default_factory=lambda: {})
    trigger: Mapping[str, Any] = field(default_factory=lambda: {})
    fresh: bool = False
    failure: Failure | None = None
    interruption: Failure | None = None
    cancelling: str | None = None
    expired: bool = False
    paused: bool = False
    running: set[str] = field(default_factory=lambda: set[str]())
    lost: set[str] = field(default_factory=lambda: set[str]())
    changed: list[str] = field(default_factory=lambda: list[str]())
    stopped: str | None = None
    phase: Phase = "main"
    phase_nodes: tuple[str, ...] = ()
    phases_done: tuple[str, ...] = ()
    phase_at: datetime | None = None
    phase_failure: Failure | None = None
    late_failure: Failure | None = None
    cancelled_late: str | None = None
    succeeded: int = 0
    items: ItemsState | None = None
    parentage: Parentage | None = None
    given: Mapping[str, Given] = field(default_factory=lambda: {})
    left_out: Mapping[str, str] = field(default_factory=lambda: {})

    @property
    def final(self) -> bool:
        """Nothing follows by itself."""
        return self.status in FINAL_EXECUTION

    @property
    def stopping(self) -> bool:
        """No new node of the phase starts any more."""
        if self.phase != "main":
            return self.phase_failure is not None or self.cancelled_late is not None
        return self.failure is not None or self.cancelling is not None or self.stopped is not None

    def take_created(self, created: ExecutionCreated, at: datetime) -> None:
        """What the start says."""
        self.inputs, self.trigger, self.created_at = created.inputs, created.trigger, at
        self.fresh, self.given, self.left_out = created.fresh, created.given, created.left_out

    def take_changed(self) -> list[str]:
        """The nodes to decide about, and forget them."""
        changed, self.changed = self.changed, []
        return changed

    def look_at_all(self) -> None:
        """Decide about every open node anew."""
        self.changed = [node_id for node_id, node in self.nodes.items() if node.open]

    def concerns(self, node_id: str) -> bool:
        """Whether the node may run now: it is of the phase under way, and its item is admitted."""
        planned = self.plan.nodes[node_id]
        if self.items is not None and planned.item is not None:
            return planned.item < self.items.admitted
        return planned.phase == self.phase and (self.phase == "main" or node_id in self.phase_nodes)

    def count_open(self) -> None:
        """Count the open nodes that may run now, after what may run has changed."""
        self.open_nodes = sum(node.open and self.concerns(node_id) for node_id, node in self.nodes.items())

    def delivered(self, node_id: str) -> tuple[int, ...]:
        """Incoming edges whose values an attempt gets, in document order."""
        node = self.nodes[node_id]
        edges = node.taken if node.delivered is None else node.delivered
        return tuple(sorted(edges))


def initial(execution_id: str, plan: Plan, parentage: Parentage | None = None) -> ExecutionState:
    """The state before the first event.

    Args:
        parentage: of a child execution; the plan is that of its items then.
    """
    nodes = {node_id: NodeState(undecided=len(node.incoming)) for node_id, node in plan.nodes.items()}
    state = ExecutionState(execution_id, plan, nodes, open_nodes=len(nodes), changed=list(nodes), parentage=parentage)
    if plan.items is not None and parentage is not None:
        state.items = initial_items(parentage, plan.items)
    if state.items is not None or plan.phases:
        state.count_open()
    return state


def visible_id(state: ExecutionState) -> str:
    """The execution that lists show: this one, or the nearest above that is no part of another."""
    parentage = state.parentage
    return state.execution_id if parentage is None or not parentage.hidden else parentage.visible


def failed_items(state: ExecutionState) -> set[int]:
    """Items with a node whose failure nobody handles."""
    nodes = state.plan.nodes
    return {
        item
        for node_id, node in state.nodes.items()
        if node.status == "failed" and not nodes[node_id].handled and (item := nodes[node_id].item) is not None
    }

"""ExecutionState: everything known about an execution; `fold.py` makes it of the events, the decider reads it.

`changed` collects the nodes that the decider has to look at again, so that deciding costs the same at 10 and at
1,000 nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionStatus, Failure, NodeStatus
from concertmaster.domain.values import Value
from concertmaster.engine.plan import Plan

NO_OUTPUTS: Mapping[str, Value] = {}
OPEN_NODE: frozenset[NodeStatus] = frozenset({"pending", "running", "retrying", "waiting"})


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
        rule: what a waiting node waits for, see `NodeWaiting`.
        generation: part of the idempotency key, see `ExecutionRetried`.
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
    rule: str | None = None
    generation: int = 1

    @property
    def open(self) -> bool:
        """It has not come to an end."""
        return self.status in OPEN_NODE


@dataclass(slots=True)
class ExecutionState:
    """Everything known about an execution. It has one user, the fold, which changes it in place.

    Attributes:
        generation: rises with every retry of the whole.
        begun_at: when it started to run, or was let run again; its time-out counts from here.
        running: nodes with an attempt under way.
        lost: those of them whose attempt ended with an earlier owner.
        paused: no node starts.
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
    failure: Failure | None = None
    cancelling: str | None = None
    expired: bool = False
    paused: bool = False
    running: set[str] = field(default_factory=lambda: set[str]())
    lost: set[str] = field(default_factory=lambda: set[str]())
    changed: list[str] = field(default_factory=lambda: list[str]())

    @property
    def final(self) -> bool:
        """Nothing follows by itself."""
        return self.status in FINAL_EXECUTION

    @property
    def stopping(self) -> bool:
        """No new node starts any more."""
        return self.failure is not None or self.cancelling is not None

    def take_changed(self) -> list[str]:
        """The nodes to decide about, and forget them."""
        changed, self.changed = self.changed, []
        return changed

    def look_at_all(self) -> None:
        """Decide about every open node anew."""
        self.changed = [node_id for node_id, node in self.nodes.items() if node.open]

    def delivered(self, node_id: str) -> tuple[int, ...]:
        """Incoming edges whose values an attempt gets, in document order."""
        node = self.nodes[node_id]
        edges = node.taken if node.delivered is None else node.delivered
        return tuple(sorted(edges))


def initial(execution_id: str, plan: Plan) -> ExecutionState:
    """The state before the first event."""
    nodes = {node_id: NodeState(undecided=len(node.incoming)) for node_id, node in plan.nodes.items()}
    return ExecutionState(execution_id, plan, nodes, open_nodes=len(nodes), changed=list(nodes))

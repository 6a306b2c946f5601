"""ExecutionView: the pure fold of an execution's events to what people look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from concertmaster.domain.errors import NotFound
from concertmaster.domain.events import (
    Event,
    ExecutionCancelled,
    ExecutionCreated,
    ExecutionPaused,
    ExecutionRetried,
    ExecutionSucceeded,
    ItemEnded,
    ItemStarted,
    NodeCancelled,
    NodeFailed,
    NodeProgress,
    NodeRetrying,
    NodeSkipped,
    NodeStarted,
    NodeSucceeded,
    NodeWaiting,
    TimerFired,
)
from concertmaster.domain.execution import ExecutionRow, Failure, NodeStatus
from concertmaster.domain.near_miss import hint
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.values import JsonValue, Value, to_json
from concertmaster.domain.workflow import Body, Workflow
from concertmaster.engine.items import item_id
from concertmaster.services.children_view import ChildrenView
from concertmaster.services.tables_in import tables_in

# Rules of a node that waits for a limited resource.
QUEUES = ("slot", "rate")


@dataclass(slots=True)
class NodeRun:
    """One node inside one execution, as far as the events tell."""

    node: str
    type: str
    title: str | None
    status: NodeStatus = "pending"
    attempt: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    due_at: datetime | None = None
    rule: str | None = None
    resource: str | None = None
    about: Mapping[str, Any] | None = None
    children: ChildrenView | None = None
    progress: NodeProgress | None = None
    error: Failure | None = None
    outputs: Mapping[str, Value] = field(default_factory=lambda: {})
    reused: Mapping[str, Any] | None = None
    reason: str | None = None

    def as_json(self, logs: int) -> dict[str, Any]:
        """`NodeRun` of the REST contract."""
        return {
            "node": self.node,
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "attempt": self.attempt,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "due_at": self.due_at,
            "waiting": None,
            "progress": None if self.progress is None else {"done": self.progress.done, "total": self.progress.total},
            "error": None if self.error is None else _error(self.error),
            "tables_in": {},
            "outputs": {outlet: summary(value) for outlet, value in self.outputs.items()},
            "logs": logs,
            "items": None if self.children is None else self.children.counts(),
            "children": [] if self.children is None else self.children.as_json(),
            "approval": self.about["id"] if self.rule == "approval" and self.about else None,
            "reused": origin_json(self.reused),
            "reason": self.reason,
        }


class ExecutionView:
    """What an execution looks like after some of its events.

    Attributes:
        at: when the last of them happened; None before the first.
    """

    def __init__(self, workflow: Workflow, inputs: Mapping[str, Any] | None = None) -> None:
        self.workflow = workflow
        self.at: datetime | None = None
        # Of a part of another execution: the body that it runs, once for each of its items.
        self.graph: Workflow | Body = workflow
        self.parentage: Parentage | None = None
        self.inputs: Mapping[str, Any] = inputs or {}
        self.outputs: Mapping[str, Any] | None = None
        self.left_out: Mapping[str, str] = {}
        self.generation = 1
        self.pause_reason = ""
        self.cancel_reason: str | None = None
        self.nodes = {name: NodeRun(name, node.type, node.title) for name, node in workflow.nodes.items()}

    def apply(self, events: Iterable[Event]) -> None:
        """Fold more events, in order."""
        for event in events:
            self.at = event.at
            match event.body:
                case ExecutionCreated(inputs=inputs, parent=parent):
                    self.inputs, self.left_out = inputs, event.body.left_out
                    if parent is not None:
                        self._take_parent(Parentage.from_json(parent))
                case ExecutionSucceeded(outputs):
                    self.outputs = outputs
                case ExecutionCancelled(reason):
                    self.cancel_reason = reason
                case ExecutionPaused(reason):
                    self.pause_reason = reason
                case ExecutionRetried(generation, nodes, _, inputs):
                    self.generation, self.outputs, self.cancel_reason = generation, None, None
                    self.inputs = self.inputs if inputs is None else inputs
                    for name in nodes:
                        old = self.nodes[name]
                        self.nodes[name] = NodeRun(name, old.type, old.title, attempt=old.attempt)
                case _ if event.node is not None:
                    # A node that the document does not have: an event of a newer release. Shown, not refused.
                    run = self.nodes.setdefault(event.node, NodeRun(event.node, "", None))
                    _apply_to_node(run, event)
                case _:
                    pass

    def _take_parent(self, parentage: Parentage) -> None:
        self.parentage = parentage
        if not parentage.hidden:
            return
        for name in parentage.path:
            body = self.graph.nodes[name].body
            self.graph = body or Body({})
        self.nodes = {
            item_id(name, item): NodeRun(item_id(name, item), node.type, node.title)
            for item in range(parentage.count)
            for name, node in self.graph.nodes.items()
        }

    def as_json(self, row: ExecutionRow, logs: Mapping[str, int]) -> dict[str, Any]:
        """`Execution` of the REST contract.

        Args:
            logs: how many lines each node logged.
        """
        told = tables_in(self.graph.edges, self.nodes)
        return {
            **row.as_json(),
            "waiting": None,
            "typical_seconds": None,
            "reason": self.cancel_reason,
            "generation": self.generation,
            "part_of": None if self.parentage is None else _part_of(self.parentage),
            "inputs": dict(self.inputs),
            "outputs": None if self.outputs is None else dict(self.outputs),
            "nodes": {
                name: {**run.as_json(logs.get(name, 0)), "tables_in": told.get(name, {})}
                for name, run in self.nodes.items()
            },
        }


def summary(value: Value) -> dict[str, Any]:
    """`ValueSummary` of the REST contract: never how a planned table is made; an artifact's address only tells whether
    two values are the same bytes."""
    told = to_json(value)
    digest = told.pop("artifact", None)
    told.pop("recipe", None)
    if digest is not None:
        told["digest"] = digest
        if isinstance(value, JsonValue):
            told.pop("value", None)
    return told


def _apply_to_node(run: NodeRun, event: Event) -> None:
    match event.body:
        case NodeStarted(attempt=attempt):
            run.status, run.attempt, run.due_at, run.progress = "running", attempt, None, None
            run.rule = run.resource = run.about = None
            run.started_at = run.started_at or event.at
        case NodeProgress():
            run.progress = event.body
        case NodeRetrying(attempt=attempt, error=error, due_at=due_at):
            run.status, run.attempt, run.error, run.due_at = "retrying", attempt, error, due_at
        case NodeWaiting(attempt=attempt, rule=rule, due_at=due_at, resource=resource, about=about):
            run.status, run.attempt, run.due_at, run.rule, run.resource = "waiting", attempt, due_at, rule, resource
            run.about = about
            run.children = ChildrenView.of(about) if rule == "children" and about else run.children
            if rule not in QUEUES:
                run.started_at = run.started_at or event.at
            elif attempt == 1:
                run.started_at = None  # who queues for a place or a turn has not begun
        case ItemStarted() if run.children is not None:
            run.children.take_start(event.body)
        case ItemEnded() if run.children is not None:
            run.children.take_end(event.body)
        case TimerFired():
            run.due_at = None
        case NodeSucceeded(attempt=attempt, started_at=started_at, outputs=outputs, reused=reused):
            run.error, run.outputs, run.reused = None, outputs, reused
            _end(run, event, "succeeded", attempt, started_at)
        case NodeFailed(attempt=attempt, started_at=started_at, error=error):
            run.error = error
            _end(run, event, "failed", attempt, started_at)
        case NodeSkipped(reason=reason):
            run.reason = reason
            _end(run, event, "skipped", run.attempt, None)
        case NodeCancelled(attempt=attempt, reason=reason):
            run.reason = reason
            _end(run, event, "cancelled", attempt, None)
        case _:
            pass


def _end(run: NodeRun, event: Event, status: NodeStatus, attempt: int, started_at: datetime | None) -> None:
    run.status, run.attempt, run.ended_at, run.due_at = status, attempt, event.at, None
    if run.rule in QUEUES:
        # Its start after the queue was too short before its end to be told; `started_at` is that of the queue.
        started_at = event.at
    # The first attempt's start, so that the time shown includes the waits between attempts.
    run.started_at = run.started_at or started_at


def origin_json(reused: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`Origin` of the REST contract."""
    if reused is None:
        return None
    return {"pinned": False, "at": None, **reused}


def _part_of(parentage: Parentage) -> dict[str, Any]:
    """`PartOf` of the REST contract."""
    return {
        "execution": parentage.execution,
        "node": parentage.node,
        "kind": parentage.kind,
        "visible": parentage.visible,
        "offset": parentage.offset,
        "count": parentage.count,
    }


def _error(error: Failure) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "node": error.node, "details": dict(error.details)}


def output_of(run: NodeRun, outlet: str) -> Value | None:
    """The value on an outlet, None when that outlet was not taken; `error` of a failed node is its failure."""
    if outlet == "error" and run.status == "failed" and run.error is not None:
        return JsonValue(_error(run.error))
    return run.outputs.get(outlet)


def value_at(view: ExecutionView, execution_id: str, node: str, outlet: str) -> Value:
    """The value on an outlet of a node.

    Raises:
        NotFound: `node.not_found`, `output.not_found`.
    """
    run = view.nodes.get(node)
    if run is None:
        raise NotFound("node.not_found", f"Execution {execution_id} has no node '{node}'{hint(node, view.nodes)}")
    value = output_of(run, outlet)
    if value is None:
        taken = ", ".join(sorted(run.outputs)) or "none"
        raise NotFound(
            "output.not_found", f"Node '{node}' ({run.status}) has no output '{outlet}'; outlets with one: {taken}"
        )
    return value

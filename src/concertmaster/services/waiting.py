"""Why is this waiting? The rule and the holder, for every execution and node that has not ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow
from concertmaster.domain.phases import phases_of
from concertmaster.services.children_view import ChildrenView, Queue
from concertmaster.services.execution_view import QUEUES, ExecutionView, NodeRun

_ENDED = frozenset({"succeeded", "failed", "skipped", "cancelled"})
_HOLDERS_SHOWN = 20
_NODES_TOLD = 3
_WHEN_DUE: Mapping[str, str] = {
    "fail": "it fails",
    "approve": "it counts as approved",
    "reject": "it counts as rejected",
}
_OF_THE_SERVER = {
    "threads": "It waits for a free thread: the server runs as many at once as CONCERTMASTER_THREADS allows",
    "processes": "It waits for a free process: the server runs as many at once as CONCERTMASTER_PROCESSES allows",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something has not ended.

    Attributes:
        rule: of an execution `concurrency`, `dispatch`, `paused`, `timer`, `slot`, `rate`, `event`, `approval`,
            `children`, `nodes`; of a node `edges`, `attempt`, `timer`, `slot`, `rate`, `event`, `approval`, `children`,
            `concurrency`, `phase`, `paused`, `queued`.
        message: for people.
        until: when the rule lets go by itself, where that is known.
        holders: who has to act or end first: ids of executions, `<execution>/<node>`, or nodes of this execution.
    """

    rule: str
    message: str
    until: datetime | None = None
    holders: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """`Waiting` of the REST contract."""
        holders = list(self.holders[:_HOLDERS_SHOWN])
        return {"rule": self.rule, "message": self.message, "until": self.until, "holders": holders}


def why_execution(
    row: ExecutionRow, view: ExecutionView, *, slot_holders: Sequence[str], slots: Mapping[str, Sequence[str]]
) -> Reason | None:
    """Why an execution has not ended; None when it has.

    Args:
        slot_holders: executions that hold the places of its concurrency limit.
        slots: who holds the places of each limited resource.
    """
    if row.status in FINAL_EXECUTION:
        return None
    if row.status == "queued" and not row.admitted:
        named = f"policy.concurrency of {row.workflow}" + (f" (key {key})" if (key := _key(row)) else "")
        places = "the place is" if len(slot_holders) == 1 else f"all {len(slot_holders)} places are"
        return Reason("concurrency", f"{named} allows no more at one time: {places} taken", None, slot_holders)
    if row.status == "queued":
        return Reason("dispatch", "It waits for a server that has room for it", row.wake_at)
    if row.status == "paused":
        return Reason("paused", f"It was {view.pause_reason or 'paused'}; resume it to go on")
    open_nodes = [run for run in view.nodes.values() if run.status not in _ENDED]
    busy = [run.node for run in open_nodes if run.status not in ("pending",)]
    due = min((run.due_at for run in open_nodes if run.due_at is not None), default=None)
    others = [(run.node, reason) for run in open_nodes if (reason := _others(run)) is not None]
    if len(others) == len(busy) > 0:
        said = [f"{node}: {reason.message}" for node, reason in others[:_NODES_TOLD]]
        more = [f"and {len(others) - len(said)} more"] if len(others) > len(said) else []
        if all(reason.rule == "concurrency" for _, reason in others):
            busy = list(dict.fromkeys(holder for _, reason in others for holder in reason.holders))
        return Reason(others[0][1].rule, "; ".join([*said, *more]), due, busy)
    if row.status == "waiting":
        return Reason("timer", "Nothing runs; it waits for a point in time", due, busy)
    if busy and all(run.status == "waiting" and run.rule in QUEUES for run in open_nodes if run.node in busy):
        return _queue([run for run in open_nodes if run.node in busy], slots)
    return Reason("nodes", f"These nodes have not ended: {', '.join(busy) or 'none has started yet'}", None, busy)


def why_node(
    run: NodeRun, row: ExecutionRow, view: ExecutionView, *, slots: Mapping[str, Sequence[str]]
) -> Reason | None:
    """Why a node has not ended; None when it has, or never will because the execution has.

    Args:
        slots: who holds the places of each limited resource.
    """
    if run.status in _ENDED or row.status in FINAL_EXECUTION:
        return None
    if run.status == "running":
        return Reason("attempt", f"Attempt {run.attempt} runs", None, [run.node])
    if row.status == "paused":
        return Reason("paused", f"The execution was {view.pause_reason or 'paused'}", None)
    match run.status:
        case "retrying":
            said = run.error.message if run.error else "it failed"
            return Reason("timer", f"Attempt {run.attempt} failed ({said}); the next one follows", run.due_at)
        case "waiting" if run.rule == "slot" and run.resource in _OF_THE_SERVER:
            return Reason("slot", _OF_THE_SERVER[run.resource])
        case "waiting" if run.rule in QUEUES:
            resource = run.resource or ""
            return Reason(run.rule, f"It waits for {_place(run)}", None, slots.get(resource, ()))
        case "waiting":
            return _others(run) or Reason("timer", "It waits for a point in time", run.due_at)
        case _ if row.status == "queued":
            return Reason("queued", "The execution has not started yet")
        case _:
            return _edges(run, view)


def _queue(queued: Sequence[NodeRun], slots: Mapping[str, Sequence[str]]) -> Reason:
    """All that could go on waits for limited resources."""
    told = "; ".join(f"{run.node} waits for {_place(run)}" for run in queued)
    resources = dict.fromkeys(run.resource or "" for run in queued)
    holders = list(dict.fromkeys(holder for resource in resources for holder in slots.get(resource, ())))
    return Reason(queued[0].rule or "slot", f"Nothing runs: {told}", None, holders)


def _place(run: NodeRun) -> str:
    return f"{'a free place' if run.rule == 'slot' else 'its turn'} of {run.resource or ''}"


def nodes_of(holders: Sequence[str]) -> Sequence[str]:
    """The nodes behind the holders of places, `<execution>/<node>`: which attempt it is says nothing to people."""
    return list(dict.fromkeys(holder.rpartition("/")[0] for holder in holders))


def _others(run: NodeRun) -> Reason | None:
    """What it waits for that others give; None when it waits for something else."""
    about = run.about or {}
    match run.rule if run.status == "waiting" else None:
        case "event":
            key = f" with the key {about['key']!r}" if about.get("key") else ""
            return Reason("event", f"It waits for the event {about.get('name')!r}{key}", run.due_at)
        case "approval":
            asked = ", ".join(about.get("assignees") or ()) or "anybody who may decide"
            due = "" if run.due_at is None else f"; {_WHEN_DUE[about.get('when_due', 'fail')]} if nobody does"
            return Reason("approval", f"It asks {asked} to decide: {about.get('title', '')!r}{due}", run.due_at)
        case "children" if run.children is not None:
            return _children(run, run.children)
        case _:
            return None


def _children(run: NodeRun, children: ChildrenView) -> Reason:
    counts, running = children.live or children.counts(), [child.execution for child in children.running()]
    if counts["kind"] == "call":
        return Reason("children", f"It waits for the execution of {(run.about or {}).get('workflow')}", None, running)
    if children.queue is not None:
        return Reason("concurrency", _lock(children.queue), run.due_at, children.queue.holders)
    if counts["kind"] in ("race", "lock"):
        return Reason("children", "It waits for the nodes of its body", run.due_at, running)
    done = f"{counts['done']:,} rounds" if children.loops else f"{counts['done']:,} of {counts['total']:,} items"
    failed = f", {counts['failed']:,} of them failed" if counts["failed"] else ""
    parts = "1 part runs" if len(running) == 1 else f"{len(running)} parts run"
    return Reason("children", f"{done} are done{failed}; {parts}", run.due_at, running)


def _lock(queue: Queue) -> str:
    places = "" if len(queue.holders) < 2 else f": all {len(queue.holders)} places are taken"
    return f"It waits for the lock {queue.name}{places}"


def _edges(run: NodeRun, view: ExecutionView) -> Reason:
    # In a part of another execution the nodes are those of the body, once for each item: `fetch[3]`.
    name, bracket, item = run.node.partition("[")
    sources = [f"{edge.source}{bracket}{item}" for edge in view.graph.edges if edge.target == name]
    awaited = [source for source in dict.fromkeys(sources) if view.nodes[source].status not in _ENDED]
    node = view.graph.nodes.get(name)
    join = "all" if node is None else node.policy.join
    later = None if view.parentage is not None and view.parentage.hidden else _later(run.node, view)
    if later is not None:
        return Reason("phase", f"{later}, when {', '.join(awaited)} ended" if awaited else later, None, awaited)
    text = f"It starts when {', '.join(awaited)} ended" if awaited else "It is about to start"
    return Reason("edges", text if join == "all" else f"{text} (join: {join})", None, awaited)


def _later(name: str, view: ExecutionView) -> str | None:
    """When a node runs that does not run in the normal course."""
    match phases_of(view.workflow).get(name):
        case "undo":
            undone = [other for other, node in view.workflow.nodes.items() if node.policy.undo == name]
            return f"It undoes {', '.join(undone)} if the execution fails"
        case "on_failure":
            return "It runs only after a failure"
        case "finally":
            return "It runs at the end"
        case _:
            return None


def _key(row: ExecutionRow) -> str:
    return (row.slot_key or "").removeprefix(f"{row.workflow}/")

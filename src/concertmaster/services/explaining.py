"""Why an execution and its nodes have not ended: what has to be looked up for `waiting`, whose rules are pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.interfaces import ExecutionStore, Slots
from concertmaster.services.execution_view import ExecutionView
from concertmaster.services.item_status import counted
from concertmaster.services.lock_holders import find_queues
from concertmaster.services.waiting import nodes_of, why_execution, why_node

PARTS_COUNTED = 10
Look = Callable[[str], Awaitable[tuple[ExecutionRow, ExecutionView]]]


async def explain(
    shown: dict[str, Any], row: ExecutionRow, view: ExecutionView, *, store: ExecutionStore, slots: Slots, look: Look
) -> None:
    """Add to an `Execution` of the REST contract why it, and each of its nodes, has not ended.

    Args:
        look: finds the row and the view of a part.
    """
    waits = row.slot_key is not None and not row.admitted
    taken = await store.slot_holders(row.slot_key or "") if waits else ()
    resources = {run.resource for run in view.nodes.values() if run.status == "waiting" and run.resource}
    held = {resource: nodes_of(await slots.holders(resource)) for resource in resources}
    await _count_items(view, look)
    await find_queues(store, [run.children for run in view.nodes.values() if run.status == "waiting"])
    reason = why_execution(row, view, slot_holders=taken, slots=held)
    shown["waiting"] = None if reason is None else reason.as_json()
    for name, run in view.nodes.items():
        found = why_node(run, row, view, slots=held)
        shown["nodes"][name]["waiting"] = None if found is None else found.as_json()


async def _count_items(view: ExecutionView, look: Look) -> None:
    for run in view.nodes.values():
        children = run.children
        if run.status != "waiting" or children is None or children.known.kind == "call":
            continue
        running = children.running()[:PARTS_COUNTED]
        children.live = counted(children, [(await look(child.execution))[1] for child in running])

"""Who holds the lock that a node waits for: its child is a part that has no place yet."""

from __future__ import annotations

from collections.abc import Iterable

from concertmaster.domain.interfaces import ExecutionStore
from concertmaster.services.children_view import ChildrenView, Queue

_PREFIX = "lock/"


async def find_queues(store: ExecutionStore, nodes: Iterable[ChildrenView | None]) -> None:
    """Tell the children of locks which lock they queue for, and who holds it; nothing to those that hold theirs."""
    for children in nodes:
        if children is None or children.known.kind != "lock":
            continue
        for child in children.running():
            row = await store.get(child.execution)
            if row.slot_key is not None and not row.admitted:
                holders = [await _visible(store, one) for one in await store.slot_holders(row.slot_key)]
                name = row.slot_key.removeprefix(_PREFIX)
                children.queue = Queue(name, list(dict.fromkeys(holders)))


async def _visible(store: ExecutionStore, execution_id: str) -> str:
    """The execution that people know: a part that holds a lock is in no list."""
    row = await store.get(execution_id)
    while row.hidden and row.parent is not None:
        row = await store.get(row.parent)
    return row.id

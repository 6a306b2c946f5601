"""Which workflows name a connection, so that nobody deletes what is needed without knowing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.connection_uses import connection_uses
from concertmaster.domain.document import parse
from concertmaster.domain.interfaces import StoredWorkflow, WorkflowStore
from concertmaster.domain.spec import Specs


@dataclass(frozen=True, slots=True)
class WorkflowUse:
    """A version of a workflow that names a connection; `pointers` are the places in its document."""

    workflow: str
    version: int
    published: bool
    pointers: Sequence[str]


class ConnectionUseService:
    """Looks through the newest and the published version of each workflow."""

    def __init__(self, store: WorkflowStore, specs: Callable[[], Specs]) -> None:
        self._store = store
        self._specs = specs

    async def of(self, actor: Actor, names: Collection[str]) -> Mapping[str, Sequence[WorkflowUse]]:
        """The uses of each of the connections, by workflow."""
        demand(actor, "connection:read")
        # Documents are canonical JSON, so a name stands in them as JSON writes it.
        found = await self._store.naming([json.dumps(name, ensure_ascii=False) for name in names])
        return await asyncio.to_thread(partial(_uses, found, frozenset(names), self._specs()))


def _uses(found: Sequence[StoredWorkflow], names: frozenset[str], specs: Specs) -> dict[str, list[WorkflowUse]]:
    uses: dict[str, list[WorkflowUse]] = {name: [] for name in names}
    for stored in found:
        workflow = parse(stored.document, format="json").workflow
        if workflow is None:
            continue
        places: dict[str, list[str]] = {}
        for use in connection_uses(workflow, specs):
            if use.connection in names:
                places.setdefault(use.connection, []).append(use.pointer)
        for name, pointers in places.items():
            uses[name].append(WorkflowUse(stored.name, stored.version, stored.version == stored.published, pointers))
    return uses

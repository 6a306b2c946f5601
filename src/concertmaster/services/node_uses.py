"""Which node types are used: by stored workflows, and by executions that have not ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from functools import partial

from concertmaster.domain.execution import UNFINISHED
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.domain.interfaces import ExecutionStore, WorkflowStore

# With more of them than this it is not worth the while to look what each one runs.
_MOST_UNFINISHED = 1_000


class NodeUseService:
    """Looks through the newest and the published version of each workflow, and what unfinished executions run."""

    def __init__(self, workflows: WorkflowStore, executions: ExecutionStore) -> None:
        self._workflows = workflows
        self._executions = executions

    async def of(self, references: Collection[str]) -> frozenset[str]:
        """Those of some `type@version` that somebody uses, or may use."""
        stored = await self._workflows.naming([text for one in references for text in _texts(one)])
        documents = [one.document for one in stored]
        unfinished = await self._executions.list(ExecutionFilter(status=UNFINISHED), limit=_MOST_UNFINISHED)
        if unfinished.next is not None:
            return frozenset(references)
        known = {(one.name, one.version) for one in stored}
        running = {(row.workflow, row.version) for row in unfinished.items} - known
        documents += [(await self._workflows.get(*one)).document for one in sorted(running)]
        return await asyncio.to_thread(partial(_named, references, documents))


def _named(references: Collection[str], documents: Collection[str]) -> frozenset[str]:
    def named(reference: str) -> bool:
        return any(text in document for document in documents for text in _texts(reference))

    return frozenset(filter(named, references))


def _texts(reference: str) -> tuple[str, ...]:
    """How a document names a type: it is canonical JSON, and leaves a version open while the type is not known."""
    return json.dumps(reference), json.dumps(reference.partition("@")[0])

"""Pins: outputs that people keep for nodes of a workflow, so that test runs need not make them again.

A pin is no part of the document or of a version, and nothing that starts by itself uses one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.data.json_value import encode_json, save_json
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Conflict, NotFound, UserError
from concertmaster.domain.interfaces import Clock, Pin, PinStore, WorkflowStore
from concertmaster.domain.near_miss import hint
from concertmaster.domain.partial_web import outlets_of
from concertmaster.domain.spec import Specs
from concertmaster.domain.values import Stored, TableRef
from concertmaster.services.execution_view import output_of, summary
from concertmaster.services.executions import ExecutionService
from concertmaster.services.items import ItemService
from concertmaster.services.workflows import WorkflowService

# Larger values belong in a file of the workspace.
VALUE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Output:
    value: Stored
    outlet: str
    at: datetime


class PinService:
    """Use cases around pins."""

    def __init__(
        self,
        store: PinStore,
        documents: WorkflowStore,
        workflows: WorkflowService,
        executions: ExecutionService,
        items: ItemService,
        artifacts: ArtifactStore,
        *,
        specs: Callable[[], Specs],
        clock: Clock,
    ) -> None:
        self._store = store
        self._documents = documents
        self._workflows = workflows
        self._executions = executions
        self._items = items
        self._artifacts = artifacts
        self._specs = specs
        self._clock = clock

    async def list(self, actor: Actor, workflow: str) -> Sequence[Pin]:
        """All of a workflow, by node. Raises NotFound `workflow.not_found`."""
        demand(actor, "workflow:read")
        await self._documents.get(workflow, None)
        return await self._store.list(workflow)

    async def put_output(
        self, actor: Actor, workflow: str, node: str, execution: str, *, outlet: str | None = None, path: str = ""
    ) -> Pin:
        """Pin what a node gave in an execution, in place of what was pinned for it.

        Args:
            node: in the body of a container `container/node`.
            outlet: the only one with a value when not given.
            path: of a node in a body, the item: `3`, `3.0`; the first one when empty.
        Raises:
            NotFound: the workflow, its node, the execution, or an output in it.
            UserError: `pin.other_workflow`, `pin.no_outlet`, `pin.which_outlet`.
            Conflict: `pin.data_gone`.
        """
        demand(actor, "workflow:write")
        demand(actor, "execution:read")
        outlets = await self._outlets(workflow, node)
        row = await self._executions.get(actor, execution)
        if row.workflow != workflow:
            raise UserError(
                "pin.other_workflow",
                f"The execution {execution} is one of {row.workflow}; name one of {workflow}",
            )
        found = await self._output(actor, execution, node, outlet, path)
        _demand_outlet(node, found.outlet, outlets)
        artifact = found.value.artifact
        if artifact is not None and not await asyncio.to_thread(self._artifacts.reuse, artifact):
            raise Conflict(
                "pin.data_gone", f"What '{node}' gave in the execution {execution} was kept no longer; run it again"
            )
        return await self._put(
            actor, Pin(workflow, node, found.outlet, found.value, found.at, actor.name, execution, node)
        )

    async def put_value(self, actor: Actor, workflow: str, node: str, value: Any, *, outlet: str | None = None) -> Pin:
        """Pin a JSON value. Raises as `put_output`, and UserError `pin.too_large`."""
        demand(actor, "workflow:write")
        outlets = await self._outlets(workflow, node)
        chosen = outlet or _only([name for name in outlets if name != "error"], node)
        _demand_outlet(node, chosen, outlets)
        size = len(await asyncio.to_thread(encode_json, value))
        if size > VALUE_BYTES:
            raise UserError(
                "pin.too_large",
                f"The value has {size:,} bytes and a pinned one at most {VALUE_BYTES:,}; keep it in a file of the "
                "workspace, or pin the output of an execution",
            )
        stored = await asyncio.to_thread(save_json, value, self._artifacts)
        return await self._put(actor, Pin(workflow, node, chosen, stored, self._clock.now(), actor.name))

    async def remove(self, actor: Actor, workflow: str, node: str) -> None:
        """Let the node run again. Raises NotFound `pin.not_found`."""
        demand(actor, "workflow:write")
        await self._store.remove(workflow, node, actor=actor)

    async def _put(self, actor: Actor, pin: Pin) -> Pin:
        await self._store.put(pin, actor=actor)
        return pin

    async def _outlets(self, workflow: str, node: str) -> Sequence[str]:
        stored = await self._documents.get(workflow, None)
        document = await self._workflows.version(workflow, stored.version)
        known: Mapping[str, Sequence[str]] = outlets_of(document, self._specs())
        if node not in known:
            raise NotFound("node.not_found", f"The workflow {workflow} has no node '{node}'{hint(node, known)}")
        return known[node]

    async def _output(self, actor: Actor, execution: str, node: str, outlet: str | None, path: str) -> _Output:
        names = node.split("/")
        item = path or ".".join("0" for _ in names[1:])
        place, at = await self._items.locate(actor, execution, ".".join(names), item)
        run = (await self._executions.view(place))[1].nodes.get(at)
        if outlet is None:
            outlet = "out" if run is None or not run.outputs else _only(list(run.outputs), node)
        value = await self._executions.value(place, at, outlet)
        assert run is not None, "else there is no value"
        assert output_of(run, outlet) is not None
        return _Output(value, outlet, run.ended_at or self._clock.now())


def pin_json(pin: Pin) -> dict[str, Any]:
    """`Pin` of the REST contract."""
    told = summary(pin.value)
    return {
        "node": pin.node,
        "outlet": pin.outlet,
        "origin": None if pin.execution is None else {"execution": pin.execution, "node": pin.origin_node},
        "at": pin.at,
        "by": pin.by,
        "kind": told["kind"],
        "rows": pin.value.rows if isinstance(pin.value, TableRef) else None,
        "size_bytes": pin.value.size_bytes,
        "summary": told,
    }


def _demand_outlet(node: str, outlet: str, outlets: Sequence[str]) -> None:
    if outlet not in outlets:
        raise UserError(
            "pin.no_outlet", f"The node '{node}' has no outlet '{outlet}'{hint(outlet, outlets)}", outlets=list(outlets)
        )


def _only(outlets: Sequence[str], node: str) -> str:
    if len(outlets) == 1:
        return outlets[0]
    names = ", ".join(outlets)
    raise UserError("pin.which_outlet", f"Say which outlet of '{node}' is pinned: {names}", outlets=list(outlets))

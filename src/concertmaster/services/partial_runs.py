"""Partial runs: try some nodes of a workflow out with outputs that there are, and say beforehand what will run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import Conflict, NotFound, UserError
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.domain.interfaces import ExecutionStore, Pin, PinStore
from concertmaster.domain.near_miss import hint
from concertmaster.domain.partial import Aim, Former, Outlets, Planned, plan_part, plan_whole
from concertmaster.domain.partial_web import Ground, ground_of
from concertmaster.domain.spec import Specs
from concertmaster.services.documents import beside
from concertmaster.services.executions import ExecutionService, Started
from concertmaster.services.former_runs import Known, former_of
from concertmaster.services.kept_data import demand_kept, gone
from concertmaster.services.run_plan import RunPlan, brought, part_of, plan_json
from concertmaster.services.run_request import RunRequest
from concertmaster.services.workflows import WorkflowService

# So many of the newest executions are looked at for outputs.
LOOKED_AT = 20


class PartialRunService:
    """Use cases around test runs."""

    def __init__(
        self,
        executions: ExecutionService,
        store: ExecutionStore,
        workflows: WorkflowService,
        pins: PinStore,
        artifacts: ArtifactStore,
        *,
        specs: Callable[[], Specs],
    ) -> None:
        self._executions = executions
        self._store = store
        self._workflows = workflows
        self._pins = pins
        self._artifacts = artifacts
        self._specs = specs

    async def plan(self, actor: Actor, asked: RunRequest) -> dict[str, Any]:
        """`RunPlan` of the REST contract: what would run; starts nothing. Raises as `start`."""
        demand(actor, "execution:start")
        return plan_json(await self._prepare(asked))

    async def start(self, actor: Actor, asked: RunRequest, *, idempotency_key: str | None = None) -> Started:
        """Start it; it is stored durably when this returns.

        Raises:
            NotFound: the workflow, the version, `node.not_found`, the execution that is named.
            UserError: `partial.node_disabled`, `partial.node_in_body`, `partial.later_node`, `partial.other_workflow`.
            Conflict: `partial.no_data`, `partial.data_gone`; and what `ExecutionService.start` raises.
        """
        demand(actor, "execution:start")
        if idempotency_key is not None:
            # There may be other data by now.
            known = await self._executions.keyed(asked.workflow, idempotency_key, fingerprint=asked.fingerprint)
            if known is not None:
                return known
        ready = await self._prepare(asked)
        inputs, trigger = brought(asked, ready)
        return await self._executions.start(
            actor,
            asked.workflow,
            inputs,
            version=ready.stored.version,
            idempotency_key=idempotency_key,
            trigger=trigger,
            priority=asked.priority,
            cache=asked.cache,
            part=ready.part,
            request=asked.fingerprint,
        )

    async def _prepare(self, asked: RunRequest) -> RunPlan:
        stored, document = await self._workflows.runnable(asked.workflow, version=asked.version)
        await self._workflows.demand_runnable(stored, document)
        ground = await beside(partial(ground_of, document, self._specs()), len(stored.document))
        _demand_aim(asked, ground)
        pins = await self._fitting_pins(asked, ground)
        lost: set[tuple[str | None, str]] = set()
        known: dict[str, Known] = {}
        while True:
            planned = await self._planned(asked, ground, pins, known, lost)
            part = part_of(planned, known, pins)
            missing = [node for node in await gone(self._artifacts, part.given) if planned.nodes.get(node)]
            if asked.execution is not None or not missing or any(node in pins for node in missing):
                await demand_kept(self._artifacts, part.given)
                return RunPlan(stored, ground, planned, part, known, pins)
            # An older execution may have what retention has left, and what nobody has runs where that is asked for.
            lost |= {(planned.nodes[node].execution, node) for node in missing}

    async def _fitting_pins(self, asked: RunRequest, ground: Ground) -> dict[str, Pin]:
        """Those of nodes that are there and have the outlet; a disabled node does not run anyway."""
        if not asked.uses_pins:
            return {}
        found = {pin.node: pin for pin in await self._pins.list(asked.workflow)}
        disabled = {name for name, node in ground.workflow.nodes.items() if node.disabled}
        return {
            node: pin
            for node, pin in found.items()
            if pin.outlet in ground.outlets.get(node, ()) and node not in disabled
        }

    async def _planned(
        self,
        asked: RunRequest,
        ground: Ground,
        pins: Mapping[str, Pin],
        known: dict[str, Known],
        lost: set[tuple[str | None, str]],
    ) -> Planned:
        """Look at executions, the newest first, until there is enough."""
        web = ground.web
        pinned: dict[str, Outlets] = {n: frozenset([pin.outlet]) for n, pin in pins.items() if n in web.graph.incoming}
        if asked.aim is None:
            if asked.execution is not None:
                await self._former(asked, asked.execution, known)
            return plan_whole(web, pinned, ground=asked.execution)
        formers: list[Former] = []
        refused: Conflict | None = None
        planned: Planned | None = None
        async for former in self._formers(asked, ground, known):
            had = {node: outlets for node, outlets in former.had.items() if (former.execution, node) not in lost}
            formers.append(replace(former, had=had))
            planned, refused = _tried(asked, ground, pinned, formers)
            if planned is not None and (asked.aim.mode != "until" or _only_aim(planned, asked.aim)):
                return planned
        if not formers:
            planned, refused = _tried(asked, ground, pinned, formers)
        if planned is None:
            assert refused is not None
            raise refused
        return planned

    async def _formers(self, asked: RunRequest, ground: Ground, known: dict[str, Known]) -> AsyncIterator[Former]:
        inputs = asked.inputs
        if asked.execution is not None:
            ids: Sequence[str] = [asked.execution]
        else:
            page = await self._store.list(ExecutionFilter(workflow=asked.workflow), limit=LOOKED_AT)
            ids = [row.id for row in page.items]
        for execution in ids:
            yield former_of(await self._former(asked, execution, known), ground, inputs=inputs)

    async def _former(self, asked: RunRequest, execution: str, known: dict[str, Known]) -> Known:
        if execution not in known:
            row, view = await self._executions.view(execution)
            if row.workflow != asked.workflow or row.hidden:
                raise UserError(
                    "partial.other_workflow",
                    f"The execution {execution} is one of {row.workflow}, or a part of one; name a whole one of "
                    f"{asked.workflow}",
                )
            known[execution] = Known(row, view)
        return known[execution]


def _tried(
    asked: RunRequest, ground: Ground, pins: Mapping[str, Outlets], formers: Sequence[Former]
) -> tuple[Planned | None, Conflict | None]:
    assert asked.aim is not None
    try:
        return plan_part(ground.web, asked.aim, pins, formers, named=asked.execution is not None), None
    except Conflict as error:
        return None, error


def _only_aim(planned: Planned, aim: Aim) -> bool:
    return all(choice.action != "run" or node == aim.node for node, choice in planned.nodes.items())


def _demand_aim(asked: RunRequest, ground: Ground) -> None:
    aim, document = asked.aim, ground.workflow
    if aim is None:
        return
    node = document.nodes.get(aim.node)
    if node is None:
        inner = [place for place in ground.outlets if "/" in place and aim.node in (place, place.rpartition("/")[2])]
        if inner:
            container = inner[0].partition("/")[0]
            raise UserError(
                "partial.node_in_body",
                f"The node '{aim.node}' is in the body of '{container}' and runs only with it; run '{container}', and "
                "pin outputs in its body if need be",
            )
        message = f"The workflow {asked.workflow} has no node '{aim.node}'{hint(aim.node, document.nodes)}"
        raise NotFound("node.not_found", message)
    if node.disabled:
        raise UserError("partial.node_disabled", f"The node '{aim.node}' is disabled; enable it to run it")
    phase = ground.web.phases.get(aim.node)
    if phase is not None:
        raise UserError(
            "partial.later_node",
            f"The node '{aim.node}' runs only after the others ({phase}); run the whole workflow to try it out",
        )

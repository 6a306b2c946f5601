"""Places: where the expressions of a node stand in a run, and which values of it are there for them to read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.document import parse
from concertmaster.domain.errors import Invalid, NotFound, UserError
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.execution_filter import ExecutionFilter
from concertmaster.domain.near_miss import hint
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.values import Value, from_json
from concertmaster.domain.workflow import Body, Workflow
from concertmaster.engine.items import item_id
from concertmaster.services.documents import beside
from concertmaster.services.execution_view import ExecutionView, NodeRun
from concertmaster.services.executions import ExecutionService
from concertmaster.services.workflows import WorkflowService

# The newest of so many runs that has data is looked at.
_RUNS_TRIED = 5
ValuesGiven = Callable[[Parentage], Awaitable[Sequence[Value]]]


@dataclass(frozen=True, slots=True)
class Place:
    """What is there for the expressions of a node.

    Attributes:
        node: its name in `graph`.
        workflow: the document it belongs to; it may be newer than the one that ran.
        graph: the workflow's own, or the body that holds the node.
        row: the run; None when there was none.
        inputs: of the run, or the defaults before the first.
        runs: nodes of the graph and of those around it by name, as they were in the run.
        item, index: of the loop around it, where the run has one.
    """

    node: str
    workflow: Workflow
    graph: Workflow | Body
    row: ExecutionRow | None = None
    inputs: Mapping[str, Any] = field(default_factory=lambda: {})
    runs: Mapping[str, NodeRun] = field(default_factory=lambda: {})
    item: Value | None = None
    index: int | None = None

    def incoming(self) -> Value | None:
        """The value on the node's main port, as `input` shows it; None when the run has none."""
        edges = [edge for edge in self.graph.edges if edge.target == self.node]
        if not edges and self.graph is not self.workflow:
            return self.item
        for edge in edges:
            run = self.runs.get(edge.source)
            value = None if run is None or edge.port != "in" else run.outputs.get(edge.outlet)
            if value is not None:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which node, of what document, in which run.

    Attributes:
        containers: from the workflow down to the body that holds the node.
        indexes: the item in each of the containers; the first one where there are fewer.
        document: instead of the newest version.
        execution: instead of the newest run that has data.
        strict: the document must have the node; else what is not known of it is left out.
    """

    node: str
    containers: Sequence[str] = ()
    indexes: Sequence[int] = ()
    document: Mapping[str, Any] | None = None
    execution: str | None = None
    strict: bool = True


class Places:
    """Finds places; asks for the permissions to read workflows and executions."""

    def __init__(self, workflows: WorkflowService, executions: ExecutionService, values_given: ValuesGiven) -> None:
        self._workflows = workflows
        self._executions = executions
        self._values_given = values_given

    async def find(self, actor: Actor, name: str, wanted: Wanted) -> Place:
        """The place.

        Raises:
            NotFound: the workflow, the execution, the container or the node.
            Invalid: the document cannot be read at all.
        """
        demand(actor, "execution:read")
        newest = await self._workflows.newest(actor, name)
        workflow = newest if wanted.document is None else await _read(wanted.document)
        graph = _graph_at(workflow, wanted.containers)
        if wanted.strict and wanted.node not in graph.nodes:
            raise NotFound("node.not_found", f"There is no node {wanted.node!r} here{hint(wanted.node, graph.nodes)}")
        place = Place(wanted.node, workflow, graph, inputs=_defaults(workflow))
        found = await self._run(actor, name, wanted.execution)
        if found is None:
            return place
        row, view = found
        place = replace(place, row=row, inputs=view.inputs, runs=view.nodes)
        return await self._inside(place, view, wanted) if wanted.containers else place

    async def _run(self, actor: Actor, name: str, execution: str | None) -> tuple[ExecutionRow, ExecutionView] | None:
        if execution is not None:
            await self._executions.get(actor, execution)
            row, view = await self._executions.view(execution)
            if row.workflow != name:
                raise NotFound("execution.not_found", f"Execution {execution} is one of {row.workflow}, not of {name}")
            return row, view
        page = await self._executions.list(actor, ExecutionFilter(workflow=name), limit=_RUNS_TRIED)
        for line in page.items:
            row, view = await self._executions.view(line.id)
            if any(run.outputs for run in view.nodes.values()):
                return row, view
        return None

    async def _inside(self, place: Place, view: ExecutionView, wanted: Wanted) -> Place:
        """The place within bodies, as far down as the run went."""
        at = wanted.containers[0]
        for depth in range(len(wanted.containers)):
            index = wanted.indexes[depth] if depth < len(wanted.indexes) else 0
            run = view.nodes.get(at)
            child = None if run is None or run.children is None else run.children.holding(index)
            if child is None:
                return replace(place, item=None, index=None)
            _, view = await self._executions.view(child.execution)
            inner = index - child.offset
            mine = {name: view.nodes[item_id(name, inner)] for name in view.graph.nodes}
            item, number = await self._item(view.parentage, index)
            place = replace(place, runs={**place.runs, **mine}, item=item, index=number)
            if depth + 1 < len(wanted.containers):
                at = item_id(wanted.containers[depth + 1], inner)
        return place

    async def _item(self, parentage: Parentage | None, index: int) -> tuple[Value | None, int | None]:
        if parentage is None:
            return None, None
        if parentage.kind in ("race", "lock"):
            return None if parentage.item is None else from_json(parentage.item), parentage.index
        values = await self._values_given(parentage)
        inner = index - parentage.offset
        # The rounds of a `while` or `until` after the first are made of those before; nobody keeps them.
        return (values[inner] if inner < len(values) else None), index


async def _read(document: Mapping[str, Any]) -> Workflow:
    parsed = await beside(lambda: parse(document), len(document.get("nodes") or ()) * 1_000)
    if parsed.workflow is None:
        raise Invalid("workflow.invalid", "The document cannot be read", parsed.problems)
    return parsed.workflow


def _graph_at(workflow: Workflow, containers: Sequence[str]) -> Workflow | Body:
    graph: Workflow | Body = workflow
    for name in containers:
        node = graph.nodes.get(name)
        if node is None:
            raise NotFound("node.not_found", f"There is no container {name!r}{hint(name, graph.nodes)}")
        if node.body is None:
            raise UserError("node.no_body", f"The node {name!r} has no body; only containers have")
        graph = node.body
    return graph


def _defaults(workflow: Workflow) -> dict[str, Any]:
    return {name: schema["default"] for name, schema in workflow.inputs.items() if "default" in schema}

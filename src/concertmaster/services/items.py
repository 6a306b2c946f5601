"""Items: looking into containers, whose parts run as executions that no list shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import NotFound, UserError
from concertmaster.domain.execution import ExecutionRow, NodeStatus
from concertmaster.domain.near_miss import hint
from concertmaster.domain.workflow import Body, Node, Workflow
from concertmaster.engine.items import item_id
from concertmaster.services.children_view import ChildrenView, ChildRun
from concertmaster.services.execution_view import ExecutionView, NodeRun
from concertmaster.services.executions import ExecutionService
from concertmaster.services.item_status import counted, items_of
from concertmaster.services.moments import Moment

_PARTS_OF_A_PAGE = 100


class ItemService:
    """Use cases around the items of containers."""

    def __init__(self, executions: ExecutionService) -> None:
        self._executions = executions

    async def locate(self, actor: Actor, execution_id: str, node: str, path: str) -> tuple[str, str]:
        """As `find`, now."""
        execution, at, _ = await self.find(actor, execution_id, node, path)
        return execution, at

    async def find(
        self, actor: Actor, execution_id: str, node: str, path: str, *, at: int | None = None
    ) -> tuple[str, str, Moment]:
        """Where the journal has a node of a body: the execution, the node's id in it, and the moment there.

        Args:
            node: its name, or with its containers, `each.price`, where several bodies have one of that name.
            path: the index of the item in each loop around it, `3` or `3.0`; empty for a node of the execution itself.
            at: after which event of the execution; in a part of it that is a time.
        Raises:
            NotFound: the execution, the node, an item that has not begun, or `execution.moment_not_found`.
            UserError: `path.invalid`, `node.ambiguous`.
        """
        demand(actor, "execution:read")
        indexes = _indexes(path)
        if not indexes:
            return execution_id, node, at
        row, view = await self._executions.view(execution_id, at)
        moment = None if at is None else view.at
        names = node.split(".")
        if len(names) == 1:
            names = _names_of(view.graph, node, len(indexes))
        if len(names) != len(indexes) + 1:
            raise UserError(
                "path.invalid",
                f"The node {node} is in {len(names) - 1} loops, and `path` has {len(indexes)} indexes; give one a loop",
            )
        found = names[0]
        for name, index in zip(names[1:], indexes, strict=True):
            children = _children(view, row, found)
            child = children.holding(index)
            if child is None:
                raise NotFound("item.not_found", f"Item {index} of {found} has not begun, or there is none")
            row, view = await self._executions.view(child.execution, moment)
            found = item_id(name, index - child.offset)
        return row.id, found, moment

    async def page(
        self,
        actor: Actor,
        execution_id: str,
        node: str,
        *,
        path: str = "",
        status: NodeStatus | None = None,
        offset: int = 0,
        limit: int = 50,
        at: int | None = None,
    ) -> dict[str, Any]:
        """`ItemPage` of the REST contract: items with their nodes, and how many there are of each kind.

        Args:
            status: only the items of this status, from the item `offset` on.
            at: as they were after this event of the execution.
        Raises:
            NotFound: as `locate`, or `node.no_items`: it has not begun, or is no container.
        """
        found, named, moment = await self.find(actor, execution_id, node, path, at=at)
        row, view = await self._executions.view(found, moment)
        children = _children(view, row, named)
        # In a part of the execution the moment is a time.
        then = view.at if isinstance(moment, int) else moment
        views = {
            child.execution: (await self._executions.view(child.execution, then))[1] for child in children.running()
        }
        counts = counted(children, views.values())
        if status is not None:
            items, more_at = await self._of_status(children, status, offset, limit, then)
            return {"counts": counts, "items": items, "next": more_at}
        items: list[dict[str, Any]] = []
        end = offset + limit
        for child in sorted(children.runs.values(), key=lambda run: run.offset):
            if child.offset + child.count <= offset or child.offset >= end:
                continue
            if child.execution not in views:
                _, views[child.execution] = await self._executions.view(child.execution, then)
            logs = await self._executions.log_counts(child.execution, until=then)
            for item, became, runs in items_of(views[child.execution]):
                index = child.offset + item
                begun = became != "pending" or not children.loops
                if offset <= index < end and begun:
                    items.append(_as_json(child, index, became, runs, logs))
        handed_out = max((run.offset + run.count for run in children.runs.values()), default=0)
        more = end < handed_out and (not children.loops or len(items) == limit)
        return {"counts": counts, "items": items, "next": end if more else None}

    async def _of_status(
        self, children: ChildrenView, wanted: NodeStatus, offset: int, limit: int, then: datetime | None
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Items of a status, and where to look for more of them; a page looks into so many parts and no more."""
        items: list[dict[str, Any]] = []
        looked_into = 0
        for child in sorted(children.runs.values(), key=lambda run: run.offset):
            if child.offset + child.count <= offset or (wanted == "failed" and child.unharmed):
                continue
            if looked_into == _PARTS_OF_A_PAGE:
                return items, child.offset
            looked_into += 1
            _, view = await self._executions.view(child.execution, then)
            logs = await self._executions.log_counts(child.execution, until=then)
            for item, became, runs in items_of(view):
                index = child.offset + item
                if index < offset or became != wanted:
                    continue
                if len(items) == limit:
                    return items, items[-1]["index"] + 1
                items.append(_as_json(child, index, became, runs, logs))
        return items, None


def _as_json(
    child: ChildRun, index: int, status: NodeStatus, runs: Mapping[str, NodeRun], logs: Mapping[str, int]
) -> dict[str, Any]:
    """`Item` of the REST contract."""
    nodes = {name: run.as_json(logs.get(run.node, 0)) for name, run in runs.items()}
    return {"index": index, "status": status, "execution": child.execution, "nodes": nodes}


def _indexes(path: str) -> list[int]:
    parts = path.split(".") if path else []
    if any(not (part.isascii() and part.isdigit()) or len(part) > 9 for part in parts):
        raise UserError("path.invalid", f"`path` is {path[:50]!r}; write the index of each loop, such as 3 or 3.0")
    return [int(part) for part in parts]


def _names_of(graph: Workflow | Body, node: str, depth: int) -> list[str]:
    """The containers of a node so many bodies down, and its own name.

    Raises:
        NotFound, UserError: there is none, or more than one.
    """
    found = _find(graph.nodes, node, depth)
    if not found:
        raise NotFound("node.not_found", f"No loop has a node {node!r} {depth} deep")
    if len(found) > 1:
        named = " or ".join(".".join(names) for names in found[:5])
        raise UserError("node.ambiguous", f"Several loops have a node {node!r}; write {named}")
    return found[0]


def _find(nodes: Mapping[str, Node], node: str, depth: int) -> list[list[str]]:
    if depth == 0:
        return [[node]] if node in nodes else []
    bodies = ((name, inner.body) for name, inner in nodes.items() if inner.body is not None)
    return [[name, *rest] for name, body in bodies for rest in _find(body.nodes, node, depth - 1)]


def _children(view: ExecutionView, row: ExecutionRow, node: str) -> ChildrenView:
    run = view.nodes.get(node)
    if run is None:
        raise NotFound("node.not_found", f"Execution {row.id} has no node {node!r}{hint(node, view.nodes)}")
    if run.children is None:
        raise NotFound("node.no_items", f"Node {node!r} ({run.status}) has no items; only containers that began have")
    return run.children

"""Logs: what the nodes of an execution logged, page by page from either end, or as one text."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import ExecutionStore, LogFilter, LogLine
from concertmaster.services.items import ItemService

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class LogPlace:
    """The lines of an execution that are asked for."""

    execution: str
    only: LogFilter


class LogService:
    """Use cases around logs."""

    def __init__(self, store: ExecutionStore, items: ItemService) -> None:
        self._store = store
        self._items = items

    async def place(self, actor: Actor, execution_id: str, only: LogFilter, path: str) -> LogPlace:
        """Where the lines are: in a part of the execution when the node is in a body.

        Args:
            path: of the item that the node is in, see `ItemService.find`.
        Raises:
            NotFound: the execution, or what `ItemService.find` raises.
            UserError: `path.invalid`, there is a path without a node; or what `ItemService.find` raises.
        """
        demand(actor, "execution:read")
        if path and only.node is None:
            raise UserError("path.invalid", "`path` is that of a node in a loop; name the `node` too")
        if path:
            execution_id, node = await self._items.locate(actor, execution_id, only.node or "", path)
            only = replace(only, node=node)
        await self._store.get(execution_id)
        return LogPlace(execution_id, only)

    async def page(
        self, actor: Actor, place: LogPlace, *, after: int = 0, before: int | None = None, limit: int = _PAGE
    ) -> dict[str, Any]:
        """`LogList` of the REST contract: lines with n > after, or the last ones with n < before."""
        demand(actor, "execution:read")
        # One more tells whether there are any before them.
        wanted = limit if before is None else limit + 1
        lines = await self._store.logs(place.execution, after=after, before=before, only=place.only, limit=wanted)
        shown = lines if before is None else lines[-limit:]
        earlier = after > 0 if before is None else len(lines) > limit
        return {
            "items": [_as_json(line) for line in shown],
            "next": shown[-1].n if shown else after,
            "before": shown[0].n if shown and earlier else None,
        }

    async def text(
        self, actor: Actor, place: LogPlace, *, after: int = 0, before: int | None = None
    ) -> AsyncGenerator[str]:
        """All lines with after < n < before as text, a page in memory; it ends with what had been logged by then."""
        demand(actor, "execution:read")
        while lines := await self._store.logs(place.execution, after=after, only=place.only, limit=_PAGE):
            wanted = [line for line in lines if before is None or line.n < before]
            if wanted:
                yield "".join(map(_as_text, wanted))
            if len(wanted) < len(lines) or len(lines) < _PAGE:
                break
            after = lines[-1].n


def _as_json(line: LogLine) -> dict[str, Any]:
    return {
        "n": line.n,
        "node": line.node,
        "attempt": line.attempt,
        "at": line.at,
        "level": line.level,
        "text": line.text,
    }


def _as_text(line: LogLine) -> str:
    at = line.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"{at} {line.level.upper():<7} {line.node}#{line.attempt} {line.text}\n"

"""Outputs: what is in the tables that nodes gave, and what they were made of.

Statistics are computed when somebody asks, once for each column of an artifact, one table at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.errors import UserError
from concertmaster.domain.interfaces import ReferenceStore
from concertmaster.domain.recent import Recent
from concertmaster.domain.values import TableRef
from concertmaster.services.executions import ExecutionService
from concertmaster.services.lineage import artifacts_of, chosen_values, lineage_of

if TYPE_CHECKING:
    from concertmaster.data.statistics import ColumnStatistics

_COLUMNS_REMEMBERED = 10_000
# So many other places of the same bytes are told.
USES = 5


class OutputService:
    """Use cases around what nodes gave, but for looking at it."""

    def __init__(self, executions: ExecutionService, artifacts: ArtifactStore, references: ReferenceStore) -> None:
        self._executions = executions
        self._references = references
        self._artifacts = artifacts
        # Artifacts never change, so what is known of one stays true.
        self._known: Recent[tuple[str, str], ColumnStatistics] = Recent(_COLUMNS_REMEMBERED)
        self._turn = asyncio.Lock()

    async def statistics(
        self, actor: Actor, execution_id: str, node: str, *, outlet: str, columns: Sequence[str]
    ) -> dict[str, Any]:
        """`TableStatistics` of the REST contract.

        Args:
            columns: those to look at, all of them when there are none.
        Raises:
            NotFound: the execution, the node, nothing on that outlet, or its data is not kept any more.
            UserError: `output.no_table`, `table.unknown_column`; or what making a table raises that was never stored.
        """
        demand(actor, "execution:read")
        value = await self._executions.value(execution_id, node, outlet)
        if not isinstance(value, TableRef):
            raise UserError("output.no_table", f"Outlet '{outlet}' of node '{node}' has no table; only tables do")
        async with self._turn:
            found = await asyncio.to_thread(self._columns, value, columns)
        return {"rows": value.rows, "bytes": value.size_bytes, "columns": [column.as_json() for column in found]}

    async def lineage(self, actor: Actor, execution_id: str, node: str | None) -> dict[str, Any]:
        """`Lineage` of the REST contract: what each value of an execution was made of, and where else it is.

        Args:
            node: only of this node and those that it is based on.
        Raises:
            NotFound: the execution, `node.not_found`.
        """
        demand(actor, "execution:read")
        row, view = await self._executions.view(execution_id)
        places = chosen_values(view, execution_id, node)
        uses = await self._references.uses(artifacts_of(view, places), but=execution_id, limit=USES)
        return lineage_of(row, view, places, uses)

    def _columns(self, table: TableRef, columns: Sequence[str]) -> list[ColumnStatistics]:
        # Polars and DuckDB take half a second and 100 MB: a server that nobody asks for a table does without.
        from concertmaster.data.statistics import column_names, statistics  # noqa: PLC0415

        with self._artifacts.holding([table.artifact]):
            path = self._artifacts.local_path(table.artifact)
            wanted = column_names(path, columns)
            known = {name: one for name in wanted if (one := self._known.get((table.artifact, name))) is not None}
            fresh = {one.name: one for one in statistics(path, [name for name in wanted if name not in known])}
        for name, column in fresh.items():
            self._known.put((table.artifact, name), column)
        return [known.get(name) or fresh[name] for name in wanted]

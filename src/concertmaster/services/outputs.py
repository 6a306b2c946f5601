"""Outputs: what is in the tables that nodes gave, and what they were made of.

Statistics are computed when somebody asks, once for each column of an artifact, one table at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.access import Actor, demand
from concertmaster.domain.interfaces import ReferenceStore
from concertmaster.domain.recent import Recent
from concertmaster.domain.values import TableRef
from concertmaster.services.executions import ExecutionService
from concertmaster.services.lineage import artifacts_of, chosen_values, lineage_of
from concertmaster.services.moments import Moment
from concertmaster.services.output_pages import no_table

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
        self,
        actor: Actor,
        execution_id: str,
        node: str,
        *,
        outlet: str,
        columns: Sequence[str],
        moment: Moment = None,
    ) -> dict[str, Any]:
        """`TableStatistics` of the REST contract.

        Args:
            columns: those to look at, all of them when there are none.
            moment: of the table as it was then.
        Raises:
            NotFound: the execution, the node, nothing on that outlet, or its data is not kept any more.
            UserError: `output.no_table`, `table.unknown_column`; or what making a table raises that was never stored.
        """
        demand(actor, "execution:read")
        table = await self._table(execution_id, node, outlet, moment)
        async with self._turn:
            found = await asyncio.to_thread(self._columns, table, columns)
        return {"rows": table.rows, "bytes": table.size_bytes, "columns": [column.as_json() for column in found]}

    async def chart(
        self,
        actor: Actor,
        execution_id: str,
        node: str,
        *,
        outlet: str,
        x: str,
        y: str | None,
        agg: str,
        bins: int,
        where: Sequence[str],
        moment: Moment = None,
    ) -> dict[str, Any]:
        """`Chart` of the REST contract: a few points, whatever the size of the table.

        Args:
            agg: of y: `count`, `sum`, `mean`, `min` or `max`.
            bins: most points, but for the rest.
        Raises:
            NotFound: as `statistics`.
            UserError: `output.no_table`, `table.unknown_column`, `where.*`, `chart.*`; or what making a table raises.
        """
        demand(actor, "execution:read")
        table = await self._table(execution_id, node, outlet, moment)
        async with self._turn:
            return await asyncio.to_thread(self._chart, table, x=x, y=y, agg=agg, bins=bins, where=where)

    async def lineage(self, actor: Actor, execution_id: str, node: str | None, *, down: bool = False) -> dict[str, Any]:
        """`Lineage` of the REST contract: what each value of an execution was made of, and where else it is.

        Args:
            node: only of this node and those that it is based on.
            down: of those that are based on it in place of those that it is based on.
        Raises:
            NotFound: the execution, `node.not_found`.
        """
        demand(actor, "execution:read")
        row, view = await self._executions.view(execution_id)
        places = chosen_values(view, execution_id, node, down=down)
        uses = await self._references.uses(artifacts_of(view, places), but=execution_id, limit=USES)
        return lineage_of(row, view, places, uses)

    async def _table(self, execution_id: str, node: str, outlet: str, moment: Moment) -> TableRef:
        value = await self._executions.value(execution_id, node, outlet, moment)
        if not isinstance(value, TableRef):
            raise no_table(node, outlet)
        return value

    def _chart(
        self, table: TableRef, *, x: str, y: str | None, agg: str, bins: int, where: Sequence[str]
    ) -> dict[str, Any]:
        from concertmaster.data.chart import chart  # noqa: PLC0415

        with self._artifacts.holding([table.artifact]):
            path = self._artifacts.local_path(table.artifact)
            return chart(path, x=x, y=y, agg=agg, bins=bins, where=where)

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

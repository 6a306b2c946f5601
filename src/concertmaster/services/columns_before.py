"""Columns before: those of tables that no run has made yet, where the file they come from tells them at a glance."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from concertmaster.data.guard import confine
from concertmaster.data.header import column_names
from concertmaster.domain.errors import UserError
from concertmaster.domain.expression_parse import has_expression
from concertmaster.domain.graph import graph_of
from concertmaster.domain.workflow import Body, Node, Workflow

# What comes out has the columns of what came in.
_KEEPING = frozenset({"table.filter", "table.sort", "table.sample", "table.dedupe", "table.fill"})
_FILES_LOOKED_AT = 20


class ColumnsBefore:
    """Follows the wires from files to tables."""

    def __init__(self, workspace: Path, data_dir: Path) -> None:
        self._workspace = workspace
        self._data_dir = data_dir

    async def of(self, graph: Workflow | Body) -> Mapping[str, Sequence[str]]:
        """The columns of what comes out of nodes, by node; those that nobody knows are missing."""
        readers = [name for name, node in graph.nodes.items() if node.type_id == "file.read"][:_FILES_LOOKED_AT]
        if not readers:
            return {}
        return await asyncio.to_thread(self._follow, graph, readers)

    def _follow(self, graph: Workflow | Body, readers: Sequence[str]) -> dict[str, Sequence[str]]:
        found: dict[str, Sequence[str]] = {}
        whole = graph_of(graph)
        for name in whole.order():
            node = graph.nodes[name]
            if name in readers:
                columns = self._read(node)
            elif node.type_id in _KEEPING:
                columns = next((found[edge.source] for edge in whole.incoming[name] if edge.source in found), ())
            else:
                columns = ()
            if columns:
                found[name] = columns
        return found

    def _read(self, node: Node) -> Sequence[str]:
        path: Any = node.config.get("path")
        if not isinstance(path, str) or has_expression(path):
            return ()
        try:
            return column_names(confine(self._workspace, path, data_dir=self._data_dir), node.config)
        except UserError:
            return ()

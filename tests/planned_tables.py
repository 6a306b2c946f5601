"""Planned tables in a journal: what a fused run of some nodes leaves there, without one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from concertmaster.domain.document import parse
from concertmaster.domain.events import Body, Event, ExecutionStarted, NodeStarted, NodeSucceeded
from concertmaster.domain.expression import compile_config
from concertmaster.domain.interfaces import Append
from concertmaster.domain.values import Column, Pin, PlannedTable, Recipe, Step, Stored
from concertmaster.domain.workflow import Node, Workflow
from concertmaster.engine.outcomes import references_to
from concertmaster.engine.plain_config import plain_config
from concertmaster.nodes.loader import builtin_registry
from engine_harness import Harness


def planned(
    document: str,
    columns: Mapping[str, Sequence[str]],
    workspace: Path,
    *,
    given: Mapping[str, Any] | None = None,
    code: Mapping[str, str] | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> dict[str, PlannedTable]:
    """The planned tables of nodes whose expressions see nothing but the inputs of the workflow.

    Args:
        columns: of each of these nodes, as `name:type`, in the order in which they run.
        given: outputs of the nodes before them.
        code: of plugins, by node.
    """
    parsed = parse(document).workflow
    assert parsed is not None
    configs = {name: _rendered(parsed.nodes[name], inputs or {}) for name in columns}
    tables: dict[str, PlannedTable] = {}
    for name, told in columns.items():
        types = tuple(Column(*column.split(":")) for column in told)
        tables[name] = PlannedTable(types, _recipe(parsed, name, configs, workspace, given or {}, code or {}))
    return tables


def _rendered(node: Node, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The config as it stands in a step."""
    spec = builtin_registry().spec(node.type_id, node.type_version)
    if spec is None:
        return node.config
    return plain_config(compile_config(node.config, spec.schema).render({"inputs": inputs}))


def _recipe(
    workflow: Workflow,
    node: str,
    configs: Mapping[str, Mapping[str, Any]],
    workspace: Path,
    given: Mapping[str, Any],
    code: Mapping[str, str],
) -> Recipe:
    needed = {node}
    for _ in workflow.edges:
        needed |= {edge.source for edge in workflow.edges if edge.target in needed and edge.source in configs}
    chosen = [name for name in configs if name in needed]
    steps: list[Step] = []
    paths: set[str] = set()
    for name in chosen:
        inputs: dict[str, tuple[Stored | int, ...]] = {}
        for edge in workflow.edges:
            if edge.target == name:
                value = chosen.index(edge.source) if edge.source in chosen else given[edge.source]
                inputs[edge.port] = (*inputs.get(edge.port, ()), value)
        one = workflow.nodes[name]
        paths |= {configs[name]["path"]} if "path" in configs[name] else set()
        steps.append(Step(f"{one.type_id}@{one.type_version or 1}", code.get(name, ""), configs[name], inputs))
    return Recipe(tuple(steps), tuple(pin_of(workspace, path) for path in sorted(paths)))


def pin_of(workspace: Path, path: str) -> Pin:
    data = (workspace / path).read_bytes()
    return Pin(path, len(data), hashlib.sha256(data).hexdigest())


async def left_behind(harness: Harness, document: str, tables: Mapping[str, PlannedTable]) -> str:
    """An execution whose process died right after these nodes had been recorded."""
    execution_id = await harness.start(document, drive=False)
    await harness.journal.append(record_of(execution_id, tables, at=harness.engine.clock.now()))
    return execution_id


def record_of(execution_id: str, tables: Mapping[str, PlannedTable], *, at: datetime) -> Append:
    """What the engine appends, after the creation, for nodes that ran as one."""
    bodies: list[Body] = [ExecutionStarted()]
    for node, table in tables.items():
        bodies += [NodeStarted(node, 1), NodeSucceeded(node, 1, at, {"out": table})]
    events = [Event(execution_id, seq, at, body) for seq, body in enumerate(bodies, 2)]
    references = [one for node, table in tables.items() for one in references_to(table, node, "out")]
    return Append(execution_id, 1, events, artifacts=references)

"""Validation: everything that can be known about a workflow before it runs, as one list of problems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from concertmaster.domain.annotations import check_annotations
from concertmaster.domain.document import Format, Parsed, parse
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.near_miss import did_you_mean
from concertmaster.domain.problems import Problem, pointer
from concertmaster.domain.spec import Specs
from concertmaster.domain.triggers import EXPRESSION_KEYS, ScheduleCheck
from concertmaster.domain.validation_config import Connections, check_configs
from concertmaster.domain.validation_edges import check_edges
from concertmaster.domain.validation_expressions import (
    AT_THE_END,
    AT_THE_START,
    IN_TRIGGERS,
    check_deferred,
    check_references,
    check_values,
)
from concertmaster.domain.validation_flow import check_branches, check_flow
from concertmaster.domain.validation_inputs import check_input_schemas, check_inputs, check_triggers
from concertmaster.domain.validation_nodes import check_nodes
from concertmaster.domain.validation_scope import Scope, scopes
from concertmaster.domain.workflow import Body, Node, Workflow

__all__ = ["check_document", "check_inputs", "pin_types", "validate"]
_EDGE_POINTER = re.compile(r"(.*/edges|/edges)/([0-9]+)")


def validate(
    workflow: Workflow,
    specs: Specs,
    *,
    connections: Connections | None = None,
    schedules: ScheduleCheck | None = None,
) -> list[Problem]:
    """Every problem of a workflow that was understood, in the order: wiring, nodes, configs, then the rest.

    Args:
        connections: the type of a connection by its name, None for one that does not exist; without it connections
            are not checked.
        schedules: knows cron expressions and time zones; without it they are not checked.
    """
    findings = Findings()
    if not workflow.nodes:
        fix = "Add a node under `nodes`"
        findings.warning("workflow.empty", "/nodes", "the workflow has no nodes, so it does nothing", fix=fix)
    top: Scope | None = None
    for scope in scopes(workflow, specs):
        top = top or scope
        check_nodes(scope, specs, findings)
        check_edges(scope, findings)
        check_flow(scope, findings)
        references = check_configs(scope, findings, connections=connections)
        check_references(scope, references, findings)
        check_deferred(scope, findings)
    check_input_schemas(workflow, findings)
    check_triggers(workflow, findings, schedules=schedules, connections=connections)
    if top is not None:
        check_branches(top, findings)
        check_values(top, workflow.outputs, findings, at=("outputs",), roots=AT_THE_END)
        for name, trigger in workflow.triggers.items():
            check_values(top, trigger.inputs, findings, at=("triggers", name, "inputs"), roots=IN_TRIGGERS)
            told = {key: trigger.config[key] for key in EXPRESSION_KEYS if key in trigger.config}
            check_values(top, told, findings, at=("triggers", name, "config"), roots=IN_TRIGGERS)
        concurrency = workflow.policy.concurrency
        if concurrency is not None and concurrency.key is not None:
            at = ("policy", "concurrency")
            check_values(top, {"key": concurrency.key}, findings, at=at, roots=AT_THE_START)
    _check_layout(workflow, findings)
    check_annotations(workflow, findings)
    return findings.problems()


def check_document(
    source: str | bytes | Mapping[str, Any],
    specs: Specs,
    *,
    format: Format | None = None,
    connections: Connections | None = None,
    schedules: ScheduleCheck | None = None,
) -> Parsed:
    """Parse and validate in one go: the problems of both, with pointers into the document as it was written.

    `ok` of the result says that the workflow may be published. A workflow whose only errors are those of `validate`
    was still understood completely; call `parse` to tell the two apart.
    """
    parsed = parse(source, format=format)
    if parsed.workflow is None:
        return parsed
    said = {(problem.code, problem.pointer) for problem in parsed.problems}
    found: list[Problem] = []
    for problem in validate(parsed.workflow, specs, connections=connections, schedules=schedules):
        if problem.code == "port.unwired" and parsed.kept_edges:
            continue  # the missing edge may be one of those that could not be read
        moved = _as_written(problem, parsed.kept_edges)
        if (moved.code, moved.pointer) not in said:
            found.append(moved)
    return replace(parsed, problems=[*parsed.problems, *found])


def pin_types(workflow: Workflow, specs: Specs) -> Workflow:
    """The workflow with the newest version filled in where a node names none; unknown types stay as they are."""
    return replace(workflow, nodes=_pinned(workflow.nodes, specs))


def _pinned(nodes: Mapping[str, Node], specs: Specs) -> dict[str, Node]:
    return {name: _pinned_node(node, specs) for name, node in nodes.items()}


def _pinned_node(node: Node, specs: Specs) -> Node:
    spec = specs.spec(node.type_id) if "@" not in node.type else None
    body = None if node.body is None else Body(_pinned(node.body.nodes, specs), node.body.edges)
    return replace(node, type=node.type if spec is None else spec.reference, body=body)


def _as_written(problem: Problem, kept_edges: Mapping[str, tuple[int, ...]]) -> Problem:
    match = _EDGE_POINTER.fullmatch(problem.pointer) if kept_edges else None
    if match is None or match[1] not in kept_edges:
        return problem
    return replace(problem, pointer=match[1] + pointer(kept_edges[match[1]][int(match[2])]))


def _check_layout(workflow: Workflow, findings: Findings) -> None:
    for name in workflow.layout:
        # Nodes of bodies are placed under `container/node`.
        if re.split(r"[/.]", name)[0] not in workflow.nodes:
            message = f"the layout places the node {brief(name)!r}, which does not exist"
            fix = lambda name=name: did_you_mean(name, workflow.nodes) or "Remove the entry"  # noqa: E731
            findings.warning("layout.unknown_node", pointer("layout", name), message, fix=fix)

"""Checks of what steers the flow: bodies of containers, nodes that undo others, branches after a failure or at the end,
waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from concertmaster.domain.document_read import WORKFLOW_NAME
from concertmaster.domain.durations import format_duration, parse_duration
from concertmaster.domain.expression_parse import has_expression
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.near_miss import did_you_mean
from concertmaster.domain.problems import pointer
from concertmaster.domain.schemas import fits_schema
from concertmaster.domain.validation_config import has_expressions
from concertmaster.domain.validation_inputs import check_schema
from concertmaster.domain.validation_scope import Scope
from concertmaster.domain.workflow import Node, Workflow

_WAITS = ("duration", "until", "event")
_LASTS = {"flow.wait": ("duration", "timeout"), "flow.approve": ("due",)}


def check_flow(scope: Scope, findings: Findings) -> None:
    """Report what cannot work in one graph."""
    for name, node in scope.nodes.items():
        spec = scope.specs.get(name)
        if spec is None:
            continue
        _check_body(scope, name, node, findings)
        if spec.id == "flow.wait":
            _check_wait(scope, name, node.config, findings)
        if spec.id == "flow.approve":
            _check_form(scope, name, node.config, findings)
        if spec.id == "flow.call":
            _check_callee(scope, name, node.config.get("workflow"), findings)
        for key in _LASTS.get(spec.id, ()):
            _check_length(scope, name, key, node.config.get(key), findings)
        if node.policy.undo is not None:
            _check_undo(scope, name, node.policy.undo, findings)


def check_branches(scope: Scope, findings: Findings) -> None:
    """Report what is wrong with the branches that `on_failure` and `finally` name; `scope` is the whole workflow's."""
    workflow = scope.workflow
    phases = scope.phases
    named = {"on_failure": workflow.policy.failure_branches, "finally": workflow.policy.finally_}
    for key, entries in named.items():
        for entry in entries:
            at = pointer("policy", key)
            if entry not in scope.nodes:
                message = f"`{key}` names the node {brief(entry)!r}, which does not exist"
                fix = lambda entry=entry: did_you_mean(entry, scope.nodes) or "Add the node, or remove its name"  # noqa: E731
                findings.error("policy.branch", at, message, fix=fix)
            elif scope.graph.incoming[entry]:
                message = f"{entry} begins the branch that `{key}` names, but an edge leads to it"
                fix = "Name the first node of a branch of its own, and remove the edge"
                findings.error("policy.branch", at, message, fix=fix)
    for index, edge in enumerate(scope.edges):
        source, target = phases.get(edge.source, "main"), phases.get(edge.target, "main")
        if source != target and edge.source in scope.nodes and edge.target in scope.nodes:
            message = f"the edge {edge} joins nodes that run at different times ({source} and {target})"
            fix = "Keep the branch apart; it can read the outputs of all other nodes by `nodes.<id>`"
            findings.error("policy.branch", scope.edge_at(index), message, fix=fix)
    _check_compensation(workflow, scope, findings)


def _check_body(scope: Scope, name: str, node: Node, findings: Findings) -> None:
    spec = scope.specs[name]
    if spec.container is None:
        if node.body is not None:
            message = f"{node.type_id} is no container, so it has no body"
            fix = "Remove `body`, or use a container type such as `flow.for_each`"
            findings.error("node.body", scope.node_at(name, "body"), message, fix=fix)
        return
    if node.body is None or not node.body.nodes:
        message = f"{name} ({spec.id}) has no nodes in its `body`, so there is nothing to run"
        fix = "Add `body: {nodes: {...}, edges: [...]}`"
        findings.add(scope.severity(name), "container.body", scope.node_at(name), message, fix=fix)
        return
    wins = node.config.get("wins")
    ends = len(node.body.nodes) - len({edge.source for edge in node.body.edges})
    if spec.container == "race" and isinstance(wins, int) and wins > ends:
        message = f"{name} lets {wins} branches win, but its body has only {ends}"
        fix = f"Use a number up to {ends}, or add branches"
        findings.add(scope.severity(name), "container.wins", scope.node_at(name, "config", "wins"), message, fix=fix)


def _check_wait(scope: Scope, name: str, config: Mapping[str, Any], findings: Findings) -> None:
    given = [key for key in _WAITS if config.get(key) is not None]
    if len(given) != 1:
        told = "has " + " and ".join(f"`{key}`" for key in given) if given else "does not say for what"
        message = f"{name} waits, and {told}: it takes one of {', '.join(f'`{key}`' for key in _WAITS)}"
        findings.add(
            scope.severity(name), "wait.config", scope.node_at(name, "config"), message, fix="Keep one of them"
        )
    elif given != ["event"] and (config.get("key") or config.get("timeout") is not None):
        message = f"`key` and `timeout` of {name} belong to the wait for an `event`"
        findings.add(scope.severity(name), "wait.config", scope.node_at(name, "config"), message, fix="Remove them")


def _check_form(scope: Scope, name: str, config: Mapping[str, Any], findings: Findings) -> None:
    form = config.get("form")
    if not isinstance(form, Mapping):
        return  # an expression, or said by the check of configs
    for field, schema in cast("Mapping[str, Any]", form).items():
        if not isinstance(schema, Mapping) or has_expressions(schema):
            continue
        fields = cast("Mapping[str, Any]", schema)
        within = scope.node_at(name, "config")
        check_schema(fields, findings, codes=("form.schema", "form.default"), at=("form", field), within=within)
        if config.get("when_due") == "approve" and "default" not in fields and not fits_schema(fields, None):
            message = f"where nobody decides in time, {name} counts as approved without the field {brief(field)}"
            fix = "Give it a default, or choose another `when_due`"
            findings.warning("form.unfilled", scope.node_at(name, "config", "form", field), message, fix=fix)


def _check_callee(scope: Scope, name: str, callee: Any, findings: Findings) -> None:
    if isinstance(callee, str) and callee and not has_expression(callee) and not WORKFLOW_NAME.fullmatch(callee):
        message = f"{name} calls {brief(callee)!r}, which no workflow can be named"
        fix = "Use the name of a workflow: lower-case letters, digits and hyphens"
        at = scope.node_at(name, "config", "workflow")
        findings.add(scope.severity(name), "call.name", at, message, fix=fix)


def _check_length(scope: Scope, name: str, key: str, value: Any, findings: Findings) -> None:
    total = scope.workflow.policy.timeout
    if total is None or not isinstance(value, str):
        return
    try:
        lasts = parse_duration(value)
    except ValueError:
        return  # an expression, or said by the check of configs
    if lasts >= total:
        message = (
            f"`{key}` of {name} is never over: the execution ends after {format_duration(total)}, also if it waits"
        )
        fix = "Shorten it, or lengthen `policy.timeout` of the workflow"
        findings.warning("wait.too_long", scope.node_at(name, "config", key), message, fix=fix)


def _check_undo(scope: Scope, name: str, undo: str, findings: Findings) -> None:
    at = scope.node_at(name, "policy", "undo")
    if undo not in scope.nodes:
        return  # said by `check_nodes`
    if scope.outer is not None:
        message = "a node inside of a container cannot be undone by itself"
        findings.error("policy.undo", at, message, fix="Give the container a `policy.undo`")
    elif scope.graph.incoming[undo] or scope.graph.outgoing[undo]:
        message = f"{undo} undoes {name}, so it runs on its own and can have no edges"
        findings.error("policy.undo", at, message, fix=f"Remove the edges of {undo}; it gets what {name} gave")
    elif _undone(scope, undo) != [name]:
        message = f"{undo} undoes several nodes, and runs only once"
        findings.error("policy.undo", at, message, fix="Give each its own node that undoes it")
    elif scope.nodes[undo].policy.undo is not None:
        findings.error("policy.undo", at, f"{undo} undoes {name}, and cannot be undone itself", fix="Remove one `undo`")


def _undone(scope: Scope, undo: str) -> list[str]:
    return [name for name, node in scope.nodes.items() if node.policy.undo == undo]


def _check_compensation(workflow: Workflow, scope: Scope, findings: Findings) -> None:
    undoing = [name for name, node in workflow.nodes.items() if node.policy.undo in workflow.nodes]
    if undoing and not workflow.policy.compensates:
        message = (
            f"{undoing[0]} says what undoes it, but nothing is undone unless `policy.on_failure` says `compensate`"
        )
        fix = "Add `policy: {on_failure: compensate}` to the workflow"
        findings.warning("policy.compensate", scope.node_at(undoing[0], "policy", "undo"), message, fix=fix)
    if workflow.policy.compensates and not undoing:
        message = "`on_failure: compensate` undoes nothing, because no node says what undoes it"
        findings.warning(
            "policy.compensate", pointer("policy", "on_failure"), message, fix="Add `policy.undo` to nodes"
        )

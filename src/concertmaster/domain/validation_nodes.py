"""Checks of nodes one by one: type, policy."""

from __future__ import annotations

from typing import cast

from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.near_miss import did_you_mean
from concertmaster.domain.spec import Specs
from concertmaster.domain.validation_edges import ERROR_OUTLET
from concertmaster.domain.validation_scope import Scope
from concertmaster.domain.workflow import Node


def check_nodes(scope: Scope, specs: Specs, findings: Findings) -> None:
    """Report unknown types, and policies that cannot mean what they say."""
    for name, node in scope.nodes.items():
        if name not in scope.specs and node.type:
            _report_type(scope, name, node, specs, findings)
        _check_source(scope, name, specs, findings)
        _check_policy(scope, name, node, findings)
        _check_programs(scope, name, node, findings)


def _report_type(scope: Scope, name: str, node: Node, specs: Specs, findings: Findings) -> None:
    at, severity = scope.node_at(name, "type"), scope.severity(name)
    newest = specs.spec(node.type_id)
    if newest is None:
        message = f"there is no node type {brief(node.type_id)!r}"
        fix = lambda: (  # noqa: E731
            did_you_mean(node.type_id, specs.ids())
            or "Put its module back, or install its package; `concertmaster nodes list` shows what there is"
        )
        findings.add(severity, "node.unknown_type", at, message, fix=fix)
    else:
        message = f"the node type {node.type_id} has no version {node.type_version}; the newest is {newest.version}"
        findings.add(severity, "node.unknown_version", at, message, fix=f"Use `{newest.reference}`")


def _check_source(scope: Scope, name: str, specs: Specs, findings: Findings) -> None:
    """Say that what runs is not what was written last."""
    spec = scope.specs.get(name)
    source = None if spec is None else specs.quarantined(spec.reference)
    if spec is not None and source is not None:
        message = f"{spec.reference} runs in its last good version, as what {source} has now could not be loaded"
        fix = f"Mend {source}; `concertmaster nodes show {source}` tells what is wrong with it"
        findings.warning("node.last_good", scope.node_at(name, "type"), message, fix=fix)


def _check_policy(scope: Scope, name: str, node: Node, findings: Findings) -> None:
    policy, retry = node.policy, node.policy.retry
    incoming = len(scope.graph.incoming[name])
    if isinstance(policy.join, int) and policy.join > incoming:
        message = f"{name} waits for {policy.join} taken edges, but only {incoming} lead to it"
        fix = f"Use a number up to {incoming}, or add edges" if incoming else "Remove `join`, or add edges"
        findings.error("policy.join", scope.node_at(name, "policy", "join"), message, fix=fix)
    if policy.undo is not None and policy.undo not in scope.nodes:
        message = f"the undo node {brief(policy.undo)!r} does not exist"
        undo = policy.undo
        fix = lambda: did_you_mean(undo, scope.nodes) or f"Add the node `{brief(undo)}`, or remove `undo`"  # noqa: E731
        findings.error("policy.undo", scope.node_at(name, "policy", "undo"), message, fix=fix)
    if policy.on_error is not None and any(edge.outlet == ERROR_OUTLET for edge in scope.graph.outgoing[name]):
        message = f"the edge from {name}.error is never taken, because `on_error` decides what a failure does"
        fix = "Remove `on_error`, or the edge"
        findings.warning("policy.on_error", scope.node_at(name, "policy", "on_error"), message, fix=fix)
    if retry.maximum_attempts > 1 and retry.maximum_interval < retry.initial_interval:
        message = "`maximum_interval` is shorter than `initial_interval`, which it cuts off"
        at = scope.node_at(name, "policy", "retry", "maximum_interval")
        findings.warning("policy.interval", at, message, fix="Make `maximum_interval` the longer one")
    total = scope.workflow.policy.timeout
    if policy.timeout is not None and total is not None and policy.timeout > total:
        message = "the time-out of the node is longer than that of the whole workflow"
        at = scope.node_at(name, "policy", "timeout")
        findings.warning("policy.timeout", at, message, fix="Shorten it, or lengthen `policy.timeout` of the workflow")
    _check_retry(scope, name, node, findings)


def _check_retry(scope: Scope, name: str, node: Node, findings: Findings) -> None:
    spec = scope.specs.get(name)
    if spec is None or node.policy.retry.maximum_attempts == 1:
        return
    idempotent = spec.idempotent_of(node.config) if node.policy.idempotent is None else node.policy.idempotent
    if not idempotent and spec.effect_of(node.config) == "write":
        message = f"{name} writes and may not be repeated: it is retried only where an error says nothing was sent"
        fix = "Set `idempotent: true` if the other side ignores a repetition with the same key, or remove `retry`"
        findings.warning("policy.retry", scope.node_at(name, "policy", "retry"), message, fix=fix)


def _check_programs(scope: Scope, name: str, node: Node, findings: Findings) -> None:
    """Report a command that this server does not run; what an expression names is only known at the run."""
    spec = scope.specs.get(name)
    if spec is None or spec.programs is None:
        return
    if spec.switch is not None:
        message = f"{spec.id} is off on this server"
        findings.add(scope.severity(name), "node.off", scope.node_at(name, "type"), message, fix=spec.switch)
        return
    command, shell = node.config.get("command"), node.config.get("shell") is True
    program: object = cast("list[object]", command)[0] if isinstance(command, list) and command else None
    if (
        "*" in spec.programs
        or not isinstance(program, str)
        or "{{" in program
        or (program in spec.programs and not shell)
    ):
        return
    message = "scripts are not allowed on this server" if shell else f"{brief(program)} is not allowed on this server"
    entry = "`*`" if shell else f"`{brief(program)}`"
    fix = f"Add {entry} to the setting SHELL_ALLOW (CONCERTMASTER_SHELL_ALLOW) and restart, or use another program"
    at = scope.node_at(name, "config", "shell") if shell else scope.node_at(name, "config", "command", 0)
    findings.add(scope.severity(name), "node.program", at, message, fix=fix)

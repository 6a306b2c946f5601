"""From a Workflow to canonical JSON: fixed key order, defaults left out."""

from __future__ import annotations

from typing import Any

from concertmaster.domain.plain_json import plain
from concertmaster.domain.policy_read import write_node_policy, write_workflow_policy
from concertmaster.domain.workflow import FORMAT_VERSION, Body, Node, Trigger, Workflow


def to_json(workflow: Workflow) -> dict[str, Any]:
    """The canonical JSON document, a deep copy.

    Raises:
        ValueError: a value built by hand is not JSON (an infinite number, a Python object).
    """
    document: dict[str, Any] = {"concertmaster": FORMAT_VERSION, "name": workflow.name}
    parts: dict[str, Any] = {
        "title": workflow.title,
        "description": workflow.description,
        "labels": dict(workflow.labels),
        "inputs": dict(workflow.inputs),
        "vars": dict(workflow.vars),
        "triggers": {name: _trigger(trigger) for name, trigger in workflow.triggers.items()},
        "nodes": {name: _node(node) for name, node in workflow.nodes.items()},
        "edges": [str(edge) for edge in workflow.edges],
        "outputs": dict(workflow.outputs),
        "policy": write_workflow_policy(workflow.policy),
        "notes": workflow.notes,
        "groups": workflow.groups,
        "layout": {name: list(position) for name, position in workflow.layout.items()},
    }
    always_kept = ("notes", "groups", "title", "description")
    for key, value in parts.items():
        if value is not None and (value or key in always_kept):
            document[key] = plain(value)
    return document


def _node(node: Node) -> dict[str, Any]:
    written: dict[str, Any] = {"type": node.type}
    if node.title is not None:
        written["title"] = node.title
    if node.config:
        written["config"] = node.config
    if policy := write_node_policy(node.policy):
        written["policy"] = policy
    if node.disabled:
        written["disabled"] = True
    if node.body is not None:
        written["body"] = _body(node.body)
    return written


def _body(body: Body) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if body.nodes:
        written["nodes"] = {name: _node(node) for name, node in body.nodes.items()}
    if body.edges:
        written["edges"] = [str(edge) for edge in body.edges]
    return written


def _trigger(trigger: Trigger) -> dict[str, Any]:
    written: dict[str, Any] = {"type": trigger.type}
    if trigger.config:
        written["config"] = trigger.config
    if trigger.inputs:
        written["inputs"] = trigger.inputs
    return written

"""From plain JSON data to a Workflow; what does not fit becomes problems, all in one go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from concertmaster.domain.document_fields import NAME, Fields
from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.plain_json import type_word
from concertmaster.domain.policy_read import read_node_policy, read_workflow_policy
from concertmaster.domain.problems import pointer
from concertmaster.domain.workflow import FORMAT_VERSION, Body, Edge, Node, Trigger, Workflow

DOCUMENT_KEYS = (
    "concertmaster", "name", "title", "description", "labels", "inputs", "vars", "triggers", "nodes", "edges",
    "outputs", "policy", "notes", "groups", "layout",
)  # fmt: skip
NODE_KEYS = ("type", "title", "config", "policy", "disabled", "body")
TRIGGER_KEYS = ("type", "config", "inputs")
WORKFLOW_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_NODE_TYPE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:@[1-9][0-9]{0,8})?")
_END = rf"({NAME.pattern})(?:\.({NAME.pattern}))?"
_EDGE = re.compile(rf"\s*{_END}\s*->\s*{_END}\s*")

KeptEdges = dict[str, tuple[int, ...]]


def parse_edge(text: str) -> Edge | None:
    """Read `source[.outlet] -> target[.port]`, None when it is not that."""
    match = _EDGE.fullmatch(text)
    if match is None:
        return None
    source, outlet, target, port = match.groups()
    return Edge(source, target, outlet or "out", port or "in")


def read_document(raw: dict[str, Any], findings: Findings) -> tuple[Workflow, KeptEdges]:
    """The workflow as far as it can be understood, and `Parsed.kept_edges`."""
    kept: KeptEdges = {}
    top = Fields(raw, findings, at="", what="a workflow document")
    top.only(DOCUMENT_KEYS)
    _read_version(top, findings)
    return Workflow(
        name=_read_name(top),
        title=top.text("title"),
        description=top.text("description"),
        labels=_read_labels(top, findings),
        inputs=top.named("inputs", lambda name, value: _read_input(name, value, findings), what="input"),
        vars=top.mapping("vars"),
        triggers=top.named("triggers", lambda name, value: _read_trigger(name, value, findings), what="trigger"),
        nodes=top.named(
            "nodes", lambda name, value: _read_node(value, pointer("nodes", name), findings, kept), what="node"
        ),
        edges=_read_edges(top, findings, kept),
        outputs=top.named("outputs", lambda _, value: value, what="output"),
        policy=read_workflow_policy(raw.get("policy"), findings),
        notes=raw.get("notes"),
        groups=raw.get("groups"),
        layout=_read_layout(top, findings),
    ), kept


def _read_version(top: Fields, findings: Findings) -> None:
    version = top.data.get("concertmaster")
    if "concertmaster" not in top.data:
        message = "the document does not say its format version"
        findings.warning("document.version", "", message, fix=f"Add `concertmaster: {FORMAT_VERSION}`")
    elif type(version) is not int or version != FORMAT_VERSION:
        message = f"format version {brief(str(version))} is unknown here; this release reads version {FORMAT_VERSION}"
        fix = f"Write `concertmaster: {FORMAT_VERSION}`, or upgrade ConcertMaster"
        findings.error("document.version", "/concertmaster", message, fix=fix)


def _read_name(top: Fields) -> str:
    top.required("name", fix="Add `name:` with lower-case letters, digits and hyphens")
    name = top.text("name")
    if name is not None and not WORKFLOW_NAME.fullmatch(name):
        words = re.sub(r"[^a-z0-9]+", "-", name[:60].lower()).strip("-")
        message = f"{brief(name)!r} is no workflow name: use lower-case letters, digits and hyphens, at most 100"
        top.wrong("name", message, fix=f"Rename it to `{words or 'workflow'}`", code="document.name")
    return name or ""


def _read_labels(top: Fields, findings: Findings) -> dict[str, str]:
    labels: dict[str, str] = {}
    for key, value in top.mapping("labels").items():
        if isinstance(value, str):
            labels[key] = value
        else:
            message = f"a label must be a text, not {type_word(value)}"
            findings.error("document.type", pointer("labels", key), message, fix="Put quotes around it")
    return labels


def _read_input(name: str, value: Any, findings: Findings) -> Mapping[str, Any]:
    return Fields(value, findings, at=pointer("inputs", name), what="the JSON Schema of an input").data


def _read_trigger(name: str, value: Any, findings: Findings) -> Trigger:
    fields = Fields(value, findings, at=pointer("triggers", name), what="a trigger")
    fields.only(TRIGGER_KEYS)
    fields.required("type", fix="Add `type:`, for example `type: schedule`")
    return Trigger(fields.text("type") or "", fields.mapping("config"), fields.mapping("inputs"))


def _read_node(value: Any, at: str, findings: Findings, kept: KeptEdges) -> Node:
    fields = Fields(value, findings, at=at, what="a node")
    fields.only(NODE_KEYS)
    fields.required("type", fix="Add `type:`, for example `type: table.sql`")
    kind = fields.text("type")
    if kind is not None and not _NODE_TYPE.fullmatch(kind):
        message = f"{brief(kind)!r} is no node type"
        fields.wrong("type", message, fix="Write it like `table.sql` or `table.sql@1`", code="node.type")
        kind = None
    return Node(
        type=kind or "",
        config=fields.mapping("config"),
        title=fields.text("title"),
        policy=read_node_policy(fields.data.get("policy"), findings, at=fields.pointer("policy")),
        disabled=fields.boolean("disabled") or False,
        body=_read_body(fields.data["body"], fields.pointer("body"), findings, kept) if "body" in fields.data else None,
    )


def _read_body(value: Any, at: str, findings: Findings, kept: KeptEdges) -> Body:
    fields = Fields(value, findings, at=at, what="a body")
    fields.only(("nodes", "edges"))
    nodes = fields.named(
        "nodes", lambda name, node: _read_node(node, at + pointer("nodes", name), findings, kept), what="node"
    )
    return Body(nodes, _read_edges(fields, findings, kept))


def _read_edges(fields: Fields, findings: Findings, kept: KeptEdges) -> tuple[Edge, ...]:
    edges: list[Edge] = []
    indices: list[int] = []
    items = fields.items("edges")
    for index, text in enumerate(items):
        edge = parse_edge(text) if isinstance(text, str) else None
        if edge is not None:
            edges.append(edge)
            indices.append(index)
            continue
        shown = repr(brief(text)) if isinstance(text, str) else type_word(text)
        message = f"{shown} is no edge"
        fix = "Write `source -> target`, `source.outlet -> target` or `source -> target.port`"
        findings.error("edge.syntax", fields.pointer("edges") + pointer(index), message, fix=fix)
    if len(edges) < len(items):
        kept[fields.pointer("edges")] = tuple(indices)
    return tuple(edges)


def _read_layout(top: Fields, findings: Findings) -> dict[str, tuple[float, float]]:
    layout: dict[str, tuple[float, float]] = {}
    for name, value in top.mapping("layout").items():
        match value:
            case [int() | float() as x, int() | float() as y] if not isinstance(x, bool) and not isinstance(y, bool):
                layout[name] = (x, y)
            case _:
                message = "a position must be a list of two numbers"
                findings.error("document.type", pointer("layout", name), message, fix="Write it like [220, 0]")
    return layout

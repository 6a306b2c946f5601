"""Notes and groups of the canvas: what is wrong with them is told, and stops nothing.

They stand in the document as they were written, so what this release does not know is never lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from concertmaster.domain.findings import Findings, brief
from concertmaster.domain.near_miss import did_you_mean
from concertmaster.domain.plain_json import type_word
from concertmaster.domain.problems import pointer
from concertmaster.domain.workflow import Node, Workflow

COLORS = ("yellow", "blue", "green", "red", "violet", "grey")
MAX_TEXT = 10_000
MOST = 2_000
_NOTE_KEYS = ("text", "at", "size", "color")
_GROUP_KEYS = ("title", "color", "nodes")


def check_annotations(workflow: Workflow, findings: Findings) -> None:
    """Find what is wrong with a workflow's notes and groups; those of a body have its path before their ids."""
    for name, note in _entries("notes", workflow.notes, findings):
        _check_note(name, note, findings)
    grouped: dict[tuple[str, str], str] = {}
    for name, group in _entries("groups", workflow.groups, findings):
        _check_group(name, group, workflow, grouped, findings)


def _entries(key: str, value: Any, findings: Findings) -> list[tuple[str, Mapping[str, Any]]]:
    code = "note.shape" if key == "notes" else "group.shape"
    if value is None:
        return []
    if not isinstance(value, dict):
        fix = f"Write `{key}:` as a mapping of ids"
        findings.warning(code, pointer(key), f"{key} must be a mapping, not {type_word(value)}", fix=fix)
        return []
    entries = cast("dict[str, Any]", value)
    if len(entries) > MOST:
        message = f"there are {len(entries):,} {key}, and at most {MOST:,} are drawn well"
        findings.warning(code, pointer(key), message, fix="Remove those that nobody reads")
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, entry in entries.items():
        if isinstance(entry, dict):
            found.append((name, cast("dict[str, Any]", entry)))
        else:
            message = f"this must be a mapping, not {type_word(entry)}"
            findings.warning(code, pointer(key, name), message, fix=f"Remove it from `{key}`")
    return found


def _check_note(name: str, note: Mapping[str, Any], findings: Findings) -> None:
    at = pointer("notes", name)
    _only(note, _NOTE_KEYS, at, "note.shape", findings)
    text = note.get("text", "")
    if not isinstance(text, str):
        message = f"the text of a note must be a text, not {type_word(text)}"
        findings.warning("note.shape", f"{at}/text", message, fix="Put quotes around it")
    elif len(text) > MAX_TEXT:
        message = f"the note has {len(text):,} characters; at most {MAX_TEXT:,} can be edited on the canvas"
        findings.warning("note.shape", f"{at}/text", message, fix="Shorten it")
    if not _is_pair(note.get("at")):
        message = "a note needs its place, a list of two numbers"
        findings.warning("note.shape", at, message, fix="Write it like `at: [220, 0]`")
    if "size" in note and not _is_pair(note["size"], least=1):
        message = "the size of a note must be a list of two numbers above 0"
        findings.warning("note.shape", f"{at}/size", message, fix="Write it like `size: [208, 136]`")
    _check_color(note, at, "note.shape", findings)


def _check_group(
    name: str,
    group: Mapping[str, Any],
    workflow: Workflow,
    grouped: dict[tuple[str, str], str],
    findings: Findings,
) -> None:
    at = pointer("groups", name)
    _only(group, _GROUP_KEYS, at, "group.shape", findings)
    if not isinstance(group.get("title", ""), str):
        message = f"the title of a group must be a text, not {type_word(group['title'])}"
        findings.warning("group.shape", f"{at}/title", message, fix="Put quotes around it")
    _check_color(group, at, "group.shape", findings)
    raw = group.get("nodes", [])
    members = cast("list[Any]", raw) if isinstance(raw, list) else None
    if members is None or not all(isinstance(node, str) for node in members):
        message = "the nodes of a group must be a list of ids"
        findings.warning("group.shape", f"{at}/nodes", message, fix="Write it like `nodes: [flights, late]`")
        return
    graph = name.rpartition("/")[0]
    nodes = _nodes_of(workflow, graph)
    for index, node in enumerate(cast("list[str]", members)):
        here = f"{at}/nodes/{index}"
        if node not in nodes:
            fix = lambda node=node: did_you_mean(node, nodes) or "Remove it from the group"  # noqa: E731
            message = f"the group names the node {brief(node)!r}, which does not exist"
            findings.warning("group.unknown_node", here, message, fix=fix)
        elif grouped.setdefault((graph, node), name) != name:
            message = f"{brief(node)} is in the group {brief(grouped[graph, node])!r} already"
            findings.warning("group.node_twice", here, message, fix="Remove it from one of the two")


def _nodes_of(workflow: Workflow, graph: str) -> Mapping[str, Node]:
    """The nodes of the graph at a path of containers; none where the path leads nowhere."""
    nodes: Mapping[str, Node] = workflow.nodes
    for container in graph.split("/") if graph else ():
        node = nodes.get(container)
        if node is None or node.body is None:
            return {}
        nodes = node.body.nodes
    return nodes


def _only(entry: Mapping[str, Any], keys: tuple[str, ...], at: str, code: str, findings: Findings) -> None:
    for key in entry:
        if key not in keys:
            fix = lambda key=key: did_you_mean(key, keys) or f"It may have {', '.join(keys)}"  # noqa: E731
            findings.warning(code, at + pointer(key), f"the key {brief(key)!r} is unknown here", fix=fix)


def _check_color(entry: Mapping[str, Any], at: str, code: str, findings: Findings) -> None:
    if "color" in entry and entry["color"] not in COLORS:
        message = f"{brief(str(entry['color']))!r} is no colour of notes and groups"
        findings.warning(code, f"{at}/color", message, fix=f"Use one of {', '.join(COLORS)}")


def _is_pair(value: Any, *, least: float = float("-inf")) -> bool:
    match value:
        case [int() | float() as x, int() | float() as y]:
            return not isinstance(x, bool) and not isinstance(y, bool) and x >= least and y >= least
        case _:
            return False

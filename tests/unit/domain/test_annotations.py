"""Notes and groups of the canvas: told where they are wrong, kept as they are written, in the way of nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec_snapshot import Snapshot

from concertmaster.domain.document import canonical_json, dump, parse
from concertmaster.domain.problems import Problem
from concertmaster.domain.validation import validate

NODES = {
    "a": {"type": "data.set@1"},
    "b": {"type": "data.set@1"},
    "each": {
        "type": "flow.for_each@1",
        "config": {"items": [1], "result": "{{ nodes.inner }}"},
        "body": {"nodes": {"inner": {"type": "data.set@1"}}},
    },
}


def document(**parts: Any) -> dict[str, Any]:
    return {"concertmaster": 1, "name": "x", "nodes": NODES, **parts}


def told(**parts: Any) -> list[Problem]:
    parsed = parse(document(**parts))
    assert parsed.ok, parsed.problems
    assert parsed.workflow is not None
    found = [p for p in validate(parsed.workflow, Snapshot()) if p.code.startswith(("note.", "group."))]
    assert all(problem.severity == "warning" and problem.fix for problem in found)
    return found


def test_those_that_are_written_well_have_no_problems() -> None:
    notes = {
        "n": {"text": "# Why", "at": [0, 1.5], "size": [100, 50], "color": "red"},
        "each/n": {"text": "", "at": [0, 0]},
    }
    groups = {"g": {"title": "G", "color": "grey", "nodes": ["a", "b"]}, "each/g": {"nodes": ["inner"]}}
    assert told(notes=notes, groups=groups) == []
    assert told(notes={}, groups={}) == []


@pytest.mark.parametrize(
    ("parts", "code", "pointer", "words"),
    [
        ({"notes": []}, "note.shape", "/notes", "mapping"),
        ({"notes": {"n": "text"}}, "note.shape", "/notes/n", "mapping"),
        ({"notes": {"n": {"text": 3, "at": [0, 0]}}}, "note.shape", "/notes/n/text", "text"),
        ({"notes": {"n": {"text": "x" * 10_001, "at": [0, 0]}}}, "note.shape", "/notes/n/text", "10,001"),
        ({"notes": {"n": {"text": ""}}}, "note.shape", "/notes/n", "place"),
        ({"notes": {"n": {"text": "", "at": [True, 0]}}}, "note.shape", "/notes/n", "place"),
        ({"notes": {"n": {"at": [0, 0], "size": [0, 5]}}}, "note.shape", "/notes/n/size", "above 0"),
        ({"notes": {"n": {"at": [0, 0], "color": "pink"}}}, "note.shape", "/notes/n/color", "pink"),
        ({"notes": {"n": {"at": [0, 0], "colour": "red"}}}, "note.shape", "/notes/n/colour", "unknown"),
        ({"groups": 1}, "group.shape", "/groups", "mapping"),
        ({"groups": {"g": {"nodes": "a"}}}, "group.shape", "/groups/g/nodes", "list"),
        ({"groups": {"g": {"title": [], "nodes": ["a"]}}}, "group.shape", "/groups/g/title", "text"),
        ({"groups": {"g": {"nodes": ["a", "c"]}}}, "group.unknown_node", "/groups/g/nodes/1", "'c'"),
        ({"groups": {"g": {"nodes": ["inner"]}}}, "group.unknown_node", "/groups/g/nodes/0", "'inner'"),
        ({"groups": {"no/g": {"nodes": ["a"]}}}, "group.unknown_node", "/groups/no~1g/nodes/0", "'a'"),
        ({"groups": {"g": {"nodes": ["a"]}, "h": {"nodes": ["a"]}}}, "group.node_twice", "/groups/h/nodes/0", "'g'"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(parts: dict[str, Any], code: str, pointer: str, words: str) -> None:
    (problem,) = told(**parts)
    assert (problem.code, problem.pointer) == (code, pointer)
    assert words in problem.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(notes=JSON, groups=JSON)
def test_whatever_stands_there_is_kept_and_stops_nothing(notes: Any, groups: Any) -> None:
    parsed = parse(document(notes=notes, groups=groups))
    assert parsed.ok
    assert parsed.workflow is not None
    validate(parsed.workflow, Snapshot())
    assert (parsed.workflow.notes, parsed.workflow.groups) == (notes, groups)
    again = parse(dump(parsed.workflow)).workflow
    assert again is not None
    assert canonical_json(again) == canonical_json(parsed.workflow)

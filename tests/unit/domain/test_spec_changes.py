"""What differs between versions of a node type, and what of it breaks workflows."""

from __future__ import annotations

from typing import Any

import pytest

from concertmaster.domain.ports import PortType
from concertmaster.domain.spec import NodeSpec, OutletSpec, Port
from concertmaster.domain.spec_changes import spec_changes
from concertmaster.domain.spec_json import spec_from_json, spec_to_json

TEXT = {"type": "string"}


def spec(properties: dict[str, Any], *required: str, **more: Any) -> NodeSpec:
    defs = more.pop("defs", {})
    schema = {"type": "object", "properties": properties, "required": list(required), "$defs": defs}
    return NodeSpec("acme.x", schema=schema, **more)


CASES = [
    ("same", spec({"a": TEXT}), spec({"a": TEXT}), []),
    ("texts", spec({"a": TEXT}), spec({"a": {**TEXT, "title": "A", "x-order": 3}}), []),
    ("optional", spec({}), spec({"a": TEXT}), [("/schema/properties/a", False)]),
    ("required", spec({}), spec({"a": TEXT}, "a"), [("/schema/properties/a", True)]),
    ("required now", spec({"a": TEXT}), spec({"a": TEXT}, "a"), [("/schema/properties/a", True)]),
    ("optional now", spec({"a": TEXT}, "a"), spec({"a": TEXT}), [("/schema/properties/a", False)]),
    ("gone", spec({"a": TEXT}), spec({}), [("/schema/properties/a", True)]),
    ("type", spec({"a": TEXT}), spec({"a": {"type": "integer"}}), [("/schema/properties/a", True)]),
    (
        "default",
        spec({"a": {**TEXT, "default": 1}}),
        spec({"a": {**TEXT, "default": 2}}),
        [("/schema/properties/a", False)],
    ),
    ("slash", spec({"a/b": TEXT}), spec({}), [("/schema/properties/a~1b", True)]),
    (
        "a field called title",
        spec({"a": {"type": "object", "properties": {"title": TEXT}}}),
        spec({"a": {"type": "object", "properties": {"title": {"type": "integer"}}}}),
        [("/schema/properties/a", True)],
    ),
    (
        "behind a reference",
        spec({"a": {"$ref": "#/$defs/M"}}, defs={"M": {"enum": [1]}}),
        spec({"a": {"$ref": "#/$defs/N"}}, defs={"N": {"enum": [2]}}),
        [("/schema/properties/a", True)],
    ),
    (
        "only renamed behind it, and recursive",
        spec({"a": {"$ref": "#/$defs/M"}}, defs={"M": {"type": "array", "items": {"$ref": "#/$defs/M"}}}),
        spec({"a": {"$ref": "#/$defs/M"}}, defs={"M": {"type": "array", "items": {"$ref": "#/$defs/M"}, "title": "x"}}),
        [],
    ),
    ("port", spec({}, ports=(Port("in"),)), spec({}, ports=(Port("in"), Port("b"))), [("/ports/b", True)]),
    (
        "port gone",
        spec({}, ports=(Port("in"), Port("b"))),
        spec({}, ports=(Port("in"),)),
        [("/ports/b", True)],
    ),
    ("any port", spec({}, any_port=PortType("table")), spec({}, any_port=PortType("table")), []),
    (
        "outlet",
        spec({}, outlets=(OutletSpec("out", PortType("table")),)),
        spec({}, outlets=(OutletSpec("out", PortType("file")), OutletSpec("more"))),
        [("/outlets/out", True), ("/outlets/more", False)],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_changes(old: NodeSpec, new: NodeSpec, expected: list[tuple[str, bool]]) -> None:
    assert [(change.pointer, change.breaking) for change in spec_changes(old, new)] == expected


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_specs_survive_json(case: tuple[str, NodeSpec, NodeSpec, Any]) -> None:
    assert spec_from_json(spec_to_json(case[2])) == case[2]

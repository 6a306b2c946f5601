"""Config: the same rules and pointers wherever it is checked, and once more when its expressions are computed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from concertmaster import node
from concertmaster.domain.access import LOCAL_ADMIN
from concertmaster.domain.validation import check_document
from concertmaster.nodes.loader import builtin_registry
from concertmaster.nodes.node_type import node_type_of
from concertmaster.nodes.registry import Registry
from concertmaster.services.nodes import NodeTypeService
from engine_harness import running_engine

CALLED: list[Any] = []


class Part(BaseModel):
    """A part."""

    size: Annotated[int, Field(ge=1, le=9)]


@node(id="rule.keep", effect="none")
def keep(
    count: Annotated[int, Field(ge=1)],
    parts: list[Part] | None = None,
    code: Annotated[str, Field(json_schema_extra={"x-expression": False})] = "",
) -> Any:
    """Keep what it is given."""
    CALLED.append(count)
    return {"count": count, "code": code, "sizes": [part.size for part in parts or []]}


class Served:
    """A registry in service that never changes."""

    mode, trouble = "static", None

    def __init__(self, current: Registry) -> None:
        self.current = current


def registry() -> Registry:
    type_ = node_type_of(keep)
    assert type_ is not None
    return Registry([*builtin_registry().all(), type_])


def test_one_set_of_rules_with_pointers_for_every_door() -> None:
    config = {"count": 0, "parts": [{"size": 3}, {"size": "many"}, {"sise": 1}], "other": 1}
    document = {"concertmaster": 1, "name": "a", "nodes": {"a": {"type": "rule.keep", "config": config}}}
    known = registry()
    told = {(one.code, one.pointer) for one in check_document(document, known, format=None, connections=None).problems}
    assert told == {
        ("config.invalid", "/nodes/a/config/count"),
        ("config.invalid", "/nodes/a/config/parts/1/size"),
        ("config.unknown_key", "/nodes/a/config/other"),
        ("config.missing", "/nodes/a/config/parts/2/size"),
    }
    service: Any = NodeTypeService(Served(known))  # pyright: ignore[reportArgumentType]
    alone = {(one.code, one.pointer) for one in service.validate(LOCAL_ADMIN, "rule.keep", config)}
    assert alone == {(code, pointer.removeprefix("/nodes/a/config")) for code, pointer in told}


DOCUMENT = """
concertmaster: 1
name: rules
inputs: {count: {type: integer}, size: {type: integer}}
nodes:
  a:
    type: rule.keep
    config: {count: "{{ inputs.count }}", parts: [{size: "{{ inputs.size }}"}], code: "{{ not one }} %}"}
outputs: {kept: "{{ nodes.a }}"}
"""


async def test_expressions_may_stand_anywhere_and_what_they_give_is_checked_again(tmp_path: Path) -> None:
    async with running_engine(tmp_path, [keep]) as harness:
        row, events = await harness.run(DOCUMENT, {"count": 2, "size": 5})
        assert row.status == "succeeded", row.error
        kept = events[-1].body.outputs["kept"]
        assert kept == {"count": 2, "code": "{{ not one }} %}", "sizes": [5]}, "x-expression: false is literal"
        CALLED.clear()
        for inputs, place in (({"count": 0, "size": 5}, "count"), ({"count": 2, "size": 10}, "parts/0/size")):
            row, _ = await harness.run(DOCUMENT, inputs)
            assert row.error is not None
            assert row.error.code == "node.config_invalid"
            assert row.error.details["pointer"] == f"/nodes/a/config/{place}"
        assert CALLED == [], "the node never began"


class Box(BaseModel):
    """A box whose second rule pydantic does not know."""

    size: Annotated[int, Field(json_schema_extra={"maximum": 9})] = 1


def _even(schema: dict[str, Any]) -> None:
    schema["multipleOf"] = 2


@node(id="rule.extra", effect="none")
def extra(
    code: Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]+$"})],
    boxes: list[Box] | None = None,
    pairs: Annotated[int, Field(json_schema_extra=_even)] = 2,
    day: Annotated[str | None, Field(json_schema_extra={"format": "date"})] = None,
    path: Annotated[str, Field(json_schema_extra={"format": "path"})] = "x",
) -> str:
    """Keep a code."""
    CALLED.append(code)
    return code


EXTRA = """
concertmaster: 1
name: extras
inputs: {code: {}, size: {}, pairs: {}, day: {}}
nodes:
  a:
    type: rule.extra
    config:
      code: "{{ inputs.code }}"
      boxes: [{size: "{{ inputs.size }}"}]
      pairs: "{{ inputs.pairs }}"
      day: "{{ inputs.day }}"
outputs: {kept: "{{ nodes.a }}"}
"""


async def test_rules_that_only_the_schema_has_hold_for_what_was_rendered(tmp_path: Path) -> None:
    type_ = node_type_of(extra)
    assert type_ is not None
    assert set(type_.rules) == {"code", "boxes", "pairs", "day"}
    async with running_engine(tmp_path, [extra]) as harness:
        good = {"code": "AB", "size": 3, "pairs": 2, "day": "2026-01-31"}
        row, _ = await harness.run(EXTRA, good)
        assert row.status == "succeeded", row.error
        CALLED.clear()
        for inputs, place in (
            ({"code": "ab"}, "code"),
            ({"code": 7}, "code"),
            ({"size": 10}, "boxes/0/size"),
            ({"pairs": 3}, "pairs"),
            ({"day": "31/01/2026"}, "day"),
        ):
            row, _ = await harness.run(EXTRA, {**good, **inputs})
            assert row.error is not None, inputs
            assert row.error.code == "node.config_invalid"
            assert row.error.details["pointer"] == f"/nodes/a/config/{place}"
        assert CALLED == [], "the node never began"


def test_attempts_of_built_ins_pay_nothing_for_that() -> None:
    ruled = {type_.spec.id for type_ in builtin_registry().all() if type_.rules}
    assert ruled == set(), "each is a check more for every attempt with expressions; let pydantic know the rule"


def test_a_path_that_leads_out_of_the_workspace_is_refused_before_the_run() -> None:
    def told(path: str) -> list[tuple[str, str]]:
        document = {"concertmaster": 1, "name": "a", "nodes": {"a": {"type": "file.read", "config": {"path": path}}}}
        found = check_document(document, registry(), format=None, connections=None).problems
        return [(one.code, one.pointer) for one in found]

    for path in ("../sales.csv", "data/../../sales.csv", ".."):
        assert told(path) == [("config.path", "/nodes/a/config/path")]
    for path in ("data/../sales.csv", "..sales.csv", "../{{ execution.id }}.csv", "/tmp/sales.csv"):
        assert told(path) == []


def test_a_wrong_name_among_variants_is_told_with_all_of_them() -> None:
    def told(expectation: dict[str, Any]) -> list[tuple[str, str, str | None]]:
        config = {"expectations": [expectation]}
        document = {"concertmaster": 1, "name": "a", "nodes": {"a": {"type": "table.validate", "config": config}}}
        found = check_document(document, registry(), format=None, connections=None).problems
        place = "/nodes/a/config/expectations/0/"
        return [(one.pointer.removeprefix(place), one.message, one.fix) for one in found if place in one.pointer]

    names = "not_null, unique, range, regex, one_of, condition, referential, columns, types, row_count, fresh"
    message = f"`expect` must be one of {names} (table.validate)"
    assert told({"expect": "not_nul", "column": "a"}) == [("expect", message, "Did you mean `not_null`?")]
    # The variant whose name is given is the one that was meant, however much else of it is wrong.
    assert [place for place, *_ in told({"expect": "range", "colum": "a", "mni": 1, "mxa": 2})] == [
        "column",
        "colum",
        "mni",
        "mxa",
    ]

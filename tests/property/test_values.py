"""Laws of values: an event's JSON gives back the value it was made of."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.domain.values import (
    Column,
    FileRef,
    JsonValue,
    Pin,
    PlannedTable,
    Recipe,
    Step,
    TableRef,
    Value,
    artifacts_named,
    from_json,
    to_json,
)

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
sizes = st.integers(0, 2**53)
digests = st.text("0123456789abcdef", min_size=8, max_size=8)
columns = st.lists(st.builds(Column, names, names), max_size=3).map(tuple)
data: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
)
tables = st.builds(TableRef, digests, sizes, sizes, columns)
stored = (
    st.builds(JsonValue, data, st.none(), sizes)
    | st.builds(JsonValue, st.none(), digests, sizes)
    | tables
    | st.builds(FileRef, names, sizes, path=names)
    | st.builds(FileRef, names, sizes, artifact=digests)
)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    steps: list[Step] = []
    for index in range(draw(st.integers(1, 4))):
        sources = stored if not index else stored | st.integers(0, index - 1)
        inputs = st.dictionaries(names, st.lists(sources, min_size=1, max_size=3).map(tuple), max_size=2)
        steps.append(draw(st.builds(Step, names, digests, st.dictionaries(names, data, max_size=2), inputs)))
    return Recipe(tuple(steps), tuple(draw(st.lists(st.builds(Pin, names, sizes, digests), max_size=2))))


planned = st.builds(PlannedTable, columns, recipes())


@given(stored | planned)
def test_a_value_comes_back_from_the_journal(value: Value) -> None:
    assert from_json(orjson.loads(orjson.dumps(to_json(value)))) == value


@given(planned)
def test_a_planned_table_needs_every_artifact_that_its_json_names_and_is_none_itself(table: PlannedTable) -> None:
    told = to_json(table)
    assert (told["kind"], told["artifact"], told["rows"], told["bytes"]) == ("table", None, None, None)
    given = [one for step in told["recipe"]["steps"] for ones in step["inputs"].values() for one in ones]
    named: list[tuple[str, int]] = [
        (one["artifact"], one["bytes"]) for one in given if isinstance(one, dict) and one.get("artifact")
    ]
    assert list(artifacts_named(table)) == named

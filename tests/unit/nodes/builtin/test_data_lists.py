"""data.map, data.filter, data.sort, data.group and data.merge: lists of JSON, and what they say about odd ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from concertmaster import Table, UserError
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.document import parse
from concertmaster.domain.expression import ExpressionError, per_item
from concertmaster.domain.validation import validate
from concertmaster.engine.isolated_job import Code, IsolatedJob
from concertmaster.nodes.builtin.data_filter import data_filter
from concertmaster.nodes.builtin.data_group import data_group
from concertmaster.nodes.builtin.data_map import data_map
from concertmaster.nodes.builtin.data_merge import data_merge
from concertmaster.nodes.builtin.data_sort import data_sort
from concertmaster.nodes.loader import builtin_registry
from engine_harness import running_engine
from node_context import PlainContext

PEOPLE = [{"name": "Ada", "born": 1815, "at": {"city": "London"}}, {"name": "alan", "born": 1912, "at": None}]


def refused(call: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        call()
    return caught.value


def table(folder: Path, rows: int) -> Table:
    import polars as pl

    from concertmaster.data.parquet import write_frame

    store = ArtifactStore(folder / "store")
    ref = write_frame(pl.DataFrame({"n": range(rows)}), store)
    return Table(ref, store.local_path(ref.artifact))


def test_map_computes_each_item_with_its_index_and_what_else_is_known() -> None:
    value = per_item({"n": "{{ index }}", "who": "{{ item.name }} {{ inputs.s }}"}, {"inputs": {"s": "!"}})
    assert data_map(PEOPLE, value=value) == [{"n": 0, "who": "Ada !"}, {"n": 1, "who": "alan !"}]
    assert data_map([1, 2], value=per_item("same")) == ["same", "same"]
    assert data_map([], value=per_item("{{ item.x.y }}")) == []


def test_map_takes_the_rows_of_a_table_but_not_of_any(tmp_path: Path) -> None:
    assert data_map(table(tmp_path, 3), value=per_item("{{ item.n * 2 }}")) == [0, 2, 4]
    error = refused(lambda: data_map(table(tmp_path, 100_001), value=per_item("{{ item }}")))
    assert error.code == "data.table_too_large"
    assert "table.*" in error.message


def test_an_error_names_the_item() -> None:
    with pytest.raises(ExpressionError, match=r"Item 1: .*'price'.*known keys: cost") as caught:
        data_map([{"price": 1}, {"cost": 2}], value=per_item({"p": "{{ item.price }}"}))
    assert caught.value.details["index"] == 1


def test_what_many_items_compute_is_bounded() -> None:
    big = "x" * 1_000_000
    with pytest.raises(ExpressionError, match="400,000,000 units") as caught:
        data_map([big] * 1_000, value=per_item("{{ item ~ item }}"))
    assert caught.value.code == "expression.too_large"


def test_a_cancelled_map_ends_early(tmp_path: Path) -> None:
    assert data_map([1] * 5_000, value=per_item("{{ item }}"), context=PlainContext(tmp_path, stop=True)) == []


def test_only_lists_and_tables_are_lists() -> None:
    for value, word in ((None, "nothing"), ({"a": 1}, "an object"), ("abc", "text"), (1.5, "a number")):
        error = refused(lambda value=value: data_map(value, value=per_item(1)))
        assert error.code == "data.not_a_list"
        assert word in error.message


def test_filter_keeps_what_holds_and_wants_true_or_false() -> None:
    assert data_filter(PEOPLE, condition=per_item("{{ item.born < 1900 }}")) == PEOPLE[:1]
    assert data_filter(PEOPLE, condition=per_item(True)) == PEOPLE
    error = refused(lambda: data_filter(PEOPLE, condition=per_item("{{ item.born }}")))
    assert error.code == "data.not_a_condition"
    assert "1815" in error.message
    assert refused(lambda: data_filter([1], condition=per_item("yes"))).details["index"] == 0


def test_sort_by_keys_and_by_itself() -> None:
    rows = [{"a": 2, "b": "x"}, {"a": 1, "b": "B"}, {"a": 1, "b": "a"}, {"a": None, "b": "c"}]
    assert [row["b"] for row in data_sort(rows, by=["a", "b"])] == ["a", "B", "x", "c"]
    assert [row["b"] for row in data_sort(rows, by=["-a", "-b"], nulls="first")] == ["c", "x", "B", "a"]
    assert [row["b"] for row in data_sort(rows, by=["b"], case_sensitive=True)] == ["B", "a", "c", "x"]
    assert data_sort([3, None, 1.5, 2]) == [1.5, 2, 3, None]
    assert data_sort(["b", "a"], order="descending") == ["b", "a"]
    assert data_sort(PEOPLE, by=["at.city"], nulls="first")[0]["name"] == "alan"
    assert data_sort([]) == []


def test_sort_is_stable_in_both_directions() -> None:
    rows = [{"k": 1, "n": 0}, {"k": 0, "n": 1}, {"k": 1, "n": 2}, {"k": 0, "n": 3}]
    assert [row["n"] for row in data_sort(rows, by=["k"])] == [1, 3, 0, 2]
    assert [row["n"] for row in data_sort(rows, by=["-k"])] == [0, 2, 1, 3]


def test_sort_refuses_what_has_no_order() -> None:
    mixed = refused(lambda: data_sort([{"a": 1}, {"a": "1"}], by=["a"]))
    assert mixed.code == "data.not_sortable"
    assert "item 1 has '1'" in mixed.message
    assert refused(lambda: data_sort([{"a": 1}])).code == "data.not_sortable"
    assert "did you mean 'born'" in refused(lambda: data_sort(PEOPLE, by=["bron"])).message
    assert refused(lambda: data_sort([1, 2], by=["a"])).code == "data.no_key"


def test_group_by_one_key_by_several_and_shaped() -> None:
    rows = [{"a": 1, "b": "x"}, {"a": "1", "b": "x"}, {"a": 1, "b": "y"}, {"b": "x"}]
    groups = data_group(rows, by=["a"])
    assert [(group["key"], group["count"]) for group in groups] == [(1, 2), ("1", 1), (None, 1)]
    assert groups[0]["items"] == [rows[0], rows[2]]
    assert data_group(rows, by=["a", "b"])[0]["key"] == {"a": 1, "b": "x"}
    shaped = data_group(rows, by=["b"], value=per_item({"of": "{{ item.key }}", "n": "{{ item.count }}"}))
    assert shaped == [{"of": "x", "n": 3}, {"of": "y", "n": 1}]
    assert "did you mean 'born'" in refused(lambda: data_group(PEOPLE, by=["bonr"])).message


def test_merge_objects_deep_and_shallow_and_who_wins() -> None:
    one, two = {"a": {"x": 1, "y": 1}, "b": 1}, {"a": {"y": 2}, "c": 3}
    assert data_merge([one, two]) == {"a": {"x": 1, "y": 2}, "b": 1, "c": 3}
    assert data_merge([one, None, two], mode="shallow") == {"a": {"y": 2}, "b": 1, "c": 3}
    assert data_merge([one, two], conflict="first")["a"] == {"x": 1, "y": 1}
    error = refused(lambda: data_merge([one, two], conflict="fail"))
    assert (error.code, error.details["key"]) == ("merge.conflict", "a.y")
    assert one == {"a": {"x": 1, "y": 1}, "b": 1}
    assert data_merge([]) == {}
    assert refused(lambda: data_merge([one, [1]])).code == "merge.not_an_object"


def test_merge_lists_by_key() -> None:
    left, right = [{"id": 1, "l": 1}, {"id": 2, "l": 2}, {"id": None}], [{"id": 2, "r": 2}, {"id": 3}, {"id": None}]
    assert data_merge([left, right], mode="key", key="id", keep="matched") == [{"id": 2, "l": 2, "r": 2}]
    assert data_merge([left, right], mode="key", key="id", keep="first") == [left[0], {**left[1], "r": 2}, left[2]]
    every = [left[0], {**left[1], "r": 2}, left[2], {"id": 3}, {"id": None}]
    assert data_merge([left, right], mode="key", key="id") == every
    assert refused(lambda: data_merge([left, right], mode="key")).code == "merge.no_key"
    twice = refused(lambda: data_merge([left, [{"id": 1}, {"id": 1}]], mode="key", key="id"))
    assert twice.code == "merge.key_twice"
    assert "table.join" in twice.message


def test_merge_lists_by_position() -> None:
    left, right = [{"a": 1}, {"a": 2}], [{"b": 1}]
    assert data_merge([left, right], mode="position") == [{"a": 1, "b": 1}, {"a": 2}]
    assert data_merge([left, right], mode="position", keep="matched") == [{"a": 1, "b": 1}]
    assert data_merge([right, left], mode="position", keep="first") == [{"b": 1, "a": 1}]
    assert "item 0 of input 1" in refused(lambda: data_merge([left, [7]], mode="position")).message


DOCUMENT = """
concertmaster: 1
name: per-item
inputs: {factor: {type: integer, default: 3}}
vars: {unit: kg}
nodes:
  numbers: {type: data.set, config: {value: [1, 2]}}
  each:
    type: flow.for_each
    body:
      nodes:
        inner: {type: data.set, config: {value: [10, 20]}}
        mapped:
          type: data.map
          config: {value: "{{ item * inputs.factor }} {{ vars.unit }} {{ nodes.numbers | length }} {{ index }}"}
      edges: [inner -> mapped]
edges: [numbers -> each]
outputs: {all: "{{ nodes.each }}"}
"""


def test_it_reaches_isolated_nodes_as_it_is(tmp_path: Path) -> None:
    value = per_item("{{ item * inputs.n }}", {"inputs": {"n": 2}})
    job = IsolatedJob(
        code=Code("m", "f", None, ""),
        config={"value": [value]},
        inputs={},
        opened={},
        outlets=("out",),
        execution_id="e",
        node="n",
        attempt=1,
        idempotency_key="k",
        workspace=tmp_path,
        data_dir=tmp_path,
        artifacts=tmp_path,
    )
    there = IsolatedJob.read(orjson.loads(orjson.dumps(job.as_json()))).config["value"][0]
    assert there.of(21, 0) == 42


async def test_in_a_loop_the_item_is_that_of_the_list(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(DOCUMENT, {"factor": 3})
    assert row.status == "succeeded", row.error
    assert events[-1].body.outputs == {"all": [["30 kg 2 0", "60 kg 2 1"]] * 2}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{{ item.a + }}", "expression.syntax"),
        ("{{ inputs.nothing }}", "expression.unknown_input"),
        ("{{ nodes.nobody }}", "expression.unknown_node"),
        ("{{ itme.a }}", "expression.unknown_root"),
    ],
)
def test_wrong_expressions_are_problems_of_the_document(value: str, code: str) -> None:
    text = f"""
concertmaster: 1
name: wrong
nodes:
  numbers: {{type: data.set, config: {{value: [1]}}}}
  mapped: {{type: data.map, config: {{value: {{deep: ["{value}"]}}}}}}
edges: [numbers -> mapped]
"""
    workflow = parse(text).workflow
    assert workflow is not None
    (problem,) = validate(workflow, builtin_registry())
    assert (problem.code, problem.pointer) == (code, "/nodes/mapped/config/value/deep/0")

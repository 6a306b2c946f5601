"""What values were made of, as far as the events tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from concertmaster.domain import events as e
from concertmaster.domain.execution import ExecutionRow
from concertmaster.domain.values import Column, JsonValue, PlannedTable, Recipe, Step, TableRef
from concertmaster.domain.workflow import Edge, Node, Workflow
from concertmaster.services.execution_view import ExecutionView
from concertmaster.services.lineage import artifacts_of, chosen_values, lineage_of

START = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = TableRef("digest", 7, 70, (Column("n", "int64"),))


def folded() -> ExecutionView:
    """a -> b -> c and late -> c with `join: any`; d reads b, nothing reads a but b."""
    nodes = {name: Node("data.set@1") for name in ("a", "b", "c", "late")}
    nodes["d"] = Node("data.set@1", config={"value": "{{ nodes.b.rows + nodes.nobody }}"})
    edges = (Edge("a", "b", port="left"), Edge("b", "c"), Edge("late", "c"))
    view = ExecutionView(Workflow("w", nodes=nodes, edges=edges))
    one: dict[str, Any] = {"out": JsonValue(1, size_bytes=1)}
    bodies: list[e.Body] = [e.NodeSucceeded("a", 1, START, one)]
    bodies += [e.NodeSucceeded("b", 2, START + timedelta(seconds=1), {"out": TABLE}, {"execution": "y", "node": "z"})]
    bodies += [e.NodeStarted("c", 1), e.NodeSucceeded("late", 1, START, one)]
    bodies += [e.NodeSucceeded("c", 1, START, one), e.NodeStarted("d", 1), e.NodeSucceeded("d", 1, START, one)]
    view.apply(e.Event("x", n + 1, START + timedelta(seconds=n), body) for n, body in enumerate(bodies))
    return view


def test_what_came_in_what_was_read_and_what_was_reused_is_told() -> None:
    view = folded()
    row = ExecutionRow("x", "w", 3, "succeeded", 1, 7, {"type": "manual"}, START)
    told = lineage_of(row, view, chosen_values(view, "x", None), {})
    items = {one["node"]: one for one in told["items"]}
    assert (told["version"], list(items)) == (3, ["a", "b", "c", "late", "d"])
    assert [(came["node"], came["port"], came["bytes"]) for came in items["b"]["inputs"]] == [("a", "left", 1)]
    origin = {"execution": "y", "node": "z", "pinned": False, "at": None}
    assert (items["b"]["reused"], items["b"]["attempt"]) == (origin, 2)
    # What came late, after it had begun, is no part of it.
    assert [(came["node"], came["rows"]) for came in items["c"]["inputs"]] == [("b", 7)]
    assert (items["d"]["inputs"], items["d"]["reads"]) == ([], ["b"])


def test_a_table_that_was_never_stored_has_no_size_and_is_nobody_elses_bytes() -> None:
    table = PlannedTable(TABLE.columns, Recipe((Step("table.filter@1", inputs={"in": (TABLE,)}),)))
    view = ExecutionView(
        Workflow("w", nodes={"a": Node("data.set@1"), "b": Node("data.set@1")}, edges=(Edge("a", "b"),))
    )
    bodies: list[e.Body] = [
        e.NodeSucceeded("a", 1, START, {"out": table}),
        e.NodeSucceeded("b", 1, START, {"out": TABLE}),
    ]
    view.apply(e.Event("x", n + 1, START, body) for n, body in enumerate(bodies))
    row = ExecutionRow("x", "w", 3, "succeeded", 1, 2, {"type": "manual"}, START)
    assert artifacts_of(view, [("a", "out")]) == []
    made, read = lineage_of(row, view, [("a", "out"), ("b", "out")], {})["items"]
    (came,) = read["inputs"]
    for told in (made, came):
        assert (told["kind"], told["rows"], told["bytes"]) == ("table", None, None)


def test_a_node_is_told_with_all_that_it_is_based_on() -> None:
    view = folded()
    assert chosen_values(view, "x", "c") == [("a", "out"), ("b", "out"), ("c", "out")]
    assert chosen_values(view, "x", "d") == [("a", "out"), ("b", "out"), ("d", "out")]
    assert artifacts_of(view, [("a", "out"), ("b", "out"), ("c", "out")]) == ["digest"]


def test_of_several_outlets_only_those_that_something_came_from_are_told() -> None:
    """check.valid -> big, and read looks at nodes.check.report."""
    nodes = {name: Node("data.set@1") for name in ("check", "big")}
    nodes["read"] = Node("data.set@1", config={"value": "{{ nodes.check.report }}"})
    nodes["whole"] = Node("data.set@1", config={"value": "{{ nodes.check }}"})
    view = ExecutionView(Workflow("w", nodes=nodes, edges=(Edge("check", "big", outlet="valid"),)))
    one = JsonValue(1, size_bytes=1)
    bodies: list[e.Body] = [e.NodeSucceeded("check", 1, START, {"valid": TABLE, "invalid": TABLE, "report": one})]
    for name in ("big", "read", "whole"):
        bodies += [e.NodeStarted(name, 1), e.NodeSucceeded(name, 1, START, {"out": one})]
    view.apply(e.Event("x", n + 1, START + timedelta(seconds=n), body) for n, body in enumerate(bodies))
    assert chosen_values(view, "x", "big") == [("check", "valid"), ("big", "out")]
    assert chosen_values(view, "x", "read") == [("check", "report"), ("read", "out")]
    assert [outlet for _, outlet in chosen_values(view, "x", "whole")] == ["valid", "invalid", "report", "out"]
    assert [outlet for _, outlet in chosen_values(view, "x", "check")] == ["valid", "invalid", "report"]

"""The fold of events to what people look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from concertmaster.domain import events as e
from concertmaster.domain.execution import ExecutionRow, Failure
from concertmaster.domain.parentage import Parentage
from concertmaster.domain.values import Column, FileRef, JsonValue, PlannedTable, Recipe, Step, TableRef, Value
from concertmaster.domain.workflow import Body, Edge, Node, Workflow
from concertmaster.services.execution_view import ExecutionView

START = datetime(2026, 1, 1, tzinfo=UTC)


def _fold(*bodies: e.Body, nodes: tuple[str, ...] = ("a",)) -> dict[str, Any]:
    view = ExecutionView(Workflow("w", nodes={name: Node("data.set@1", title=name.upper()) for name in nodes}))
    at = [START + timedelta(seconds=number) for number in range(len(bodies))]
    view.apply(e.Event("x", number + 1, at[number], body) for number, body in enumerate(bodies))
    row = ExecutionRow("x", "w", 1, "running", 1, len(bodies), {"type": "manual"}, START)
    return view.as_json(row, {"a": 4})


def test_a_node_that_nobody_decided_yet_is_pending() -> None:
    shown = _fold(e.ExecutionCreated("w", 1, {"n": 1}, {"type": "manual"}))
    assert shown["inputs"] == {"n": 1}
    assert shown["outputs"] is None
    assert shown["nodes"]["a"] == {
        "node": "a",
        "type": "data.set@1",
        "title": "A",
        "status": "pending",
        "attempt": 0,
        "started_at": None,
        "ended_at": None,
        "due_at": None,
        "waiting": None,
        "progress": None,
        "error": None,
        "tables_in": {},
        "outputs": {},
        "logs": 4,
        "items": None,
        "children": [],
        "approval": None,
        "reused": None,
        "reason": None,
    }


def test_a_quick_node_goes_from_pending_to_succeeded() -> None:
    run = _fold(e.NodeSucceeded("a", 1, START, {"out": JsonValue(7, size_bytes=1)}))["nodes"]["a"]
    assert (run["status"], run["attempt"], run["started_at"], run["ended_at"]) == ("succeeded", 1, START, START)
    assert run["outputs"] == {"out": {"kind": "json", "bytes": 1, "value": 7}}


def test_retries_keep_the_first_start_and_show_the_last_error() -> None:
    failure = Failure("node.failed", "no", details={"line": 3})
    due = START + timedelta(seconds=9)
    waiting = _fold(e.NodeStarted("a", 1), e.NodeProgress("a", 1, 5, 10), e.NodeRetrying("a", 1, failure, due))
    run = waiting["nodes"]["a"]
    assert (run["status"], run["due_at"], run["error"]["details"]) == ("retrying", due, {"line": 3})
    assert run["progress"] == {"done": 5, "total": 10}
    again = _fold(
        e.NodeStarted("a", 1),
        e.NodeRetrying("a", 1, failure, due),
        e.TimerFired("a", 1),
        e.NodeStarted("a", 2),
        e.NodeSucceeded("a", 2, START + timedelta(seconds=3), {}),
    )["nodes"]["a"]
    assert (again["status"], again["attempt"], again["started_at"]) == ("succeeded", 2, START)
    assert (again["error"], again["due_at"]) == (None, None)


def test_failed_skipped_and_cancelled_nodes_tell_so() -> None:
    shown = _fold(
        e.NodeFailed("a", 1, START, Failure("x.y", "broken")),
        e.NodeSkipped("b", "no incoming edge was taken"),
        e.NodeCancelled("c", 0, "by local"),
        e.ExecutionFailed(Failure("x.y", "broken", node="a")),
        nodes=("a", "b", "c"),
    )
    assert {name: run["status"] for name, run in shown["nodes"].items()} == {
        "a": "failed",
        "b": "skipped",
        "c": "cancelled",
    }
    assert shown["nodes"]["a"]["error"]["message"] == "broken"


def test_values_show_whose_bytes_they_are_and_nothing_of_how_they_were_made() -> None:
    outputs = {
        "table": TableRef("d" * 64, 3, 99, (Column("x", "int64"),)),
        "json": JsonValue(None, artifact="e" * 64, size_bytes=100_000),
        "file": FileRef("r.csv", 12, path="out/r.csv", media_type="text/csv"),
    }
    shown = _fold(e.NodeSucceeded("a", 1, START, outputs))["nodes"]["a"]["outputs"]
    assert shown == {
        "table": {
            "kind": "table",
            "rows": 3,
            "bytes": 99,
            "columns": [{"name": "x", "type": "int64"}],
            "digest": "d" * 64,
        },
        "json": {"kind": "json", "bytes": 100_000, "digest": "e" * 64},
        "file": {"kind": "file", "name": "r.csv", "bytes": 12, "path": "out/r.csv", "media_type": "text/csv"},
    }


def test_a_container_counts_the_items_of_its_children() -> None:
    about = {"kind": "each", "total": 250, "span": 100, "parallel": 2}
    events = (
        e.NodeWaiting("a", 1, "children", about=about),
        e.ItemStarted("a", 1, "c1", 0, 100),
        e.ItemStarted("a", 1, "c2", 100, 100),
        e.ItemEnded("a", 1, "c1", "succeeded", failed=3),
    )
    run = _fold(*events)["nodes"]["a"]
    assert run["items"] == {"kind": "each", "total": 250, "done": 100, "failed": 3, "running": 100}
    assert [(child["execution"], child["status"]) for child in run["children"]] == [
        ("c2", "running"),
        ("c1", "succeeded"),
    ]


def test_a_part_of_another_has_the_nodes_of_its_body_once_an_item() -> None:
    parent = Parentage("top", "each", 1, "each", "top/each", "top", path=("a",), offset=100, count=2)
    inner = Workflow("w", nodes={"a": Node("flow.for_each@1", body=Body({"x": Node("data.set@1", title="X")}))})
    view = ExecutionView(inner)
    view.apply([e.Event("c", 1, START, e.ExecutionCreated("w", 1, {}, {}, parent.as_json()))])
    assert {name: (run.type, run.title) for name, run in view.nodes.items()} == {
        "x[0]": ("data.set@1", "X"),
        "x[1]": ("data.set@1", "X"),
    }
    shown = view.as_json(ExecutionRow("c", "w", 1, "running", 1, 1, {}, START), {})
    assert shown["part_of"] == {
        "execution": "top",
        "node": "each",
        "kind": "each",
        "visible": "top",
        "offset": 100,
        "count": 2,
    }


def test_the_time_of_a_node_does_not_count_its_queue() -> None:
    queued = e.NodeWaiting("a", 1, "slot", resource="node_type:data.set")
    done = e.NodeSucceeded("a", 1, START, {})
    waiting = _fold(e.NodeStarted("a", 1), queued)["nodes"]["a"]
    assert (waiting["status"], waiting["started_at"]) == ("waiting", None)
    slow = _fold(queued, e.NodeStarted("a", 1), done)["nodes"]["a"]
    assert (slow["started_at"], slow["ended_at"]) == (START + timedelta(seconds=1), START + timedelta(seconds=2))
    quick = _fold(queued, done)["nodes"]["a"]
    assert quick["started_at"] == quick["ended_at"] == START + timedelta(seconds=1)


def test_a_cancelled_execution_says_why_until_it_is_retried() -> None:
    created = e.ExecutionCreated("w", 1, {}, {"type": "manual"})
    assert _fold(created, e.ExecutionCancelled("enough"))["reason"] == "enough"
    assert _fold(created, e.ExecutionCancelled("enough"), e.ExecutionRetried(2, {}, "again"))["reason"] is None


def test_what_came_in_is_told_by_port() -> None:
    edges = (Edge("a", "c"), Edge("b", "c", port="right"), Edge("b", "c"), Edge("d", "c"))
    view = ExecutionView(Workflow("w", nodes={name: Node("table.join@1") for name in "abcd"}, edges=edges))
    tables = {name: TableRef(name, rows, rows * 10, (Column("x", "int64"),)) for name, rows in (("a", 3), ("b", 4))}
    bodies = [
        e.NodeSucceeded("a", 1, START, {"out": tables["a"]}),
        e.NodeSucceeded("b", 1, START, {"out": tables["b"]}),
        e.NodeStarted("c", 1),
        # Taken after the node has begun.
        e.NodeSucceeded("d", 1, START, {"out": tables["b"]}),
    ]
    at = [START + timedelta(seconds=number) for number in range(len(bodies))]
    view.apply(e.Event("x", number + 1, at[number], body) for number, body in enumerate(bodies))
    row = ExecutionRow("x", "w", 1, "running", 1, len(bodies), {"type": "manual"}, START)
    nodes = view.as_json(row, {})["nodes"]
    assert nodes["c"]["tables_in"] == {"in": {"rows": 7, "bytes": 70}, "right": {"rows": 4, "bytes": 40}}
    assert nodes["a"]["tables_in"] == {}


PLANNED = PlannedTable((Column("x", "int64"),), Recipe((Step("file.read@1", config={"path": "secret.csv"}),)))


def test_what_was_never_stored_has_columns_and_no_size() -> None:
    run = _fold(e.NodeSucceeded("a", 1, START, {"out": PLANNED}))["nodes"]["a"]
    columns = [{"name": "x", "type": "int64"}]
    assert run["outputs"] == {"out": {"kind": "table", "rows": None, "bytes": None, "columns": columns}}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_nobody_knows_how_much_came_in_when_a_part_of_it_was_never_stored(order: tuple[str, str]) -> None:
    edges = (Edge(order[0], "c"), Edge(order[1], "c"), Edge("b", "c", port="right"))
    view = ExecutionView(Workflow("w", nodes={name: Node("data.set@1") for name in "abc"}, edges=edges))
    tables: dict[str, Value] = {"a": PLANNED, "b": TableRef("digest", 4, 40, ())}
    bodies = [*(e.NodeSucceeded(name, 1, START, {"out": table}) for name, table in tables.items())]
    view.apply(e.Event("x", n + 1, START, body) for n, body in enumerate([*bodies, e.NodeStarted("c", 1)]))
    row = ExecutionRow("x", "w", 1, "running", 1, 3, {"type": "manual"}, START)
    told = view.as_json(row, {})["nodes"]["c"]["tables_in"]
    assert told == {"in": {"rows": None, "bytes": None}, "right": {"rows": 4, "bytes": 40}}

"""Progress on a terminal that nobody watches: one plain line for each node that ends."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from concertmaster.cli.progress import Progress, seconds
from concertmaster.cli.result import last_tables

AT = "2026-01-01T00:00:05Z"
START = "2026-01-01T00:00:03.500000Z"


def _lines(*events: tuple[str, str | None, dict[str, Any]]) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, width=160, no_color=True)
    with Progress(console, {"a": "table.sql@1", "long_name": "data.set@1"}) as progress:
        for kind, node, data in events:
            event = {"kind": kind, "at": AT, "data": data, **({} if node is None else {"node": node})}
            progress.show(event)
    assert "\x1b" not in text.getvalue()
    return [" ".join(line.split()) for line in text.getvalue().splitlines()]


def test_a_succeeded_node_shows_rows_and_seconds() -> None:
    table = {"kind": "table", "rows": 9430, "bytes": 1, "columns": []}
    data = {"attempt": 1, "started_at": START, "outputs": {"out": table}}
    assert _lines(("node.started", "a", {"attempt": 1}), ("node.succeeded", "a", data)) == [
        "✓ a table.sql@1 9,430 rows 1.50 s"
    ]


def test_a_table_that_was_never_stored_says_that_nobody_counted_its_rows() -> None:
    table = {"kind": "table", "rows": None, "bytes": None, "columns": []}
    data = {"attempt": 1, "started_at": START, "outputs": {"out": table}}
    assert _lines(("node.succeeded", "a", data)) == ["✓ a table.sql@1 rows not counted 1.50 s"]


def test_a_reused_result_is_told_without_a_time() -> None:
    table = {"kind": "table", "rows": 9430, "bytes": 1, "columns": []}
    origin = {"execution": "x", "node": "a"}
    data = {"attempt": 1, "started_at": START, "outputs": {"out": table}, "reused": origin}
    assert _lines(("node.succeeded", "a", data)) == ["✓ a table.sql@1 9,430 rows reused"]


def test_columns_are_as_wide_as_the_types() -> None:
    text = io.StringIO()
    types = {"a": "acme.warehouse_of_europe.load@12", "b": "data.set@1"}
    data = {"attempt": 1, "started_at": START, "outputs": {}}
    with Progress(Console(file=text, width=160, no_color=True), types) as progress:
        for node in types:
            progress.show({"kind": "node.succeeded", "at": AT, "node": node, "data": data})
    first, second = (line.index("1.50 s") for line in text.getvalue().splitlines())
    assert first == second


def test_a_queue_is_told_and_not_counted() -> None:
    queued = ("node.waiting", "a", {"attempt": 1, "rule": "slot", "resource": "node_type:table.sql"})
    data = {"attempt": 1, "started_at": START, "outputs": {}}
    told = "◷ a table.sql@1 waits for node_type:table.sql"
    assert _lines(queued, ("node.succeeded", "a", data)) == [told, "✓ a table.sql@1 0.00 s"]


def test_what_others_have_to_do_is_told() -> None:
    event = {"attempt": 1, "rule": "event", "about": {"name": "paid", "key": "17"}}
    asked = {"attempt": 1, "rule": "approval", "about": {"id": "abc", "title": "Publish?"}}
    assert _lines(("node.waiting", "a", event), ("node.waiting", "a", asked)) == [
        "◷ a table.sql@1 waits for the event 'paid' with the key '17'",
        "◷ a table.sql@1 Publish? answer with: concertmaster approvals approve abc (or reject)",
    ]


def test_items_that_a_loop_went_on_without_are_counted() -> None:
    waiting = {"attempt": 1, "rule": "children", "about": {"kind": "each", "total": 1000}}
    ended = {"attempt": 1, "status": "succeeded", "failed": 1}
    data = {"attempt": 1, "started_at": START, "outputs": {}}
    begun = ("node.waiting", "a", waiting)
    whole = ("item.ended", "a", {**ended, "failed": 0})
    assert _lines(begun, ("item.ended", "a", ended), whole, ("node.succeeded", "a", data)) == [
        "✓ a table.sql@1 ⚠ 1 of 1,000 failed 0.00 s"
    ]


def test_a_wait_is_the_time_of_a_node() -> None:
    waiting = {
        "kind": "node.waiting",
        "at": START,
        "node": "a",
        "data": {"attempt": 1, "rule": "children", "about": {}},
    }
    text = io.StringIO()
    with Progress(Console(file=text, width=160, no_color=True), {"a": "flow.race@1"}) as progress:
        progress.show(waiting)
        progress.show({**waiting, "kind": "node.succeeded", "at": AT, "data": {"attempt": 1, "started_at": AT}})
    assert " ".join(text.getvalue().split()) == "✓ a flow.race@1 1.50 s"


def test_outlets_files_and_attempts_are_named() -> None:
    file = {"kind": "file", "path": "out/r.csv", "name": "r.csv", "bytes": 1200}
    taken = {"kind": "json", "bytes": 4, "value": True}
    data = {"attempt": 3, "started_at": START, "outputs": {"true": taken, "copy": file}}
    assert _lines(("node.succeeded", "a", data)) == [
        "✓ a table.sql@1 true, copy: out/r.csv (1,200 bytes) 1.50 s attempt 3"
    ]


def test_failures_retries_skips_and_cancellations_give_their_reason() -> None:
    error = {"code": "x", "message": "no such column"}
    assert _lines(
        ("execution.started", None, {}),
        ("node.retrying", "a", {"attempt": 1, "error": error, "due_at": "2026-01-01T00:00:07.000000Z"}),
        ("node.failed", "a", {"attempt": 2, "started_at": START, "error": error}),
        ("node.skipped", "long_name", {"reason": "no incoming edge was taken"}),
        ("node.cancelled", "long_name", {"attempt": 0, "reason": "by local"}),
    ) == [
        "↻ a table.sql@1 attempt 1: no such column; again in 2.0 s",
        "✗ a table.sql@1 no such column 1.50 s attempt 2",
        "– long_name data.set@1 skipped: no incoming edge was taken",
        "■ long_name data.set@1 cancelled: by local",
    ]


def test_durations_are_for_people() -> None:
    assert [seconds(0.004), seconds(59.994), seconds(61), seconds(3725)] == [
        "0.00 s",
        "59.99 s",
        "1 min 1 s",
        "62 min 5 s",
    ]


def test_the_last_tables_are_those_that_no_table_was_made_of() -> None:
    document = {
        "concertmaster": 1,
        "name": "w",
        "nodes": {name: {"type": "data.set"} for name in ("read", "sort", "count", "other", "file")},
        "edges": ["read -> sort", "sort -> count", "read -> other", "sort -> file"],
    }
    table, value = {"kind": "table"}, {"kind": "json"}
    outputs = {"read": table, "sort": table, "count": value, "other": table, "file": value}
    execution = {"nodes": {name: {"outputs": {"out": output}} for name, output in outputs.items()}}
    assert last_tables(execution, document) == [("sort", "out"), ("other", "out")]


def test_an_approval_names_the_fields_that_it_needs_and_the_page() -> None:
    text = io.StringIO()
    form = {"copies": {"type": "integer"}, "note": {"type": ["string", "null"]}, "to": {"default": "all"}}
    asked = {"attempt": 1, "rule": "approval", "about": {"id": "abc", "title": "Publish?", "form": form}}
    console = Console(file=text, width=300, no_color=True)
    with Progress(console, {"a": "flow.approve@1"}, pages="http://127.0.0.1:8000") as progress:
        progress.show({"node": "a", "at": "2026-01-01T00:00:00Z", "kind": "node.waiting", "data": asked})
    assert "answer with: concertmaster approvals approve abc -d copies=VALUE (or reject), " in text.getvalue()
    assert "in the browser: http://127.0.0.1:8000/approvals?id=abc" in text.getvalue()

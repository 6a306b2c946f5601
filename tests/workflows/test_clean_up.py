"""After the main graph: what succeeded is undone, somebody is told, the rest is cleaned up."""

from __future__ import annotations

import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest

from concertmaster.domain.document import parse
from concertmaster.domain.events import Event
from concertmaster.domain.validation import validate
from concertmaster.nodes.loader import builtin_registry
from documentation import ROOT, documents
from engine_harness import running_engine

TEMPLATE = ROOT / "examples" / "on-failure-webhook.yaml"
TRIP = """
concertmaster: 1
name: trip
inputs: {show: {type: boolean, default: true}, wait: {type: string, default: 0s}, undo: {type: number, default: 1}}
policy: {on_failure: [compensate, tell], finally: [report]}
nodes:
  flight: {type: data.set, config: {value: flight}, policy: {undo: no_flight}}
  hotel: {type: data.set, config: {value: hotel}, policy: {undo: no_hotel}}
  wait: {type: flow.wait, config: {duration: "{{ inputs.wait }}"}}
  show: {type: logic.if, config: {condition: "{{ inputs.show }}"}}
  sold_out: {type: flow.fail, config: {message: sold out, code: show.sold_out}}
  car: {type: data.set, config: {value: car}, policy: {undo: no_car}}
  no_flight: {type: data.set, config: {value: "no {{ input }}"}}
  no_hotel: {type: data.set, config: {value: "no {{ input }} {{ 1 / inputs.undo }}"}}
  no_car: {type: data.set, config: {value: "no {{ input }}"}}
  tell: {type: data.set, config: {value: "{{ execution.error.node }}: {{ execution.error.message }}"}}
  told: {type: data.set, config: {value: "told {{ input }}"}}
  report: {type: data.set, config: {value: [ended, "{{ nodes.no_flight }}", "{{ nodes.told }}"]}}
edges: [flight -> hotel, hotel -> wait, wait -> show, show.false -> sold_out, show.true -> car, tell -> told]
outputs: {report: "{{ nodes.report }}"}
"""


def ends(events: list[Event]) -> dict[str, str]:
    """How nodes ended, in that order."""
    final = ("node.succeeded", "node.failed", "node.skipped", "node.cancelled")
    return {event.node: event.kind[5:] for event in events if event.node is not None and event.kind in final}


def skipped(events: list[Event]) -> dict[str, str]:
    """Why nodes were skipped."""
    found: list[Any] = [event.body for event in events if event.kind == "node.skipped"]
    return {body.node: body.reason for body in found}


def value(events: list[Event], node: str) -> Any:
    """What a node gave."""
    body: Any = next(event.body for event in events if event.kind == "node.succeeded" and event.node == node)
    return body.outputs["out"].data


async def test_after_a_failure_the_last_is_undone_first_then_it_is_told_and_cleaned_up(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(TRIP, {"show": False, "wait": "0s", "undo": 1})
    assert (row.status, row.error and row.error.code) == ("failed", "show.sold_out")
    late = ["no_hotel", "no_flight", "tell", "told", "report"]
    assert [node for node, end in ends(events).items() if node in late and end == "succeeded"] == late
    # What did not run needs no undoing.
    assert skipped(events)["no_car"] == "it undoes another node, and nothing had to be undone"
    assert ends(events)["no_car"] == "skipped"
    assert value(events, "report") == ["ended", "no flight", "told sold_out: sold out"]


async def test_after_a_success_only_the_end_is_cleaned_up(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(TRIP, {"show": True, "wait": "0s", "undo": 1})
    assert row.status == "succeeded"
    assert skipped(events)["no_car"] == "it undoes another node if the execution fails, and it did not fail"
    assert {node for node, end in ends(events).items() if end == "skipped"} == {
        "sold_out",
        *("no_flight", "no_hotel", "no_car", "tell", "told"),
    }
    assert events[-1].body.outputs == {"report": ["ended", None, None]}


async def test_what_is_undone_only_where_the_policy_says_so_tells_that(tmp_path: Path) -> None:
    document = TRIP.replace("[compensate, tell]", "[tell]")
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(document, {"show": False, "wait": "0s", "undo": 1})
    assert row.status == "failed"
    assert skipped(events)["no_flight"] == "it undoes another node, and policy.on_failure does not say `compensate`"


async def test_what_cannot_be_undone_keeps_nothing_from_being_undone(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(TRIP, {"show": False, "wait": "0s", "undo": 0})
    late = {node: end for node, end in ends(events).items() if node in ("no_hotel", "no_flight", "told", "report")}
    assert late == {"no_hotel": "failed", "no_flight": "succeeded", "told": "succeeded", "report": "succeeded"}
    assert row.error is not None
    assert row.error.code == "show.sold_out"
    assert "while this was dealt with, node 'no_hotel' failed" in row.error.message


async def test_a_cancelled_one_is_cleaned_up_and_nothing_is_undone(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        id_ = await harness.start(TRIP, {"show": True, "wait": "1h", "undo": 1})
        await harness.settled(id_, "waiting")
        await harness.cancel(id_)
        row, events = await harness.end(id_), await harness.journal.read(id_)
    assert row.status == "cancelled"
    assert {ends(events)[node] for node in ("no_flight", "no_hotel", "tell")} <= {"skipped", "cancelled"}
    why = skipped(events)
    assert why["no_flight"] == "the execution was cancelled, not failed: what it did stays"
    assert why["tell"] == "it runs after a failure, and the execution was cancelled, not failed"
    assert value(events, "report") == ["ended", None, None]


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    posted: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        self.posted.append(orjson.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def webhook() -> Generator[str]:
    Hook.posted.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


async def test_the_template_tells_which_node_failed_and_where_to_look(tmp_path: Path, webhook: str) -> None:
    workflow = parse(TEMPLATE.read_text()).workflow
    assert workflow is not None
    assert validate(workflow, builtin_registry()) == []
    async with running_engine(tmp_path, allow="127.0.0.1") as harness:
        row, _ = await harness.run(TEMPLATE.read_text(), {"webhook": webhook})
    assert row.status == "failed"
    assert Hook.posted == [
        {
            "text": "tell-about-failures failed at empty: There are no rows today",
            "code": "rows.missing",
            "link": f"http://127.0.0.1:8000/runs/{row.id}",
        }
    ]


def test_the_page_shows_the_template_as_it_is() -> None:
    shown = [block.text for block in documents(ROOT / "docs" / "how-to" / "undo-and-clean-up.md")]
    assert f"# tell-about-failures.yaml\n{TEMPLATE.read_text()}" in shown

"""Attempts that wait for a free thread or process: their time does not run, and everybody sees what they wait for."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from concertmaster import Context, node
from concertmaster.domain.document import parse
from concertmaster.domain.events import Event, NodeWaiting
from concertmaster.domain.execution import ExecutionRow
from concertmaster.executors.pool import ProcessSettings
from concertmaster.services.execution_view import ExecutionView
from concertmaster.services.waiting import why_node
from engine_harness import Harness, running_engine


def waits_of(events: Sequence[Event]) -> list[tuple[str, str, str | None]]:
    found = [event.body for event in events if isinstance(event.body, NodeWaiting) and event.body.rule != "timer"]
    return [(body.node, body.rule, body.resource) for body in found]


def ended(events: Sequence[Event], node: str) -> bool:
    return any(event.node == node and event.kind == "node.succeeded" for event in events)


async def why(harness: Harness, execution_id: str, node: str) -> tuple[str, str]:
    """Rule and message, as `GET /executions/{id}` shows them."""
    row: ExecutionRow = await harness.executions.get(execution_id)
    parsed = parse((await harness.workflows.get(row.workflow, row.version)).document)
    assert parsed.workflow is not None
    view = ExecutionView(parsed.workflow)
    view.apply(await harness.journal.read(execution_id))
    reason = why_node(view.nodes[node], row, view, slots={})
    assert reason is not None
    return reason.rule, reason.message


@pytest.mark.parametrize("effect", ["none", "write"])
async def test_time_does_not_run_while_an_attempt_waits_for_a_thread(tmp_path: Path, effect: str) -> None:
    door, entered = threading.Event(), threading.Event()

    @node(id="t.gate", effect="none")
    def gate(context: Context) -> None:
        """Holds the only thread."""
        entered.set()
        while not (door.is_set() or context.cancelled()):
            door.wait(0.01)

    @node(id="t.quick", effect=effect)  # type: ignore[arg-type]
    def quick() -> int:
        """Needs a thread."""
        return 1

    holder = "{concertmaster: 1, name: holder, nodes: {n: {type: t.gate}}}"
    document = """
        concertmaster: 1
        name: late
        nodes:
          a: {type: t.quick, policy: {timeout: 200ms}}
          pause: {type: flow.wait, config: {duration: 500ms}}
        """
    async with running_engine(tmp_path, [gate, quick], threads=1) as harness:
        held = await harness.start(holder)
        await asyncio.to_thread(entered.wait, 30)
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: ended(events, "pause"))
        assert (await why(harness, execution_id, "a"))[0] == "slot"
        assert "CONCERTMASTER_THREADS" in (await why(harness, execution_id, "a"))[1]
        door.set()
        row, events = await harness.end(execution_id), await harness.journal.read(execution_id)
        await harness.end(held)
    assert row.status == "succeeded", row.error
    assert waits_of(events) == [("a", "slot", "threads")]
    assert [event.kind for event in events if event.node == "a"][-2:] == ["node.started", "node.succeeded"]


async def test_who_is_cancelled_while_it_waits_for_a_thread_never_runs(tmp_path: Path) -> None:
    door, entered = threading.Event(), threading.Event()
    ran: list[int] = []

    @node(id="t.gate", effect="none")
    def gate(context: Context) -> None:
        """Holds the only thread."""
        entered.set()
        while not (door.is_set() or context.cancelled()):
            door.wait(0.01)

    @node(id="t.quick", effect="write")
    def quick() -> None:
        """Needs a thread."""
        ran.append(1)

    async with running_engine(tmp_path, [gate, quick], threads=1) as harness:
        held = await harness.start("{concertmaster: 1, name: holder, nodes: {n: {type: t.gate}}}")
        await asyncio.to_thread(entered.wait, 30)
        execution_id = await harness.start("{concertmaster: 1, name: late, nodes: {a: {type: t.quick}}}")
        await harness.until(execution_id, lambda events: bool(waits_of(events)))
        await harness.cancel(execution_id)
        assert (await harness.end(execution_id)).status == "cancelled"
        door.set()
        assert (await harness.end(held)).status == "succeeded"
    assert ran == []


async def test_time_does_not_run_while_an_attempt_waits_for_a_process(tmp_path: Path) -> None:
    file = tmp_path / "open"
    gate = "import os, time\ndef main(path):\n    while not os.path.exists(path): time.sleep(0.01)"
    node_ = "{{type: python.code, config: {}, policy: {}}}"
    first = node_.format(json.dumps({"code": gate, "arguments": {"path": str(file)}}), "{}")
    second = node_.format(json.dumps({"code": "def main(): return 1"}), "{timeout: 3s}")
    async with running_engine(tmp_path, processes=ProcessSettings(processes=1)) as harness:
        held = await harness.start(f"{{concertmaster: 1, name: code, nodes: {{a: {first}}}}}")
        await harness.until(held, lambda events: any(event.kind == "node.started" for event in events))
        execution_id = await harness.start(
            f"{{concertmaster: 1, name: code, nodes: {{a: {second}, "
            "pause: {type: flow.wait, config: {duration: 3300ms}}}}"
        )
        await harness.until(execution_id, lambda events: ended(events, "pause"))
        assert "CONCERTMASTER_PROCESSES" in (await why(harness, execution_id, "a"))[1]
        file.touch()
        row, events = await harness.end(execution_id), await harness.journal.read(execution_id)
        await harness.end(held)
    assert row.status == "succeeded", row.error
    assert waits_of(events) == [("a", "slot", "processes")]

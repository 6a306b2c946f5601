"""Attempts under limits: who waits for a place or its turn has not started, and runs in the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from concertmaster import Context, node
from concertmaster.domain.events import Event, NodeWaiting
from engine_harness import running_engine


def kinds(events: list[Event]) -> list[str]:
    return [f"{event.kind} {event.node}" if event.node else event.kind for event in events]


def on_the_loop(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have it run where the nodes of the package run, whose starts are held back."""
    function.__module__ = "concertmaster.nodes.builtin.of_this_test"
    return function


async def test_those_that_wait_for_their_turn_all_run(tmp_path: Path) -> None:
    ran: list[str] = []

    @node(id="t.paced", effect="none")
    async def paced(context: Context) -> str:
        """Under a rate."""
        ran.append(context.node)
        return context.node

    document = """
        concertmaster: 1
        name: paced
        nodes: {a: {type: t.paced}, b: {type: t.paced}, c: {type: t.paced}}
        outputs: {all: "{{ [nodes.a, nodes.b, nodes.c] }}"}
        """
    async with running_engine(tmp_path, [paced], limits=["node_type:t.paced=2/s"]) as harness:
        row, events = await harness.run(document)
    assert row.status == "succeeded", row.error
    assert sorted(ran) == ["a", "b", "c"]
    assert [event.body.rule for event in events if isinstance(event.body, NodeWaiting)] == ["rate", "rate"]
    assert events[-1].body.outputs == {"all": ["a", "b", "c"]}


async def test_who_waits_for_a_place_when_the_execution_fails_never_starts(tmp_path: Path) -> None:
    door, waits = asyncio.Event(), threading.Event()

    @node(id="t.gate", effect="none")
    @on_the_loop
    async def gate(context: Context) -> str:
        """Waits for the door."""
        await door.wait()
        return context.node

    @node(id="t.fails", effect="none")
    def fails() -> None:
        """Fails once another node waits."""
        waits.wait(30)
        raise ValueError("no")

    document = """
        concertmaster: 1
        name: failing
        nodes: {a: {type: t.gate}, b: {type: t.gate}, c: {type: t.fails}}
        """
    async with running_engine(tmp_path, [gate, fails], limits=["node_type:t.gate=1"]) as harness:
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: "node.waiting b" in kinds(list(events)))
        waits.set()
        await harness.until(execution_id, lambda events: "node.cancelled b" in kinds(list(events)))
        door.set()
        row, events = await harness.end(execution_id), await harness.journal.read(execution_id)
    assert row.status == "failed"
    assert "node.succeeded a" in kinds(list(events))
    assert "node.started b" not in kinds(list(events))

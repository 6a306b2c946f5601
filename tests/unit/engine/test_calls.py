"""Calls of other workflows, on the real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import func, select

from bench import Bench, code, everybody_ended, outputs_of, until
from concertmaster.storage.tables import executions
from engine_harness import running_engine

CALLEE = """
    concertmaster: 1
    name: callee
    inputs: {number: {type: integer}}
    nodes: {work: {type: t.work, config: {number: "{{ inputs.number }}"}}}
    outputs: {twice: "{{ nodes.work * 2 }}"}
    """


def caller(inputs: str = "{number: 4}", *, workflow: str = "callee", policy: str = "{}") -> str:
    return f"""
        concertmaster: 1
        name: caller
        nodes: {{call: {{type: flow.call, config: {{workflow: {workflow}, inputs: {inputs}}}, policy: {policy}}}}}
        outputs: {{got: "{{{{ nodes.call.twice }}}}"}}
        """


async def test_a_call_gives_the_outputs_and_leaves_a_linked_execution(tmp_path: Path) -> None:
    bench = Bench()
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.save(CALLEE)
        row, events = await harness.run(caller())
        child = (await harness.children(row.id))[0]
        created = (await harness.journal.read(child.id))[0].body
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": 8}), row.error
    assert (child.workflow, child.status, child.hidden) == ("callee", "succeeded", False)
    assert getattr(created, "trigger", None) == {"type": "call", "execution": row.id, "node": "call"}
    assert bench.keys(4) == [f"{row.id}/call.1/work/1"]


async def test_what_cannot_be_called_says_why(tmp_path: Path) -> None:
    async with running_engine(tmp_path, [Bench(fails={7}).work()]) as harness:
        await harness.save(CALLEE)
        told = (await harness.run(caller("{number: x}")))[0].error
        assert told is not None
        assert told.message.startswith("The inputs do not fit ")
        assert "number" in told.message
        assert "number" in told.details["inputs"]
        codes = [
            code((await harness.run(document))[0])
            for document in (caller("{}"), caller("{number: x}"), caller(workflow="nobody"), caller("{number: 7}"))
        ]
    assert codes == ["execution.inputs_invalid", "execution.inputs_invalid", "workflow.not_found", "work.broken"]


async def test_a_workflow_that_calls_itself_for_ever_is_stopped(tmp_path: Path) -> None:
    endless = "{concertmaster: 1, name: endless, nodes: {call: {type: flow.call, config: {workflow: endless}}}}"
    async with running_engine(tmp_path) as harness:
        row, _ = await harness.run(endless)
        below = await everybody_ended(harness, row.id)
        there = "{concertmaster: 1, name: there, nodes: {call: {type: flow.call, config: {workflow: back}}}}"
        back = "{concertmaster: 1, name: back, nodes: {loop: {type: flow.for_each, config: {items: [1]}, body: {nodes: "
        await harness.save(f"{back}{{call: {{type: flow.call, config: {{workflow: there}}}}}}}}}}}}}}")
        both, _ = await harness.run(there)
        await everybody_ended(harness, both.id)
    assert code(row) == "call.too_deep"
    assert below == {"failed": 32}
    assert row.error is not None
    assert row.error.message.endswith("It was called so: endless -> endless -> ...")
    assert both.error is not None
    assert both.error.message.endswith("It was called so: there -> back -> there -> ..."), both.error.message


async def test_a_tree_that_doubles_with_every_call_is_ended_by_a_cancel_of_its_root(tmp_path: Path) -> None:
    calls = ", ".join(f"{name}: {{type: flow.call, config: {{workflow: doubling}}}}" for name in ("a", "b"))
    doubling = f"{{concertmaster: 1, name: doubling, nodes: {{{calls}}}}}"
    async with running_engine(tmp_path) as harness:
        root = await harness.start(doubling)
        count = select(func.count()).select_from(executions)
        while (await harness.database.read(lambda connection: connection.scalar(count)) or 0) < 60:
            await asyncio.sleep(0.01)
        await harness.cancel(root)
        async with asyncio.timeout(60):
            assert (await harness.end(root)).status == "cancelled"
        assert set(await everybody_ended(harness, root)) == {"cancelled"}


async def test_a_retried_call_goes_on_in_the_same_execution(tmp_path: Path) -> None:
    bench = Bench(fails={4})
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.save(CALLEE)
        row, _ = await harness.run(caller())
        assert row.status == "failed"
        bench.fails.clear()
        await harness.ask(row.id, "retry")
        row = await harness.end(row.id)
        events = await harness.journal.read(row.id)
        children = await harness.children(row.id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": 8}), row.error
    assert [child.status for child in children] == ["succeeded"]
    assert bench.keys(4) == [f"{row.id}/call.1/work/1"] * 2


FULL = CALLEE.replace("inputs:", "policy: {concurrency: {limit: 1, when_full: %s}}\n    inputs:")


async def test_a_call_of_a_full_workflow_is_skipped_where_its_policy_says_so(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == 1)
    retrying = "{retry: {maximum_attempts: 50, initial_interval: 20ms, maximum_interval: 20ms}}"
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.save(FULL % "skip")
        first = await harness.start(caller("{number: 1}"))
        await until(lambda: bench.inside == 1)
        row, _ = await harness.run(caller("{number: 2}"))
        assert code(row) == "call.full"
        assert [child.status for child in await harness.children(row.id)] == ["cancelled"]
        third = await harness.start(caller("{number: 3}", policy=retrying))
        await harness.until(third, lambda events: any(event.kind == "node.retrying" for event in events))
        bench.open.set()
        rows = [await harness.end(execution_id) for execution_id in (first, third)]
    assert [row.status for row in rows] == ["succeeded"] * 2
    assert bench.numbers == [1, 3]


async def test_a_call_of_a_full_workflow_waits_or_makes_room(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == 1)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.save(FULL % "cancel_oldest")
        first = await harness.start(caller("{number: 1}"))
        await until(lambda: bench.inside == 1)
        row, events = await harness.run(caller("{number: 2}"))
        assert (row.status, outputs_of(events)) == ("succeeded", {"got": 4}), row.error
        assert code(await harness.end(first)) == "call.cancelled"
        await harness.save(FULL % "queue")
        third = await harness.start(caller("{number: 1}"))
        await until(lambda: bench.inside == 1)
        fourth = await harness.start(caller("{number: 2}"))
        await harness.until(fourth, lambda events: any(event.kind == "item.started" for event in events))
        assert bench.numbers.count(2) == 1
        bench.open.set()
        rows = [await harness.end(execution_id) for execution_id in (third, fourth)]
    assert [row.status for row in rows] == ["succeeded"] * 2

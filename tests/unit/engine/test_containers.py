"""Containers that run their body once, calls, and what children go through with their parents, on the real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench import QUICK_SLEEP, Bench, code, everybody_ended, outputs_of, run, until
from concertmaster import node
from concertmaster.domain.events import ItemStarted
from engine_harness import running_engine

RACE = """
    concertmaster: 1
    name: race
    nodes:
      race:
        type: flow.race
        config: {wins: %s}
        body:
          nodes:
            a: {type: t.work, config: {number: 1}}
            b: {type: t.work, config: {number: 2}}
            c: {type: t.work, config: {number: 3}}
            c2: {type: data.set, config: {value: "{{ nodes.c + 1 }}"}}
          edges: [c -> c2]
    outputs: {got: "{{ nodes.race }}"}
    """


async def test_the_first_branch_wins_and_the_rest_is_cancelled(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number != 3)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, events = await harness.run(RACE % 1)
        await everybody_ended(harness, row.id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": {"winner": "c2", "value": 4}}), row.error
    await until(lambda: bench.inside == 0)
    assert bench.ended == [3]


async def test_a_failing_branch_has_not_won(tmp_path: Path) -> None:
    bench = Bench(fails={1, 3})
    row, outputs = await run(tmp_path, RACE % 1, bench.work())
    assert (row.status, outputs) == ("succeeded", {"got": {"winner": "b", "value": 2}}), row.error


async def test_several_wins_come_in_their_order(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == 1, fails={2})
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(RACE % 2)
        await until(lambda: 3 in bench.ended)
        child = (await harness.children(execution_id))[0]
        await harness.until(
            child.id, lambda events: any(e.kind == "node.succeeded" and e.node == "c2[0]" for e in events)
        )
        bench.open.set()
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "succeeded", row.error
    assert outputs_of(events) == {"got": [{"winner": "c2", "value": 4}, {"winner": "a", "value": 1}]}


async def test_a_race_without_a_winner_fails_and_says_why(tmp_path: Path) -> None:
    row, _ = await run(tmp_path, RACE % 3, Bench(fails={2}).work())
    assert code(row) == "race.no_winner"
    assert row.error is not None
    assert "Number 2 is broken" in row.error.message


async def test_stop_in_a_race_ends_it_with_those_who_have_won(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: stopped
        nodes:
          race:
            type: flow.race
            config: {wins: 2}
            body: {nodes: {stop: {type: flow.stop}, slow: {type: flow.wait, config: {duration: 1h}}}}
        outputs: {got: "{{ nodes.race }}"}
        """
    row, outputs = await run(tmp_path, document)
    assert (row.status, outputs) == ("succeeded", {"got": [{"winner": "stop", "value": None}]}), row.error


LOCK = """
    concertmaster: 1
    name: lock
    nodes:
      lock:
        type: flow.lock
        config: {name: one, limit: %d}
        body: {nodes: {work: {type: t.work, config: {number: 1}}}}
    outputs: {got: "{{ nodes.lock }}"}
    """


@pytest.mark.parametrize("limit", [1, 3])
async def test_a_lock_is_held_by_so_many_over_all_executions(tmp_path: Path, limit: int) -> None:
    bench = Bench(holds=lambda _: True)
    async with running_engine(tmp_path, [bench.work()], settings=QUICK_SLEEP) as harness:
        ids = [await harness.start(LOCK % limit) for _ in range(6)]
        await until(lambda: bench.inside == limit)
        for execution_id in ids:
            await harness.until(execution_id, lambda events: any(isinstance(e.body, ItemStarted) for e in events))
        await harness.cancel(ids[-1])
        assert (await harness.end(ids[-1])).status == "cancelled"
        bench.open.set()
        rows = [await harness.end(execution_id) for execution_id in ids[:-1]]
        events = await harness.journal.read(ids[0])
    assert [row.status for row in rows] == ["succeeded"] * 5
    assert outputs_of(events) == {"got": 1}
    assert (bench.most, len(bench.calls)) == (limit, 5)


CALLEE = """
    concertmaster: 1
    name: callee
    inputs: {number: {type: integer}}
    nodes: {work: {type: t.work, config: {number: "{{ inputs.number }}"}}}
    outputs: {twice: "{{ nodes.work * 2 }}"}
    """


NESTED = """
    concertmaster: 1
    name: outside
    nodes:
      each:
        type: flow.for_each
        config: {items: [1, 2], concurrency: 2}
        body:
          nodes:
            call: {type: flow.call, config: {workflow: callee, inputs: {number: "{{ item }}"}}}
    outputs: {got: "{{ nodes.each }}"}
    """


async def test_a_cancel_goes_down_to_everybody(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.save(CALLEE)
        execution_id = await harness.start(NESTED)
        await until(lambda: bench.inside == 2)
        await harness.cancel(execution_id)
        row = await harness.end(execution_id)
        below = await everybody_ended(harness, execution_id)
    assert row.status == "cancelled"
    assert below == {"cancelled": 3}
    assert bench.inside == 0


async def test_a_paused_execution_pauses_its_children_and_both_go_on(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number in (1, 2))
    loop = """
        concertmaster: 1
        name: paused
        nodes:
          each:
            type: flow.for_each
            config: {items: [1, 2, 3, 4], concurrency: 2}
            body: {nodes: {work: {type: t.work, config: {number: "{{ item }}"}}}}
        outputs: {got: "{{ nodes.each }}"}
        """
    async with running_engine(tmp_path, [bench.work()], settings=QUICK_SLEEP) as harness:
        execution_id = await harness.start(loop)
        await until(lambda: bench.inside == 2)
        child = (await harness.children(execution_id))[0].id
        await harness.ask(execution_id, "pause")
        await harness.settled(child, "paused")
        bench.open.set()
        await harness.until(child, lambda events: sum(e.kind == "node.succeeded" for e in events) == 2)
        await until(lambda: harness.placement.running == 0)
        assert sorted(bench.numbers) == [1, 2]
        await harness.ask(execution_id, "resume")
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": [1, 2, 3, 4]}), row.error


async def test_a_paused_execution_can_be_cancelled_with_its_children(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.save(CALLEE)
        execution_id = await harness.start(NESTED)
        await until(lambda: bench.inside == 2)
        await harness.ask(execution_id, "pause")
        for child in await harness.children(execution_id):
            await harness.settled(child.id, "paused")
        await harness.cancel(execution_id)
        assert (await harness.end(execution_id)).status == "cancelled"
        assert await everybody_ended(harness, execution_id) == {"cancelled": 3}


def loop_with(policy: str) -> str:
    return f"""
        concertmaster: 1
        name: policy
        nodes:
          each:
            type: flow.for_each
            config: {{items: [1, 2, 3, 4], concurrency: 2}}
            policy: {policy}
            body: {{nodes: {{work: {{type: t.work, config: {{number: "{{{{ item }}}}"}}}}}}}}
        outputs: {{got: "{{{{ nodes.each }}}}"}}
        """


async def test_the_time_out_of_a_container_ends_its_children(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == 2)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(loop_with("{timeout: 150ms}"))
        below = await everybody_ended(harness, row.id)
    assert code(row) == "node.timeout"
    assert below == {"cancelled": 1}


async def test_a_container_is_tried_again_soon_with_the_same_keys(tmp_path: Path) -> None:
    bench = Bench(fails={3})
    policy = "{timeout: 1h, retry: {maximum_attempts: 3, initial_interval: 10ms}}"
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, events = await harness.run(loop_with(policy))
        await everybody_ended(harness, row.id)
    assert code(row) == "work.broken"
    # Its start is told only where it takes a moment.
    kinds = [event.kind for event in events if event.node == "each" and event.kind.startswith("node")]
    assert [kind for kind in kinds if kind != "node.started"] == [
        *("node.waiting", "node.retrying", "node.waiting", "node.retrying", "node.waiting", "node.failed")
    ]
    assert bench.keys(3) == [f"{row.id}/each.1/2/work/1"] * 3
    assert len(bench.keys(1)) == 1, "what succeeded is not done again"


async def test_a_timed_out_container_goes_on_where_it_was_when_it_is_tried_again(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == 3)
    policy = "{timeout: 300ms, retry: {maximum_attempts: 3, initial_interval: 10ms}}"
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(loop_with(policy))
        await harness.until(execution_id, lambda events: any(e.kind == "node.retrying" for e in events))
        bench.open.set()
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": [1, 2, 3, 4]}), row.error
    assert len(bench.keys(1)) == 1
    assert len(set(bench.keys(3))) == 1


async def test_a_retried_execution_runs_only_the_items_that_failed(tmp_path: Path) -> None:
    bench = Bench(fails={150})
    items = list(range(300))
    document = loop_with("{}").replace("[1, 2, 3, 4]", str(items)).replace("concurrency: 2", "concurrency: 120")
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(document)
        assert code(row) == "work.broken"
        before = len(await harness.children(row.id))
        bench.fails.clear()
        await harness.ask(row.id, "retry")
        row = await harness.end(row.id)
        events = await harness.journal.read(row.id)
        after = [child.status for child in await harness.children(row.id)]
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": items}), row.error
    assert (before, after) == (2, ["succeeded"] * 3)
    assert sorted(bench.ended) == items, "each has succeeded once"
    assert set(bench.keys(150)) == {f"{row.id}/each.1/150/work/1"}


async def test_a_retry_with_other_inputs_starts_the_items_anew(tmp_path: Path) -> None:
    bench = Bench(fails={3})
    document = """
        concertmaster: 1
        name: edited
        inputs: {plus: {type: integer, default: 0}}
        nodes:
          each:
            type: flow.for_each
            config: {items: [1, 2, 3]}
            body: {nodes: {work: {type: t.work, config: {number: "{{ item + inputs.plus }}"}}}}
        outputs: {got: "{{ nodes.each }}"}
        """
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row, _ = await harness.run(document, {"plus": 0})
        assert row.status == "failed"
        await harness.ask(row.id, "retry", inputs={"plus": 10})
        row = await harness.end(row.id)
        events = await harness.journal.read(row.id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": [11, 12, 13]}), row.error
    assert bench.keys(11) == [f"{row.id}/each.2/0/work/1"]


async def test_a_retry_after_a_cancel_goes_on_with_what_is_left(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number in (3, 4))
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(loop_with("{}"))
        await until(lambda: bench.inside == 2 and {3, 4} <= set(bench.numbers))
        await harness.cancel(execution_id)
        assert (await harness.end(execution_id)).status == "cancelled"
        bench.open.set()
        await harness.ask(execution_id, "retry")
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": [1, 2, 3, 4]}), row.error
    assert [len(bench.keys(number)) for number in (1, 2, 3, 4)] == [1, 1, 2, 2]


_BODY = 'body: {nodes: {w: {type: t.work, config: {number: "{{ index + 1 }}"}}}}'
_TWO = "w: {type: t.work, config: {number: 2}}"
DEATHS = {
    "each": f"{{type: flow.for_each, config: {{items: [1, 2, 3], concurrency: 2}}, {_BODY}}}",
    "while": f'{{type: flow.while, config: {{condition: "{{{{ index < 3 }}}}", maximum: 9}}, {_BODY}}}',
    "until": f'{{type: flow.until, config: {{condition: "{{{{ item == 3 }}}}", maximum: 9}}, {_BODY}}}',
    "race": f"{{type: flow.race, body: {{nodes: {{{_TWO}, s: {{type: flow.wait, config: {{duration: 1h}}}}}}}}}}",
    "lock": f"{{type: flow.lock, config: {{name: x}}, body: {{nodes: {{{_TWO}}}}}}}",
    "call": "{type: flow.call, config: {workflow: callee, inputs: {number: 2}}}",
}
GIVEN = {
    "each": [1, 2, 3],
    "while": 3,
    "until": 3,
    "race": {"winner": "w", "value": 2},
    "lock": 2,
    "call": {"twice": 4},
}


@pytest.mark.parametrize("kind", list(DEATHS))
async def test_a_server_that_dies_in_the_middle_changes_nothing(tmp_path: Path, kind: str) -> None:
    bench = Bench(holds=lambda number: number == 2)
    document = f"""
        concertmaster: 1
        name: dies
        nodes: {{n: {DEATHS[kind]}}}
        outputs: {{got: "{{{{ nodes.n }}}}"}}
        """
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.save(CALLEE)
        execution_id = await harness.start(document)
        await until(lambda: 2 in bench.numbers and bench.inside == 1 and bench.numbers[-1] != 1)
    bench.open.set()
    async with running_engine(tmp_path, [bench.work()]) as harness:
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
        children = await harness.children(execution_id)
        await everybody_ended(harness, execution_id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": GIVEN[kind]}), row.error
    assert len(children) == 1
    assert len(set(bench.keys(2))) == 1


async def test_an_interrupted_child_interrupts_everybody_above_until_a_person_decides(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number == 2)
    pay = bench.work(effect="write", idempotent=False)
    async with running_engine(tmp_path, [pay]) as harness:
        await harness.save(CALLEE)
        execution_id = await harness.start(NESTED)
        await until(lambda: bench.inside == 1 and {1, 2} == set(bench.numbers))
        child = (await harness.children(execution_id))[0].id
        await harness.until(child, lambda events: any(e.kind == "item.ended" for e in events))
    bench.open.set()
    async with running_engine(tmp_path, [pay]) as harness:
        row = await harness.end(execution_id)
        assert code(row) == "node.write_interrupted"
        assert row.status == "interrupted"
        assert (await harness.executions.get(child)).status == "interrupted"
        await harness.ask(execution_id, "resume")
        assert (await harness.end(execution_id)).status == "interrupted", (
            "to go on does not say that it may be repeated"
        )
        await harness.ask(execution_id, "retry")
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
        await everybody_ended(harness, execution_id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": [{"twice": 2}, {"twice": 4}]}), row.error
    assert [len(bench.keys(number)) for number in (1, 2)] == [1, 2]
    assert len(set(bench.keys(2))) == 1


async def test_an_interrupted_execution_can_be_cancelled_with_its_children(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)
    pay = bench.work(effect="write", idempotent=False)
    async with running_engine(tmp_path, [pay]) as harness:
        await harness.save(CALLEE)
        execution_id = await harness.start(NESTED)
        await until(lambda: bench.inside == 2)
    async with running_engine(tmp_path, [pay]) as harness:
        assert (await harness.end(execution_id)).status == "interrupted"
        await harness.cancel(execution_id)
        assert (await harness.end(execution_id)).status == "cancelled"
        assert await everybody_ended(harness, execution_id) == {"cancelled": 3}


async def test_a_child_that_ends_while_its_parent_is_interrupted_is_not_forgotten(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)
    document = """
        concertmaster: 1
        name: two
        nodes:
          call: {type: flow.call, config: {workflow: callee, inputs: {number: 1}}}
          pay: {type: t.pay}
        outputs: {got: "{{ [nodes.call.twice, nodes.pay] }}"}
        """
    paying = Bench(holds=lambda _: True)

    @node(id="t.pay", effect="write", idempotent=False)
    async def pay() -> int:
        """Pays."""
        paying.inside += 1
        while not paying.open.is_set():
            await asyncio.sleep(0.002)
        return 5

    async with running_engine(tmp_path, [bench.work(), pay]) as harness:
        await harness.save(CALLEE)
        execution_id = await harness.start(document)
        await until(lambda: bench.inside == 1 and paying.inside == 1)
    async with running_engine(tmp_path, [bench.work(), pay]) as harness:
        assert (await harness.end(execution_id)).status == "interrupted"
        child = (await harness.children(execution_id))[0].id
        bench.open.set()
        paying.open.set()
        assert (await harness.end(child)).status == "succeeded"
        assert (await harness.executions.get(execution_id)).status == "interrupted"
        await harness.ask(execution_id, "retry")
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert (row.status, outputs_of(events)) == ("succeeded", {"got": [2, 5]}), row.error
    assert len(bench.ended) == 1

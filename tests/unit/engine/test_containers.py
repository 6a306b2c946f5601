"""Containers that run their body once, calls, and what children go through with their parents, on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import QUICK_SLEEP, Bench, code, everybody_ended, outputs_of, run, until
from concertmaster.domain.events import Event, ItemStarted, NodeStarted
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


def starts(events: list[Event]) -> list[int]:
    return [event.body.attempt for event in events if isinstance(event.body, NodeStarted)]

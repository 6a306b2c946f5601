"""Loops over items and rounds, driven through the real engine."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bench import Bench, code, everybody_ended, outputs_of, run, until
from concertmaster import node
from concertmaster.engine.parts import EngineSettings
from engine_harness import running_engine


def each(
    config: str = "", *, items: str = "[1, 2, 3]", work: str = '{number: "{{ item }}"}', policy: str = "{}"
) -> str:
    """A loop over items, each of which works."""
    return f"""
        concertmaster: 1
        name: each
        nodes:
          each:
            type: flow.for_each
            config: {{items: {items}{", " + config if config else ""}}}
            policy: {policy}
            body: {{nodes: {{work: {{type: t.work, config: {work}}}}}}}
        outputs: {{all: "{{{{ nodes.each }}}}"}}
        """


async def test_results_come_in_the_order_of_the_items_and_no_more_run_than_allowed(tmp_path: Path) -> None:
    bench = Bench(holds=lambda number: number % 3 == 0)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(each("concurrency: 4", items=str(list(range(30)))))
        await until(lambda: bench.inside == 4 and all(number % 3 == 0 for number in bench.numbers[-1:]))
        bench.open.set()
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "succeeded", row.error
    assert outputs_of(events) == {"all": list(range(30))}
    assert bench.most == 4


async def test_the_bound_holds_over_several_children(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(each("concurrency: 150", items=str(list(range(310)))))
        await until(lambda: bench.inside == 150)
        bench.open.set()
        row = await harness.end(execution_id)
        events = await harness.journal.read(execution_id)
    assert row.status == "succeeded", row.error
    assert outputs_of(events) == {"all": list(range(310))}
    assert bench.most == 150


async def test_ten_thousand_items(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: many
        nodes:
          numbers: {type: data.set, config: {value: "{{ range(10000) | list }}"}}
          each:
            type: flow.for_each
            config: {concurrency: 1000}
            body: {nodes: {square: {type: data.set, config: {value: "{{ item * item }}"}}}}
        edges: [numbers -> each]
        outputs: {count: "{{ nodes.each | length }}", last: "{{ nodes.each[9999] }}", sum: "{{ nodes.each | sum }}"}
        """.replace('"{{ range(10000) | list }}"', str(list(range(10_000))))
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(document)
        assert len(await harness.children(row.id)) == 100
    assert row.status == "succeeded", row.error
    assert outputs_of(events) == {"count": 10_000, "last": 9_999**2, "sum": sum(n * n for n in range(10_000))}
    assert len(events) < 250


@pytest.mark.parametrize("items", ["[]", "{}"])
async def test_no_items_give_an_empty_list(tmp_path: Path, items: str) -> None:
    document = (
        each()
        .replace("items: [1, 2, 3]", "")
        .replace("nodes:\n", f"nodes:\n          none: {{type: data.set, config: {{value: {items}}}}}\n", 1)
    )
    row, outputs = await run(
        tmp_path, document.replace("outputs:", "edges: [none -> each]\n        outputs:"), Bench().work()
    )
    assert (row.status, outputs) == ("succeeded", {"all": []}), row.error


async def test_what_is_no_list_says_so(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: wrong
        nodes:
          one: {type: data.set, config: {value: 7}}
          each: {type: flow.for_each, body: {nodes: {n: {type: data.set, config: {value: 1}}}}}
        edges: [one -> each]
        """
    row, _ = await run(tmp_path, document)
    assert code(row) == "each.items"


@pytest.mark.parametrize(
    ("on_error", "expected"),
    [
        ("continue", [1, None, 3, 4]),
        ("collect", [1, {"error": {"code": "work.broken", "message": "Number 2 is broken", "node": "work"}}, 3, 4]),
    ],
)
async def test_failing_items_are_put_up_with(tmp_path: Path, on_error: str, expected: list[Any]) -> None:
    bench = Bench(fails={2})
    row, outputs = await run(tmp_path, each(f"on_error: {on_error}", items="[1, 2, 3, 4]"), bench.work())
    assert row.status == "succeeded", row.error
    assert outputs == {"all": expected}


async def test_a_failing_item_fails_the_loop_and_stops_the_others(tmp_path: Path) -> None:
    bench = Bench(fails={2}, holds=lambda number: number == 1)
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(each("concurrency: 2", items="[1, 2, 3, 4]"))
        await until(lambda: 2 in bench.numbers)
        bench.open.set()
        row = await harness.end(execution_id)
        assert await everybody_ended(harness, execution_id) == {"failed": 1}
    assert code(row) == "work.broken"
    assert row.error is not None
    assert row.error.node == "each"
    assert row.error.details["inside"] == "work[1]"
    assert sorted(bench.numbers) == [1, 2]


async def test_a_failing_item_is_named_by_its_number_in_the_whole_loop(tmp_path: Path) -> None:
    bench = Bench(fails={537})
    row, _ = await run(tmp_path, each(items=str(list(range(1000)))), bench.work())
    assert row.error is not None
    assert (row.error.node, row.error.details["inside"]) == ("each", "work[537]")
    assert row.error.message == "work[537]: Number 537 is broken"


async def test_batches_of_a_list(tmp_path: Path) -> None:
    row, outputs = await run(tmp_path, each("batch: 2", items="[1, 2, 3, 4, 5]"), Bench().work())
    assert (row.status, outputs) == ("succeeded", {"all": [[1, 2], [3, 4], [5]]}), row.error


@pytest.mark.parametrize("result", ["", ', result: "{{ nodes.work * 10 }}"'])
async def test_enough_successes_end_the_loop(tmp_path: Path, result: str) -> None:
    bench = Bench(holds=lambda number: number > 2)
    config = "enough: 2, concurrency: 4, on_error: continue" + result
    row, outputs = await run(tmp_path, each(config, items="[1, 2, 3, 4, 5]"), bench.work())
    assert row.status == "succeeded", row.error
    factor = 10 if result else 1
    assert outputs == {"all": [factor, 2 * factor, None, None, None]}


async def test_too_few_successes_fail_the_loop(tmp_path: Path) -> None:
    row, _ = await run(tmp_path, each("enough: 3, on_error: continue"), Bench(fails={1}).work())
    assert code(row) == "each.not_enough"


@node(id="t.table", effect="none")
def table(rows: int = 5) -> pl.DataFrame:
    """Numbers."""
    return pl.DataFrame({"n": range(rows)})


TABLE = """
    concertmaster: 1
    name: table
    nodes:
      table: {type: t.table, config: {rows: 250}}
      each:
        type: flow.for_each
        config: {%s}
        body: {nodes: {part: %s}}
    edges: [table -> each]
    outputs: {all: "{{ nodes.each }}"}
    """


async def test_rows_of_a_table_are_items(tmp_path: Path) -> None:
    document = TABLE % ("concurrency: 300", "{type: data.set, config: {value: '{{ item.n + index }}'}}")
    row, outputs = await run(tmp_path, document, table)
    assert (row.status, outputs) == ("succeeded", {"all": [2 * n for n in range(250)]}), row.error


async def test_batches_of_rows_are_tables_and_tables_become_one(tmp_path: Path) -> None:
    part = "{type: table.sql, config: {query: 'select sum(n) as total, {{ index }} as i from input'}}"
    document = (TABLE % ("batch: 2, concurrency: 9", part)).replace("{{ nodes.each }}", "{{ nodes.each.rows }}")
    async with running_engine(tmp_path, [table]) as harness:
        row, events = await harness.run(document)
        assert row.status == "succeeded", row.error
        assert outputs_of(events) == {"all": 125}
        value = next(
            event.body.outputs["out"] for event in events if event.kind == "node.succeeded" and event.node == "each"
        )
        found = pl.read_parquet(harness.engine.artifacts.local_path(value.artifact))
    assert found["i"].to_list() == list(range(125))
    assert found["total"].to_list() == [4 * i + 1 for i in range(125)]


async def test_loops_within_loops_see_what_is_around_them(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: nested
        inputs: {plus: {type: integer, default: 1000}}
        nodes:
          base: {type: data.set, config: {value: 100}}
          outer:
            type: flow.for_each
            config: {items: [1, 2]}
            body:
              nodes:
                ten: {type: data.set, config: {value: "{{ item * 10 }}"}}
                list: {type: data.set, config: {value: [1, 2, 3]}}
                inner:
                  type: flow.for_each
                  config: {result: "{{ nodes.sum }}"}
                  body:
                    nodes:
                      sum: {type: data.set, config: {value: "{{ nodes.base + nodes.ten + item + inputs.plus }}"}}
              edges: [ten -> list, list -> inner]
        edges: [base -> outer]
        outputs: {all: "{{ nodes.outer }}"}
        """
    row, outputs = await run(tmp_path, document, inputs={"plus": 1000})
    assert (row.status, outputs) == ("succeeded", {"all": [[1111, 1112, 1113], [1121, 1122, 1123]]}), row.error


async def test_a_race_in_a_loop_sees_the_item_of_the_loop(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: mixed
        nodes:
          each:
            type: flow.for_each
            config: {items: [5, 6]}
            body:
              nodes:
                race:
                  type: flow.race
                  body:
                    nodes:
                      lock:
                        type: flow.lock
                        config: {name: inner}
                        body: {nodes: {fast: {type: data.set, config: {value: "{{ item }}/{{ index }}"}}}}
                      slow: {type: flow.wait, config: {duration: 1h}}
        outputs: {all: "{{ nodes.each }}"}
        """
    async with running_engine(tmp_path) as harness:
        row, events = await harness.run(document)
        await everybody_ended(harness, row.id)
    assert row.status == "succeeded", row.error
    assert outputs_of(events) == {"all": [{"winner": "lock", "value": "5/0"}, {"winner": "lock", "value": "6/1"}]}


async def test_stop_in_a_body_ends_the_item_alone(tmp_path: Path) -> None:
    document = """
        concertmaster: 1
        name: stops
        nodes:
          each:
            type: flow.for_each
            config: {items: [1, 2, 3], result: "{{ nodes.work or 'stopped' }}"}
            body:
              nodes:
                two: {type: logic.if, config: {condition: "{{ item == 2 }}"}}
                stop: {type: flow.stop}
                late: {type: flow.wait, config: {duration: 20ms}}
                work: {type: data.set, config: {value: "{{ item }}"}}
              edges: [two.true -> stop, two -> late, late -> work]
        outputs: {all: "{{ nodes.each }}"}
        """.replace("two -> late", "two.false -> late")
    row, outputs = await run(tmp_path, document)
    assert (row.status, outputs) == ("succeeded", {"all": [1, "stopped", 3]}), row.error


def rounds(kind: str, condition: str, *, maximum: int = 1000, value: str = "{{ item + 1 }}", start: str = "0") -> str:
    return f"""
        concertmaster: 1
        name: rounds
        nodes:
          start: {{type: data.set, config: {{value: {start}}}}}
          loop:
            type: flow.{kind}
            config: {{condition: "{condition}", maximum: {maximum}}}
            body: {{nodes: {{more: {{type: data.set, config: {{value: "{value}"}}}}}}}}
        edges: [start -> loop]
        outputs: {{got: "{{{{ nodes.loop }}}}"}}
        """


@pytest.mark.parametrize(
    ("kind", "condition", "got"),
    [
        ("while", "{{ item < 5 }}", 5),
        ("while", "{{ item < 0 }}", 0),
        ("while", "{{ index < 3 }}", 3),
        ("until", "{{ item >= 5 }}", 5),
        ("until", "{{ true }}", 1),
        ("until", "{{ nodes.more == 4 }}", 4),
        ("until", "{{ index == 2 }}", 3),
        ("while", "{{ item < 250 }}", 250),
        ("until", "{{ item == 100 }}", 100),
        ("while", "{{ item < 100 }}", 100),
        ("while", "{{ item < 101 }}", 101),
        ("until", "{{ index == 230 }}", 231),
    ],
)
async def test_rounds_go_on_as_the_condition_says(tmp_path: Path, kind: str, condition: str, got: int) -> None:
    row, outputs = await run(tmp_path, rounds(kind, condition))
    assert (row.status, outputs) == ("succeeded", {"got": got}), row.error


@pytest.mark.parametrize("maximum", [5, 100, 150])
async def test_too_many_rounds_are_a_failure_and_the_last_one_allowed_is_none(tmp_path: Path, maximum: int) -> None:
    async with running_engine(tmp_path) as harness:
        for kind in ("while", "until"):
            row, _ = await harness.run(
                rounds(kind, "{{ item < 0 }}" if kind == "until" else "{{ true }}", maximum=maximum)
            )
            assert code(row) == "loop.bound"
            enough = "{{ item == %d }}" if kind == "until" else "{{ item < %d }}"
            row, events = await harness.run(rounds(kind, enough % maximum, maximum=maximum))
            assert (row.status, outputs_of(events)) == ("succeeded", {"got": maximum}), row.error


async def test_a_condition_that_fails_fails_the_loop(tmp_path: Path) -> None:
    row, _ = await run(tmp_path, rounds("while", "{{ item.x > 1 }}"))
    assert row.status == "failed"
    assert row.error is not None
    assert row.error.node == "loop"


async def test_a_loop_stays_in_memory_while_its_children_come_and_go(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        document = each("concurrency: 1", items=str(list(range(301)))).replace("t.work", "data.set")
        row, _ = await harness.run(document.replace("number:", "value:"))
        assert row.status == "succeeded", row.error
        assert len(await harness.children(row.id)) == 4
        assert row.epoch == 1, "it was claimed once, and not for each child anew"


async def test_a_loop_leaves_memory_when_its_children_take_long(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)
    sleepy = EngineSettings(hibernate=timedelta(milliseconds=50))
    async with running_engine(tmp_path, [bench.work()], settings=sleepy) as harness:
        execution_id = await harness.start(each())
        await until(lambda: bench.inside == 3)
        while (await harness.executions.get(execution_id)).owner is not None:
            await asyncio.sleep(0.01)
        bench.open.set()
        row = await harness.end(execution_id)
    assert row.status == "succeeded", row.error
    assert row.epoch == 2

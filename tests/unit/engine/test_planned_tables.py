"""Tables that were never stored: whoever needs one has it made from its recipe, once, or is told why it cannot be."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from concertmaster import Context, Table, node
from concertmaster.domain.errors import ConcertMasterError, Conflict, UserError
from concertmaster.domain.events import Event, ExecutionSucceeded, NodeFailed, NodeSucceeded
from concertmaster.domain.values import PlannedTable, Recipe, Step, TableRef, from_json, to_json
from concertmaster.engine.materialising import materialised
from engine_harness import Harness, running_engine
from planned_tables import left_behind, planned

DAY = timedelta(days=1)
CHAIN = """
concertmaster: 1
name: chain
nodes:
  read: {type: file.read, config: {path: numbers.csv}}
  more: {type: table.derive, config: {columns: {double: n * 2}}}
  last: LAST
edges: [read -> more, more -> last]
outputs: {last: "{{ nodes.last }}"}
"""
SUM = "{type: table.sql, config: {query: select sum(double) as total from input}}"
COLUMNS = {"read": ["n:int64"], "more": ["n:int64", "double:int64"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "numbers.csv").write_text("n\n1\n2\n3\n")
    return tmp_path


def chain(last: str = SUM) -> str:
    return CHAIN.replace("LAST", last)


def value_of(events: list[Event], name: str, outlet: str = "out") -> Any:
    (found,) = [e.body for e in events if isinstance(e.body, NodeSucceeded) and e.body.node == name]
    return found.outputs[outlet]


async def taken_over(folder: Path, document: str, functions: Any = (), **tables: PlannedTable) -> list[Event]:
    """Leave it behind with the planned tables in its journal, and go on with it."""
    tables = tables or planned(document, COLUMNS, folder)
    async with running_engine(folder, functions, dispatch=False) as harness:
        execution_id = await left_behind(harness, document, tables)
    async with running_engine(folder, functions) as harness:
        await harness.end(execution_id)
        return list(await harness.journal.read(execution_id))


def rows_of(harness: Harness, table: Any) -> list[dict[str, Any]]:
    assert isinstance(table, TableRef)
    return pl.read_parquet(harness.engine.artifacts.local_path(table.artifact)).to_dicts()


async def test_what_is_made_from_a_recipe_is_what_its_nodes_give(folder: Path) -> None:
    async with running_engine(folder) as harness:
        row, events = await harness.run(chain())
        assert row.status == "succeeded", row.error
        for name, table in planned(chain(), COLUMNS, folder).items():
            made, given = await materialised(harness.engine, table), value_of(events, name)
            assert (made, made.columns) == (given, table.columns)


TREE = """
concertmaster: 1
name: tree
inputs: {least: {type: integer}, column: {type: string}}
nodes:
  given: {type: data.set, config: {value: [{n: 1, text: one}, {n: 4, text: four}]}}
  read: {type: file.read, config: {path: numbers.csv, types: {n: integer}}}
  again: {type: file.read, config: {path: numbers.csv}}
  some: {type: table.sql, config: {query: "from input where {{ inputs.column | ident }} >= {{ inputs.least }}"}}
  both: {type: table.sql, config: {query: "select l.n, r.text from l join r using (n) order by n"}}
  all: {type: table.union, config: {columns: all}}
edges: [read -> some, some -> both.l, given -> both.r, both -> all, again -> all]
"""


async def test_what_is_made_of_branches_ports_and_bound_values_is_the_same_too(folder: Path) -> None:
    inputs = {"least": 1, "column": "n"}
    order = {name: ["n:int64"] for name in ("read", "again", "some", "both", "all")}
    async with running_engine(folder) as harness:
        row, events = await harness.run(TREE, inputs)
        assert row.status == "succeeded", row.error
        given = {"given": value_of(events, "given")}
        for name, table in planned(TREE, order, folder, given=given, inputs=inputs).items():
            # As it comes back from the journal.
            back = from_json(orjson.loads(orjson.dumps(to_json(table))))
            assert isinstance(back, PlannedTable)
            assert await materialised(harness.engine, back) == value_of(events, name), name


async def test_an_execution_that_is_cancelled_stops_what_is_made_for_it(tmp_path: Path) -> None:
    counted = Counted()
    document = f"""
        concertmaster: 1
        name: waits
        nodes: {{first: {{type: t.wait}}, last: {SUM}}}
        edges: [first -> last]
        """
    async with running_engine(tmp_path, counted.nodes(), dispatch=False) as harness:
        execution_id = await left_behind(harness, document, {"first": made_by("t.wait")})
    async with running_engine(tmp_path, counted.nodes()) as harness:
        await asyncio.to_thread(counted.inside.wait, 30)
        await harness.cancel(execution_id)
        assert (await harness.end(execution_id)).status == "cancelled"
        assert counted.stopped.is_set()


async def test_after_a_crash_the_next_node_gets_the_table(folder: Path) -> None:
    events = await taken_over(folder, chain())
    assert isinstance(events[-1].body, ExecutionSucceeded), events[-1].body
    started = [event.node for event in events if event.kind == "node.started"]
    assert started == ["read", "more", "last"], "what is recorded is not run again"
    async with running_engine(folder) as harness:
        assert rows_of(harness, value_of(events, "last")) == [{"total": 12}]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (
            "{type: data.set, config: {value: '{{ [input.rows, input.columns, input.bytes > 0] }}'}}",
            [3, ["n", "double"], True],
        ),
        ("{type: data.set, config: {value: '{{ [nodes.more.rows, nodes.read.rows] }}'}}", [3, 3]),
        (
            "{type: flow.for_each, body: {nodes: {one: {type: data.set, config: {value: '{{ item.double }}'}}}}}",
            [2, 4, 6],
        ),
        ("{type: python.code, config: {code: 'def main(input): return input.collect().height'}}", 3),
    ],
)
async def test_everything_that_takes_a_table_takes_a_planned_one(folder: Path, last: str, expected: Any) -> None:
    events = await taken_over(folder, chain(last))
    ended = events[-1].body
    assert isinstance(ended, ExecutionSucceeded), ended
    assert ended.outputs["last"] == expected


async def test_a_disabled_node_passes_it_on(folder: Path) -> None:
    document = chain(f"{{type: table.filter, disabled: true, config: {{condition: n > 5}}}}\n  end: {SUM}").replace(
        "more -> last", "more -> last, last -> end"
    )
    events = await taken_over(folder, document)
    assert isinstance(value_of(events, "last"), PlannedTable)
    assert isinstance(value_of(events, "end"), TableRef)
    ended = events[-1].body
    assert isinstance(ended, ExecutionSucceeded)
    assert ended.outputs["last"]["rows"] == 3


async def test_a_retry_from_a_node_whose_input_is_planned(folder: Path) -> None:
    events = await taken_over(folder, chain())
    async with running_engine(folder) as harness:
        await harness.ask(events[0].execution_id, "retry", **{"from": "last"})
        assert (await harness.end(events[0].execution_id)).status == "succeeded"
        again = list(await harness.journal.read(events[0].execution_id))[len(events) :]
        assert [event.node for event in again if event.kind == "node.started"] == ["last"]
        assert rows_of(harness, value_of(again, "last")) == [{"total": 12}]


async def test_a_result_is_reused_when_its_input_was_planned(folder: Path) -> None:
    document = chain(SUM.replace("}}", "}, policy: {cache: true}}"))
    async with running_engine(folder) as harness:
        await harness.run(document)
    events = await taken_over(folder, document)
    (last,) = [e.body for e in events if isinstance(e.body, NodeSucceeded) and e.body.node == "last"]
    assert last.reused is not None


@pytest.mark.parametrize("gone", [False, True])
async def test_a_source_that_is_another_is_refused(folder: Path, gone: bool) -> None:
    table = planned(chain(), COLUMNS, folder)["more"]
    source = folder / "numbers.csv"
    source.unlink() if gone else source.write_text("n\n1\n2\n4\n")
    async with running_engine(folder) as harness:
        with pytest.raises(Conflict, match=r"numbers\.csv.*run the workflow again") as refused:
            await materialised(harness.engine, table)
    assert refused.value.code == "source_changed"


async def test_a_node_that_needs_it_then_fails_with_that_reason(folder: Path) -> None:
    table = planned(chain(), COLUMNS, folder)
    (folder / "numbers.csv").unlink()
    events = await taken_over(folder, chain(), **table)
    (failed,) = [event.body for event in events if isinstance(event.body, NodeFailed)]
    assert (failed.node, failed.error.code) == ("last", "source_changed")


async def test_a_stored_table_needs_its_source_no_more(folder: Path) -> None:
    table = planned(chain(), COLUMNS, folder)["more"]
    async with running_engine(folder) as harness:
        first = await materialised(harness.engine, table)
        (folder / "numbers.csv").unlink()
        assert await materialised(harness.engine, table) == first


class Counted:
    """A source that counts its calls, and one that waits."""

    def __init__(self) -> None:
        self.calls = 0
        self.inside, self.door, self.stopped = threading.Event(), threading.Event(), threading.Event()

    def nodes(self) -> list[Any]:
        @node(id="t.rows", effect="none")
        def rows() -> pl.DataFrame:
            """Makes rows."""
            self.calls += 1
            return pl.DataFrame({"n": [1, 2]})

        @node(id="t.wait", effect="none")
        def wait(context: Context, rows: Table | None = None) -> pl.DataFrame:
            """Waits for the door."""
            self.calls += 1
            self.inside.set()
            while not self.door.wait(0.01):
                if context.cancelled():
                    self.stopped.set()
                    raise RuntimeError("stopped")
            return pl.DataFrame({"n": [1]})

        @node(id="t.wrong", effect="none")
        def wrong() -> pl.DataFrame:
            """Raises."""
            raise ValueError("too small")

        return [rows, wait, wrong]


def made_by(type_: str) -> PlannedTable:
    return PlannedTable((), Recipe((Step(f"{type_}@1"),)))


async def test_it_is_made_once_for_all_who_ask(tmp_path: Path) -> None:
    counted = Counted()
    async with running_engine(tmp_path, counted.nodes()) as harness:
        first, second = await asyncio.gather(*(materialised(harness.engine, made_by("t.rows")) for _ in range(2)))
        assert first == second == await materialised(harness.engine, made_by("t.rows"))
        assert counted.calls == 1
        harness.engine.artifacts.remove_old(first.artifact, -DAY)
        assert await materialised(harness.engine, made_by("t.rows")) == first, "it is made again when it has gone"
    assert counted.calls == 2


async def test_who_gives_up_leaves_it_to_the_others_and_the_last_one_stops_it(tmp_path: Path) -> None:
    counted = Counted()
    async with running_engine(tmp_path, counted.nodes(), threads=1) as harness:
        waiting = [asyncio.create_task(materialised(harness.engine, made_by("t.wait"))) for _ in range(3)]
        await asyncio.to_thread(counted.inside.wait, 30)
        assert harness.engine.compute.stats().threads == 1
        waiting[0].cancel()
        await asyncio.wait(waiting[:1])
        assert not counted.stopped.is_set()
        for task in waiting[1:]:
            task.cancel()
        await asyncio.wait(waiting)
        assert all(task.cancelled() for task in waiting)
        assert counted.stopped.is_set()
        assert harness.engine.compute.stats().threads == 0
        counted.door.set()
        assert isinstance(await materialised(harness.engine, made_by("t.wait")), TableRef)
    assert counted.calls == 2


@pytest.mark.parametrize(
    ("type_", "code", "text"),
    [("t.wrong", "node.raised", "t.wrong@1: ValueError: too small"), ("t.gone", "recipe.code_missing", "t.gone@1")],
)
async def test_what_goes_wrong_names_the_node(tmp_path: Path, type_: str, code: str, text: str) -> None:
    async with running_engine(tmp_path, Counted().nodes()) as harness:
        with pytest.raises(ConcertMasterError, match=text) as refused:
            await materialised(harness.engine, made_by(type_))
    assert (type(refused.value), refused.value.code) == (UserError, code)

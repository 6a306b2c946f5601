"""Nodes that are computed together: one thread, one query, one block of events; and what keeps them apart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import node
from concertmaster.domain.errors import UserError
from concertmaster.domain.events import Event, NodeStarted, NodeSucceeded
from concertmaster.domain.interfaces import Append
from concertmaster.domain.values import PlannedTable, TableRef
from concertmaster.engine.fold import fold
from concertmaster.engine.materialising import stored as materialise
from concertmaster.engine.outcomes import references_to
from concertmaster.engine.parts import EngineSettings
from concertmaster.engine.state import initial
from concertmaster.nodes.builtin import file_read
from engine_harness import Harness, running_engine

CHAIN = """
concertmaster: 1
name: chain
vars: {least: 2}
nodes:
  read: {type: file.read, config: {path: numbers.csv}}
  names: {type: file.read, config: {path: names.parquet}}
  more: {type: table.derive, config: {columns: {double: n * 2}}}
  few: {type: table.filter, config: {condition: "n >= {{ vars.least }}"}}
  named: {type: table.join, config: {on: [k]}}
  last: {type: table.aggregate, config: {by: [name], measures: {total: sum(double)}}}
edges: [read -> more, more -> few, few -> named, names -> named.right, named -> last]
outputs: {last: "{{ nodes.last.rows }}"}
"""
LINE = """
concertmaster: 1
name: line
vars: {least: 2}
nodes:
  read: {type: file.read, config: {path: numbers.csv}}
  more: {type: table.derive, config: {columns: {double: n * 2}}}
  few: {type: table.filter, config: {condition: "n >= {{ vars.least }}"}}
  square: {type: table.derive, config: {columns: {square: n * n}}}
  last: {type: table.filter, config: {condition: n < 9}}
edges: [read -> more, more -> few, few -> square, square -> last]
outputs: {last: "{{ nodes.last.rows }}"}
"""
# Some seconds of work, where nobody stops it.
LONG = "select *, (select sum(a.range * b.range % 7)::bigint from range(100000) a, range(100000) b) double from input"
ALWAYS, ONE_BY_ONE = EngineSettings(fuse_above=0), EngineSettings(fuse=False, fuse_above=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "numbers.csv").write_text("k,n\na,1\nb,2\na,3\nc,4\n")
    pl.DataFrame({"k": ["a", "b"], "name": ["Anna", "Bo"]}).write_parquet(tmp_path / "names.parquet")
    return tmp_path


def outputs_of(events: list[Event]) -> dict[str, Any]:
    return {e.body.node: e.body.outputs["out"] for e in events if isinstance(e.body, NodeSucceeded)}


def planned(events: list[Event]) -> set[str]:
    return {name for name, value in outputs_of(events).items() if isinstance(value, PlannedTable)}


async def rows_of(harness: Harness, value: Any) -> list[dict[str, Any]]:
    table = await materialise(harness.engine, value)
    assert isinstance(table, TableRef)
    return pl.read_parquet(harness.engine.artifacts.local_path(table.artifact)).to_dicts()


async def test_only_the_last_table_of_a_chain_is_stored(folder: Path) -> None:
    async with running_engine(folder, settings=ALWAYS) as harness:
        row, events = await harness.run(CHAIN)
        assert row.status == "succeeded", row.error
        assert planned(events) == {"read", "more", "few", "named"}, "a file in Parquet is stored as it is"
        assert await rows_of(harness, outputs_of(events)["last"]) == [
            {"name": "Anna", "total": 6},
            {"name": "Bo", "total": 4},
            {"name": None, "total": 8},
        ]


async def test_the_events_are_those_of_nodes_one_by_one(folder: Path) -> None:
    async with running_engine(folder, settings=ALWAYS) as harness:
        _, together = await harness.run(CHAIN)
    async with running_engine(folder, settings=ONE_BY_ONE) as harness:
        _, apart = await harness.run(CHAIN)
        assert planned(apart) == set()
        values = outputs_of(apart)
        for name, value in outputs_of(together).items():
            assert await materialise(harness.engine, value) == values[name], name
            assert value.columns == values[name].columns
    assert sorted((e.kind, e.node or "") for e in together) == sorted((e.kind, e.node or "") for e in apart)
    ended = [e.body.node for e in together if isinstance(e.body, NodeSucceeded)]
    assert ended.index("read") < ended.index("more") < ended.index("few") < ended.index("named") < ended.index("last")


async def test_an_error_is_that_of_the_node_that_raised_it(folder: Path) -> None:
    document = CHAIN.replace("n * 2", "missing * 2")
    async with running_engine(folder, settings=ALWAYS) as harness:
        row, events = await harness.run(document)
        assert row.status == "failed"
        assert row.error is not None
        assert (row.error.node, row.error.code) == ("more", "sql.unknown_column")
        ended = {e.node: e.kind for e in events if e.node}
        assert ended["read"] == "node.succeeded"
        assert ended["last"] == "node.cancelled"
        assert planned(events) == set()


async def test_what_cannot_be_told_to_be_the_same_runs_one_by_one(folder: Path) -> None:
    document = CHAIN.replace("n * 2", "'[n]::bigint[]'").replace("sum(double)", "count(double)")
    async with running_engine(folder, settings=ALWAYS) as harness:
        for _ in range(2):
            row, events = await harness.run(document)
            assert (row.status, planned(events)) == ("succeeded", set())
        assert dict(harness.engine.apart.items()) == {("chain", 1, "last"): 3}, "not tried again"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", {"read", "more", "few", "square"}),
        ("outputs: {", "outputs: {few: '{{ nodes.few.rows }}', ", {"read", "more", "square"}),
        ("outputs: {", "outputs: {any: '{{ nodes }}', ", set[str]()),
        ('condition: "n', 'condition: "{{ input.rows }} > 0 and n', {"read", "few", "square"}),
        ("double: n * 2}}", "double: n * 2}}, policy: {timeout: 60s}", {"few", "square"}),
        ("double: n * 2}}", "double: n * 2}}, policy: {cache: true}", {"few", "square"}),
        ("double: n * 2}}", "double: n * 2}}, disabled: true", {"few", "square"}),
        ("name: line", "name: line\npolicy: {cache: true}", set[str]()),
        ("edges: [", "edges: [more -> other, ", {"read", "few", "square"}),
        ("edges: [", "edges: [more.error -> told, ", {"read", "few", "square"}),
        # It fails where a value does not convert, so all of its rows are looked at.
        (
            "table.derive, config: {columns: {double: n * 2}}",
            "table.cast, config: {columns: {n: number}}",
            {"read", "few", "square"},
        ),
    ],
)
async def test_a_node_that_others_ask_about_is_stored(
    folder: Path, before: str, after: str, expected: set[str]
) -> None:
    document = LINE.replace(before, after, 1)
    if "other" in after:
        document = document.replace("nodes:", "nodes:\n  other: {type: table.sample, config: {rows: 1}}", 1)
    if "told" in after:
        document = document.replace("nodes:", "nodes:\n  told: {type: data.set, config: {value: 1}}", 1)
    async with running_engine(folder, settings=ALWAYS) as harness:
        row, events = await harness.run(document)
        assert row.status == "succeeded", row.error
        assert planned(events) == expected


@pytest.mark.parametrize(("above", "expected"), [(20, {"read", "more", "few", "square"}), (100_000, set[str]())])
async def test_small_tables_are_stored(folder: Path, above: int, expected: set[str]) -> None:
    """The file has 20 bytes, and is all that comes in."""
    async with running_engine(folder, settings=EngineSettings(fuse_above=above)) as harness:
        _, events = await harness.run(LINE)
        assert planned(events) == expected


async def test_a_file_too_large_for_memory_is_stored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_read, "EAGER_LIMIT_BYTES", 1)
    async with running_engine(folder, settings=ALWAYS) as harness:
        _, events = await harness.run(LINE)
        assert planned(events) == {"more", "few", "square"}


async def test_limits_of_a_type_keep_its_nodes_apart(folder: Path) -> None:
    async with running_engine(folder, settings=ALWAYS, limits=["node_type:table.filter=1"]) as harness:
        _, events = await harness.run(LINE)
        assert planned(events) == set()


async def test_a_source_that_changes_is_another_the_next_time(folder: Path) -> None:
    async with running_engine(folder, settings=ALWAYS) as harness:
        _, events = await harness.run(CHAIN)
        (folder / "numbers.csv").write_text("k,n\na,5\n")
        _, again = await harness.run(CHAIN)
        assert await rows_of(harness, outputs_of(again)["few"]) == [{"k": "a", "n": 5, "double": 10}]
        with pytest.raises(Exception, match="has changed since"):
            await materialise(harness.engine, outputs_of(events)["few"])


async def test_a_cancel_ends_what_is_computed_together(folder: Path) -> None:
    document = CHAIN.replace(
        "type: table.derive, config: {columns: {double: n * 2}}", f"type: table.sql, config: {{query: '{LONG}'}}"
    )
    async with running_engine(folder, settings=ALWAYS) as harness:
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: any(e.kind == "node.started" for e in events))
        await harness.cancel(execution_id)
        assert (await harness.end(execution_id)).status == "cancelled"
        events = await harness.journal.read(execution_id)
        ended = {e.node: e.kind for e in events if e.node}
        assert set(ended.values()) == {"node.cancelled"}


async def test_a_time_out_is_that_of_a_single_node(folder: Path) -> None:
    document = CHAIN.replace(
        "type: table.derive, config: {columns: {double: n * 2}}", f"type: table.sql, config: {{query: '{LONG}'}}"
    )
    settings = EngineSettings(node_timeout=timedelta(seconds=1), fuse_above=0)
    async with running_engine(folder, settings=settings) as harness:
        row, events = await harness.run(document)
        assert row.error is not None
        assert (row.error.code, row.error.node) == ("node.timeout", "more")
        assert {e.node for e in events if e.kind == "node.succeeded"} == {"read", "names"}


@node(id="test.fail_later", effect="none")
def fail_later(go: str) -> int:
    """Fails as soon as a file is there."""
    import time

    while not Path(go).exists():
        time.sleep(0.01)
    raise UserError("test.failed", "on purpose")


async def test_a_failure_elsewhere_lets_only_what_runs_come_to_its_end(folder: Path) -> None:
    slow = LONG.replace("100000", "20000")
    document = CHAIN.replace(
        "type: table.derive, config: {columns: {double: n * 2}}", f"type: table.sql, config: {{query: '{slow}'}}"
    ).replace("nodes:", f"nodes:\n  boom: {{type: test.fail_later, config: {{go: '{folder / 'go'}'}}}}", 1)
    async with running_engine(folder, [fail_later], settings=ALWAYS) as harness:
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: sum(e.kind == "node.started" for e in events) == 3)
        (folder / "go").touch()
        row = await harness.end(execution_id)
        assert row.error is not None
        assert row.error.node == "boom"
        ended = {e.node: e.kind for e in await harness.journal.read(execution_id) if e.node}
        assert (ended["read"], ended["more"], ended["last"]) == ("node.succeeded", "node.cancelled", "node.cancelled")


async def test_a_pause_waits_for_what_is_computed_together(folder: Path) -> None:
    slow = LONG.replace("100000", "20000")
    document = (
        CHAIN.replace(
            "type: table.derive, config: {columns: {double: n * 2}}", f"type: table.sql, config: {{query: '{slow}'}}"
        )
        .replace("nodes:", "nodes:\n  after: {type: data.set, config: {value: 1}}", 1)
        .replace("edges: [", "edges: [last -> after, ")
    )
    async with running_engine(folder, settings=ALWAYS) as harness:
        execution_id = await harness.start(document)
        await harness.until(execution_id, lambda events: any(e.kind == "node.started" for e in events))
        await harness.ask(execution_id, "pause")
        events = await harness.until(
            execution_id, lambda events: any(e.node == "last" and e.kind == "node.succeeded" for e in events)
        )
        assert "more" in planned(events)
        assert not any(e.node == "after" for e in events)
        await harness.ask(execution_id, "resume")
        assert (await harness.end(execution_id)).status == "succeeded"


async def test_a_retry_from_within_runs_one_by_one(folder: Path) -> None:
    async with running_engine(folder, settings=ALWAYS) as harness:
        row, events = await harness.run(CHAIN)
        await harness.ask(row.id, "retry", **{"from": "named"})
        assert (await harness.end(row.id)).status == "succeeded"
        again = list(await harness.journal.read(row.id))[len(events) :]
        assert [e.node for e in again if isinstance(e.body, NodeStarted)] == ["named", "last"]
        assert planned(again) == set()
        assert outputs_of(again)["last"] == outputs_of(events)["last"]


async def test_wherever_a_process_dies_the_next_one_comes_to_the_same_end(folder: Path) -> None:
    async with running_engine(folder, settings=ALWAYS) as harness:
        row, whole = await harness.run(CHAIN)
        expected = await rows_of(harness, outputs_of(whole)["last"])
        execution = await harness.executions.get(row.id)
        plan = await harness.engine.plans.get("chain", execution.version)
    for length in range(2, len(whole)):
        # Not even the block of events is taken to be whole.
        async with running_engine(folder, dispatch=False, settings=ALWAYS) as harness:
            execution_id = await harness.start(CHAIN, drive=False)
            cut = [Event(execution_id, e.seq, e.at, e.body) for e in whole[1:length]]
            references = [
                one
                for e in cut
                if isinstance(e.body, NodeSucceeded)
                for one in references_to(e.body.outputs["out"], e.body.node, "out")
            ]
            await harness.journal.append(Append(execution_id, 1, cut, artifacts=references))
        async with running_engine(folder, settings=ALWAYS) as harness:
            row = await harness.end(execution_id)
            assert row.status == "succeeded", (length, row.error)
            events = list(await harness.journal.read(execution_id))
            assert await rows_of(harness, outputs_of(events)["last"]) == expected
            done = [e.body.node for e in events if isinstance(e.body, NodeSucceeded)]
            assert len(done) == len(set(done)) == 6
            assert fold(initial(execution_id, plan), events).status == "succeeded"

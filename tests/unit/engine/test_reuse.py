"""Results of nodes that only compute are reused where the workflow says so, and only those."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import Context, File, node
from concertmaster.domain.events import Event, ExecutionCreated, NodeSucceeded
from concertmaster.domain.execution import ExecutionRow
from engine_harness import Harness, running_engine

CACHED = "{cache: true}"


class Counted:
    """Node types that count their calls."""

    def __init__(self) -> None:
        self.calls = 0

    def nodes(self) -> list[Any]:
        @node(id="t.square", effect="none")
        def square(number: int) -> int:
            """Computes."""
            self.calls += 1
            if number < 0:
                raise ValueError("too small")
            return number * number

        @node(id="t.look", effect="read")
        def look(number: int) -> int:
            """Looks at the world."""
            self.calls += 1
            return number

        @node(id="t.table", effect="none")
        def table(rows: int) -> pl.DataFrame:
            """Makes a table."""
            self.calls += 1
            return pl.DataFrame({"n": range(rows)})

        @node(id="t.count", effect="none")
        def count(table: pl.DataFrame) -> int:
            """Reads a table."""
            self.calls += 1
            return table.height

        @node(id="t.name", effect="none")
        def name(file: File) -> str:
            """Looks at a file."""
            self.calls += 1
            return file.name

        return [square, look, table, count, name]


def document(type_: str = "t.square", config: str = "{number: 3}", *, policy: str = CACHED, own: str = "{}") -> str:
    return f"""
        concertmaster: 1
        name: reuse
        policy: {policy}
        nodes: {{a: {{type: {type_}, config: {config}, policy: {own}}}}}
        outputs: {{a: "{{{{ nodes.a }}}}"}}
        """


def origins(events: list[Event]) -> dict[str, Any]:
    return {event.body.node: event.body.reused for event in events if isinstance(event.body, NodeSucceeded)}


async def run(harness: Harness, text: str) -> tuple[ExecutionRow, dict[str, Any]]:
    row, events = await harness.run(text)
    assert row.status == "succeeded", row.error
    return row, origins(events)


async def test_a_result_is_computed_once_and_says_where_it_is_from(tmp_path: Path) -> None:
    counted = Counted()
    async with running_engine(tmp_path, counted.nodes()) as harness:
        first, fresh = await run(harness, document())
        second, reused = await run(harness, document())
        events = await harness.journal.read(second.id)
    assert counted.calls == 1
    assert (fresh, reused) == ({"a": None}, {"a": {"execution": first.id, "node": "a"}})
    assert events[-1].body.outputs == {"a": 9}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (document(), document(config="{number: 4}")),
        (document(policy="{}"), document(policy="{}")),
        (document(own="{cache: false}"), document(own="{cache: false}")),
        (document("t.look"), document("t.look")),
        (document("t.square"), document("t.look")),
    ],
    ids=["another config", "not asked for", "not for this node", "it looks at the world", "another type"],
)
async def test_what_may_differ_is_computed_again(tmp_path: Path, one: str, other: str) -> None:
    counted = Counted()
    async with running_engine(tmp_path, counted.nodes()) as harness:
        await run(harness, one)
        assert (await run(harness, other))[1] == {"a": None}
    assert counted.calls == 2


async def test_one_node_may_ask_for_it_alone(tmp_path: Path) -> None:
    counted = Counted()
    async with running_engine(tmp_path, counted.nodes()) as harness:
        for _ in range(3):
            await run(harness, document(policy="{}", own="{cache: true}"))
    assert counted.calls == 1


async def test_a_fresh_execution_reuses_nothing_and_renews_what_is_kept(tmp_path: Path) -> None:
    counted = Counted()
    async with running_engine(tmp_path, counted.nodes()) as harness:
        await run(harness, document())
        stored = await harness.save(document())
        body = ExecutionCreated(stored.name, stored.version, {}, {"type": "manual"}, fresh=True)
        fresh = await harness.start_with(body)
        assert (await harness.end(fresh)).status == "succeeded"
        _, reused = await run(harness, document())
    assert counted.calls == 2
    assert reused == {"a": {"execution": fresh, "node": "a"}}


async def test_tables_count_by_their_bytes_and_are_made_again_when_they_have_gone(tmp_path: Path) -> None:
    counted = Counted()
    chain = """
        concertmaster: 1
        name: chain
        policy: {cache: true}
        nodes: {make: {type: t.table, config: {rows: 5}}, count: {type: t.count}}
        edges: [make -> count]
        """
    async with running_engine(tmp_path, counted.nodes()) as harness:
        await run(harness, chain)
        _, reused = await run(harness, chain)
        assert all(reused.values())
        assert counted.calls == 2
        store = harness.engine.artifacts
        (digest,) = [path.name for path in store.root.glob("??/*")]
        store.local_path(digest).unlink()
        _, again = await run(harness, chain)
    assert again["make"] is None
    assert again["count"] is not None, "it was made of the same bytes"
    assert counted.calls == 3


async def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    counted = Counted()
    async with running_engine(tmp_path, counted.nodes()) as harness:
        for _ in range(2):
            row, _ = await harness.run(document(config="{number: -1}"))
            assert row.status == "failed"
    assert counted.calls == 2


async def test_a_file_of_the_workspace_may_be_another_one(tmp_path: Path) -> None:
    counted = Counted()
    text = """
        concertmaster: 1
        name: files
        policy: {cache: true}
        nodes:
          make: {type: t.table, config: {rows: 5}}
          save: {type: file.write, config: {path: a.csv}}
          name: {type: t.name}
        edges: [make -> save, save -> name]
        """
    async with running_engine(tmp_path, counted.nodes()) as harness:
        for _ in range(2):
            assert (await run(harness, text))[1]["name"] is None
    assert counted.calls == 3


async def test_a_file_of_the_same_bytes_and_another_name_is_another_input(tmp_path: Path) -> None:
    counted = Counted()

    @node(id="t.file", effect="read")
    def make(name: str, context: Context) -> File:
        """Writes a file that goes into the artifact store."""
        path = context.scratch() / name
        path.write_text("the same")
        return File(path)

    text = """
        concertmaster: 1
        name: files
        policy: {{cache: true}}
        nodes: {{make: {{type: t.file, config: {{name: {name}}}}}, name: {{type: t.name}}}}
        edges: [make -> name]
        outputs: {{name: "{{{{ nodes.name }}}}"}}
        """
    async with running_engine(tmp_path, [*counted.nodes(), make]) as harness:
        for name in ("a.txt", "b.txt"):
            row, events = await harness.run(text.format(name=name))
            assert row.status == "succeeded", row.error
            assert events[-1].body.outputs == {"name": name}  # type: ignore[union-attr]


async def test_items_of_a_loop_reuse_what_others_gave(tmp_path: Path) -> None:
    counted = Counted()
    text = """
        concertmaster: 1
        name: loop
        policy: {cache: true}
        nodes:
          each:
            type: flow.for_each
            config: {items: [2, 3, 2, 3, 2], concurrency: 1}
            body: {nodes: {square: {type: t.square, config: {number: "{{ item }}"}}}}
        outputs: {all: "{{ nodes.each }}"}
        """
    async with running_engine(tmp_path, counted.nodes()) as harness:
        first, events = await harness.run(text)
        assert first.status == "succeeded", first.error
        assert events[-1].body.outputs == {"all": [4, 9, 4, 9, 4]}  # type: ignore[union-attr]
        # Those of one execution are kept with its events, and may come too late for its next items.
        computed = counted.calls
        second, _ = await harness.run(text)
        (child,) = await harness.children(second.id)
        reused = origins(await harness.journal.read(child.id))
    assert counted.calls == computed
    assert {origin["execution"] for origin in reused.values()} == {first.id}

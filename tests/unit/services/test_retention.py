"""Retention over a real engine, database and artifact store."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bench import Bench, until
from concertmaster import node
from concertmaster.domain.access import Actor
from concertmaster.domain.errors import UserError
from concertmaster.domain.events import NodeSucceeded
from concertmaster.domain.interfaces import Tree
from concertmaster.engine.materialising import materialised
from concertmaster.services.retention import Cleaned, RetentionRules, RetentionService
from concertmaster.storage.references import SqlReferenceStore
from engine_harness import Harness, running_engine
from planned_tables import planned, record_of

# Above what stands in an event.
LARGE = 70_000
BYTES = LARGE + 2
DAY = timedelta(days=1)
PAST = timedelta(microseconds=1)


def retention(harness: Harness, *, grace: timedelta = timedelta(), **rules: Any) -> RetentionService:
    engine, store = harness.engine, SqlReferenceStore(harness.database)
    return RetentionService(store, engine.results, engine.artifacts, RetentionRules(**rules), engine.clock, grace=grace)


def age(harness: Harness, seconds: float = 100_000) -> None:
    """Make all files older."""
    store = harness.engine.artifacts
    for digest in stored(harness):
        os.utime(store.local_path(digest), (0, time.time() - seconds))


LOOP = """
    concertmaster: 1
    name: loop
    nodes:
      each:
        type: flow.for_each
        config: {{concurrency: 1, items: {items}}}
        body: {{nodes: {{work: {{type: data.set, config: {{value: "{{{{ item }}}}"}}}}}}}}
    """


def large(letter: str, *, name: str = "large") -> str:
    """A workflow of one value that is an artifact."""
    return f"{{concertmaster: 1, name: {name}, nodes: {{a: {{type: data.set, config: {{value: {letter * LARGE}}}}}}}}}"


def stored(harness: Harness) -> set[str]:
    store = harness.engine.artifacts
    return {digest for folder in store.folders() for digest in store.older_than(folder, timedelta(days=-1))}


async def artifact_of(harness: Harness, document: str) -> str:
    """Run it, and give the artifact that it made."""
    before = stored(harness)
    row, _ = await harness.run(document)
    assert row.status == "succeeded", row.error
    (made,) = stored(harness) - before
    return made


async def test_old_data_goes_and_the_execution_stays(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        await artifact_of(harness, large("a"))
        (row,) = (await harness.executions.list()).items
        assert await retention(harness, age=timedelta(hours=1)).work(dry_run=False) == Cleaned()
        expected = Cleaned(executions=1, artifacts=1, size_bytes=LARGE + 2)
        assert await retention(harness, age=PAST).work(dry_run=True) == expected
        assert len(stored(harness)) == 1, "it was only counted"
        assert await retention(harness, age=PAST).work(dry_run=False) == expected
        assert stored(harness) == set()
        assert await harness.executions.get(row.id) == row
        assert len(await harness.journal.read(row.id)) > 1


async def test_the_same_bytes_of_another_execution_stay(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        shared = await artifact_of(harness, large("a"))
        (await harness.run(large("a")))
        cleaned = await retention(harness, count=1).work(dry_run=False)
        assert (cleaned.executions, cleaned.artifacts) == (1, 0)
        assert stored(harness) == {shared}


async def test_the_newest_of_each_workflow_are_kept(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        made = [await artifact_of(harness, large(letter)) for letter in "abc"]
        other = await artifact_of(harness, large("d", name="other"))
        assert (await retention(harness, count=2).work(dry_run=False)).artifacts == 1
        assert stored(harness) == {*made[1:], other}


async def test_the_oldest_go_until_the_rest_is_small_enough(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        made = [await artifact_of(harness, large(letter)) for letter in "abcdefgh"]
        assert await retention(harness, size_bytes=6 * BYTES).work(dry_run=True) == Cleaned(2, 2, 2 * BYTES)
        assert await retention(harness, size_bytes=6 * BYTES).work(dry_run=False) == Cleaned(2, 2, 2 * BYTES)
        assert stored(harness) == set(made[2:])


async def test_files_that_are_too_young_to_go_make_nothing_else_go(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        for letter in "abcd":
            await artifact_of(harness, large(letter))
        service = retention(harness, grace=DAY, size_bytes=3 * BYTES)
        found = [await service.work(dry_run=False) for _ in range(4)]
        assert [one.executions for one in found] == [1, 0, 0, 0]
        age(harness)
        assert await service.work(dry_run=False) == Cleaned(0, 1, BYTES)


async def test_what_two_name_is_counted_once_by_a_dry_run_too(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        await artifact_of(harness, large("a"))
        await harness.run(large("a"))
        assert await retention(harness, age=PAST).work(dry_run=True) == Cleaned(2, 1, BYTES)
        assert await retention(harness, age=PAST).work(dry_run=False) == Cleaned(2, 1, BYTES)


async def test_a_root_goes_with_all_its_parts(tmp_path: Path) -> None:
    text = LOOP.format(items=[f"{number}{'x' * 1000}" for number in range(350)])
    async with running_engine(tmp_path) as harness:
        row, _ = await harness.run(text)
        assert row.status == "succeeded", row.error
        parts = len(await harness.children(row.id))
        age(harness)
        cleaned = await retention(harness, size_bytes=1).work(dry_run=False)
        assert cleaned.executions == parts + 1
        assert stored(harness) == set()


async def test_a_part_that_is_tried_again_keeps_the_whole(tmp_path: Path) -> None:
    bench = Bench(fails={1}, holds=lambda _: len(bench.calls) > 1)
    called = f"""
        concertmaster: 1
        name: called
        nodes:
          a: {{type: data.set, config: {{value: {"a" * LARGE}}}}}
          b: {{type: t.work, config: {{number: 1}}}}
          c: {{type: data.set, config: {{value: "{{{{ nodes.a | length }}}}"}}}}
        edges: [a -> b, b -> c]
        """
    async with running_engine(tmp_path, [bench.work()]) as harness:
        await harness.save(called)
        row, _ = await harness.run(
            "{concertmaster: 1, name: calls, nodes: {x: {type: flow.call, config: {workflow: called}}}}"
        )
        assert row.status == "failed"
        (child,) = await harness.children(row.id)
        bench.fails.clear()
        await harness.ask(child.id, "retry")
        await until(lambda: bench.inside == 1)
        before = stored(harness)
        assert await retention(harness, age=PAST).work(dry_run=False) == Cleaned()
        assert stored(harness) == before
        bench.open.set()
        assert (await harness.end(child.id)).status == "succeeded"


async def test_slices_of_a_table_are_named_by_the_child_that_reads_them(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)

    @node(id="t.table", effect="none")
    def table() -> pl.DataFrame:
        """Four rows."""
        return pl.DataFrame({"a": [1, 2, 3, 4]})

    document = """
        concertmaster: 1
        name: batches
        nodes:
          src: {type: t.table}
          each:
            type: flow.for_each
            config: {batch: 2, concurrency: 1}
            body:
              nodes:
                work: {type: t.work, config: {number: 1}}
                sum: {type: table.sql, config: {query: "select sum(a) AS s FROM input"}}
        edges: [src -> each]
        """
    async with running_engine(tmp_path, [table, bench.work()]) as harness:
        execution_id = await harness.start(document)
        await until(lambda: bench.inside == 1)
        # What `sum` makes is named once its end is in the journal; made old before, nothing would keep it.
        (part,) = await harness.children(execution_id)
        await harness.until(part.id, lambda events: any(event.kind == "node.succeeded" for event in events))
        age(harness)
        before = stored(harness)
        assert await retention(harness, grace=DAY).work(dry_run=False) == Cleaned()
        assert before <= stored(harness), "what runs beside may have made more"
        bench.open.set()
        row = await harness.end(execution_id)
        assert row.status == "succeeded", row.error


async def test_nothing_is_removed_from_the_store_of_another_database(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        await artifact_of(harness, large("a"))
        engine = harness.engine
        service = RetentionService(
            SqlReferenceStore(harness.database),
            engine.results,
            engine.artifacts,
            RetentionRules(age=PAST),
            engine.clock,
            grace=timedelta(),
            foreign=True,
        )
        with pytest.raises(UserError, match="belongs to another database"):
            await service.work(dry_run=False)
        assert len(stored(harness)) == 1


async def test_what_goes_on_keeps_everything_that_it_reads(tmp_path: Path) -> None:
    bench = Bench(holds=lambda _: True)
    # The list that the loop made of its items, and each child's part of it, are artifacts that no node gave.
    document = """
        concertmaster: 1
        name: loop
        nodes:
          each:
            type: flow.for_each
            config: {items: "{{ range(3) | list }}", batch: 1, concurrency: 1}
            body:
              nodes:
                work: {type: t.work, config: {number: 1}}
        outputs: {all: "{{ nodes.each | length }}"}
        """.replace('"{{ range(3) | list }}"', str(["x" * LARGE, "y" * LARGE, "z" * LARGE]))
    async with running_engine(tmp_path, [bench.work()]) as harness:
        execution_id = await harness.start(document)
        await until(lambda: bench.inside == 1)
        before = stored(harness)
        assert before
        rules = {"age": PAST, "count": 1, "size_bytes": 2**20}
        assert await retention(harness, **rules).work(dry_run=False) == Cleaned()
        assert stored(harness) == before
        bench.open.set()
        row = await harness.end(execution_id)
        assert row.status == "succeeded", row.error
        cleaned = await retention(harness, age=PAST).work(dry_run=False)
        assert cleaned.artifacts == len(before)
        assert stored(harness) == set()


async def test_what_the_recipe_of_a_planned_table_reads_is_kept_with_its_execution(tmp_path: Path) -> None:
    text = """
        concertmaster: 1
        name: fused
        nodes:
          rows: {type: table.sql, config: {query: select range as n from range(5)}}
          some: {type: table.filter, config: {condition: n > 2}}
        edges: [rows -> some]
        """
    async with running_engine(tmp_path) as harness:
        _, events = await harness.run(text)
        made = next(
            e.body.outputs["out"] for e in events if isinstance(e.body, NodeSucceeded) and e.body.node == "rows"
        )
        table = planned(text, {"some": ["n:int64"]}, tmp_path, given={"rows": made})["some"]
        id_ = await harness.start(large("x"), drive=False)
        await harness.journal.append(record_of(id_, {"some": table}, at=harness.engine.clock.now()))
        # Only the newer execution is kept, in which nothing but the recipe names it.
        (done,) = [one for one in (await harness.executions.list()).items if one.id != id_]
        assert await SqlReferenceStore(harness.database).forget(Tree([done.id], done.ended_at))
        assert made.artifact in stored(harness)
        age(harness)
        await retention(harness).work(dry_run=False)
        assert stored(harness) == {made.artifact}
        first = await materialised(harness.engine, table)
        assert stored(harness) == {made.artifact, first.artifact}
        # What was made of it stays for a while after somebody has looked, and is made again later.
        await retention(harness, grace=DAY).work(dry_run=False)
        assert stored(harness) == {made.artifact, first.artifact}
        age(harness)
        await retention(harness, grace=DAY).work(dry_run=False)
        assert stored(harness) == {made.artifact}
        assert await materialised(harness.engine, table) == first


async def test_what_nobody_names_goes_once_it_is_old(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        store = harness.engine.artifacts
        old, reused, young = (store.put_bytes(text) for text in (b"old", b"reused", b"young"))
        for digest in (old, reused):
            os.utime(store.local_path(digest), (0, time.time() - 90_000))
        assert store.put_bytes(b"reused") == reused
        day = retention(harness, grace=timedelta(days=1))
        assert await day.work(dry_run=True) == Cleaned(artifacts=1, size_bytes=3)
        assert await day.work(dry_run=False) == Cleaned(artifacts=1, size_bytes=3)
        assert stored(harness) == {reused, young}
        assert list(store.unfinished.iterdir()) == []


async def test_a_retry_without_its_data_says_what_has_become_of_it(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        row, _ = await harness.run(f"""
            concertmaster: 1
            name: broken
            nodes:
              a: {{type: data.set, config: {{value: {"a" * LARGE}}}}}
              b: {{type: data.set, config: {{value: "{{{{ nodes.a / 2 }}}}"}}}}
            edges: [a -> b]
            """)
        assert row.status == "failed"
        await retention(harness, age=PAST).work(dry_run=False)
        await harness.ask(row.id, "retry", nodes=["b"], inputs={})
        row = await harness.end(row.id)
    assert row.error is not None
    assert row.error.code == "artifacts.not_found"
    assert "outputs_max_" in row.error.message


async def test_only_who_manages_the_instance_may_clean(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as harness:
        with pytest.raises(UserError, match="instance:manage"):
            retention(harness).clean(Actor("eve", "editor"), dry_run=True)

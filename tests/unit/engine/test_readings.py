"""What a source read is not read again while nobody changes its files; and what makes it be read all the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from concertmaster import Context, node
from concertmaster.data import sources
from concertmaster.domain.events import ExecutionCreated, NodeSucceeded
from concertmaster.domain.values import PlannedTable, TableRef
from concertmaster.engine.parts import EngineSettings
from concertmaster.nodes.lazy import Lazy
from engine_harness import Harness, running_engine

FUSED = """
concertmaster: 1
name: fused
nodes:
  read: {type: t.lines, config: {path: numbers.txt}}
  few: {type: table.filter, config: {condition: "n >= 2"}}
edges: [read -> few]
outputs: {few: "{{ nodes.few.rows }}"}
"""


class Lines:
    """A source that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def nodes(self) -> list[Any]:
        @node(id="t.lines", effect="read", lazy=Lazy(size=lambda _config, _context: 1))
        def lines(path: str, times: int = 1, say: bool = False, context: Context | None = None) -> pl.LazyFrame:
            """Reads numbers."""
            assert context is not None
            self.calls += 1
            if say:
                context.logger.warning("so it is")
            numbers = [int(line) * times for line in context.path(path).read_text().split()]
            return pl.LazyFrame({"n": numbers})

        return [lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "numbers.txt").write_text("1 2 3")
    return tmp_path


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as one that was written some time ago."""
    monkeypatch.setattr(sources, "_STEP_NS", -1_000_000_000)


def document(config: str = "{path: numbers.txt}") -> str:
    return f"""
        concertmaster: 1
        name: lines
        nodes: {{read: {{type: t.lines, config: {config}}}}}
        """


async def numbers(harness: Harness, text: str, node_: str = "read") -> list[int]:
    row, events = await harness.run(text)
    assert row.status == "succeeded", row.error
    value = next(e.body.outputs["out"] for e in events if isinstance(e.body, NodeSucceeded) and e.body.node == node_)
    assert isinstance(value, TableRef)
    return pl.read_parquet(harness.engine.artifacts.local_path(value.artifact))["n"].to_list()


@pytest.mark.usefixtures("old")
async def test_files_that_nobody_changes_are_read_once(folder: Path) -> None:
    counted = Lines()
    async with running_engine(folder, counted.nodes()) as harness:
        assert await numbers(harness, document()) == [1, 2, 3]
        assert await numbers(harness, document()) == [1, 2, 3]
        assert counted.calls == 1
        assert await numbers(harness, document("{path: numbers.txt, times: 2}")) == [2, 4, 6]
    assert counted.calls == 2


def written(file: Path) -> None:
    file.write_text("4 5 6 7")


def written_in_secret(file: Path) -> None:
    before = file.stat()
    file.write_text("4 5 6")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def put_in_its_place(file: Path) -> None:
    before, other = file.stat(), file.with_name("other.txt")
    other.write_text("4 5 6")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(file)


@pytest.mark.usefixtures("old")
@pytest.mark.parametrize("change", [written, written_in_secret, put_in_its_place])
async def test_a_changed_file_is_read(folder: Path, change: Callable[[Path], None]) -> None:
    async with running_engine(folder, Lines().nodes()) as harness:
        await numbers(harness, document())
        change(folder / "numbers.txt")
        assert (await numbers(harness, document()))[:3] == [4, 5, 6]


async def test_a_file_that_was_just_written_is_read_each_time(folder: Path) -> None:
    counted = Lines()
    async with running_engine(folder, counted.nodes()) as harness:
        await numbers(harness, document())
        (folder / "numbers.txt").write_text("4 5 6")
        assert await numbers(harness, document()) == [4, 5, 6]
        assert await numbers(harness, document()) == [4, 5, 6]
    assert counted.calls == 3


@pytest.mark.usefixtures("old")
async def test_a_file_that_has_gone_is_missed(folder: Path) -> None:
    async with running_engine(folder, Lines().nodes()) as harness:
        await numbers(harness, document())
        (folder / "numbers.txt").unlink()
        row, _ = await harness.run(document())
    assert row.status == "failed"


@pytest.mark.usefixtures("old")
async def test_what_is_not_stored_any_more_is_read(folder: Path) -> None:
    counted = Lines()
    async with running_engine(folder, counted.nodes()) as harness:
        await numbers(harness, document())
        for stored in harness.engine.artifacts.root.glob("??/*"):
            stored.unlink()
        assert await numbers(harness, document()) == [1, 2, 3]
    assert counted.calls == 2


@pytest.mark.usefixtures("old")
async def test_a_fresh_execution_reads(folder: Path) -> None:
    counted = Lines()
    async with running_engine(folder, counted.nodes()) as harness:
        await numbers(harness, document())
        stored = await harness.save(document())
        fresh = await harness.start_with(
            ExecutionCreated(stored.name, stored.version, {}, {"type": "manual"}, fresh=True)
        )
        assert (await harness.end(fresh)).status == "succeeded"
    assert counted.calls == 2


@pytest.mark.usefixtures("old")
async def test_a_source_that_says_something_says_it_each_time(folder: Path) -> None:
    text = document("{path: numbers.txt, say: true}")
    async with running_engine(folder, Lines().nodes()) as harness:
        for _ in range(2):
            row, _ = await harness.run(text)
            assert [line.text for line in await harness.executions.logs(row.id)] == ["so it is"]


@pytest.mark.usefixtures("old")
async def test_fused_what_is_read_again_is_stored_and_then_there(folder: Path) -> None:
    counted, kinds = Lines(), list[type]()
    async with running_engine(folder, counted.nodes(), settings=EngineSettings(fuse_above=0)) as harness:

        async def run(*, calls: int) -> None:
            row, events = await harness.run(FUSED)
            assert row.status == "succeeded", row.error
            outputs = {e.body.node: e.body.outputs["out"] for e in events if isinstance(e.body, NodeSucceeded)}
            kinds.append(type(outputs["read"]))
            few = outputs["few"]
            assert isinstance(few, TableRef)
            rows = pl.read_parquet(harness.engine.artifacts.local_path(few.artifact))
            assert rows["n"].to_list() == [n for n in map(int, (folder / "numbers.txt").read_text().split()) if n >= 2]
            assert counted.calls == calls

        for calls in (1, 2, 2):
            await run(calls=calls)
        (folder / "numbers.txt").write_text("1 7 8 9")
        for calls in (3, 4, 4):
            await run(calls=calls)
    assert kinds == [PlannedTable, TableRef, TableRef] * 2

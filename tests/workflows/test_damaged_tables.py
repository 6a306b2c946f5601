"""A damaged Parquet file with a whole footer is told as that by what reads it first, without where it is stored."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from concertmaster import node
from engine_harness import running_engine


@node(effect="none")
def lazily(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Leave the reading to whoever stores it."""
    return frame.with_columns(pl.col("a") + 1)


@node(effect="none")
def wholly(frame: pl.DataFrame) -> int:
    """Have it read before."""
    return frame.height


@node(effect="none", isolation="process")
def apart(frame: pl.DataFrame) -> int:
    """Have it read in another process."""
    return frame.height


@node(effect="none")
def wrongly(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Compute what cannot be computed."""
    return frame.select(pl.col("t").cast(pl.Int64))


def damaged(path: Path) -> None:
    frame = pl.DataFrame({"a": range(10_000), "t": [f"text {n}" for n in range(10_000)]})
    frame.write_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes(5000) + whole[5100:])


def document(reader: str) -> str:
    return f"""
concertmaster: 1
name: damaged
nodes:
  file: {{type: file.read, config: {{path: f.parquet}}}}
  reader: {reader}
edges: [file -> reader]
outputs: {{}}
"""


@pytest.mark.parametrize(
    "reader",
    [
        "{type: test_damaged_tables.lazily}",
        "{type: test_damaged_tables.wholly}",
        "{type: test_damaged_tables.apart}",
        "{type: table.sql, config: {query: select sum(a) as n from input}}",
        "{type: table.sort, config: {by: [a]}}",
        "{type: data.sort, config: {by: [a]}}",
        "{type: file.write, config: {path: out.csv}}",
    ],
)
async def test_whatever_reads_it_says_so(tmp_path: Path, reader: str) -> None:
    damaged(tmp_path / "f.parquet")
    async with running_engine(tmp_path, [lazily, wholly, apart]) as engine:
        row, events = await engine.run(document(reader))
    assert row.error is not None
    assert (row.error.code, row.error.node) == ("table.damaged", "reader"), row.error.message
    assert "damaged file, which has to be written again" in row.error.message
    assert "artifacts/" not in str(events)


async def test_what_is_wrong_with_a_whole_table_is_told_as_it_is(tmp_path: Path) -> None:
    pl.DataFrame({"t": ["x"]}).write_parquet(tmp_path / "f.parquet")
    async with running_engine(tmp_path, [wrongly]) as engine:
        row, _ = await engine.run(document("{type: test_damaged_tables.wrongly}"))
    assert row.error is not None
    assert row.error.code == "node.raised"

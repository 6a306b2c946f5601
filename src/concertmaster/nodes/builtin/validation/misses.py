"""Which rows miss which expectation: computed once, kept as row numbers, and joined to the table where it is needed."""

# pyarrow ships no types, so what comes out of it is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import polars as pl

from concertmaster import Context, Table
from concertmaster.nodes.builtin.duck.columns import quoted
from concertmaster.nodes.builtin.duck.query import Query, listed
from concertmaster.nodes.builtin.lazy import Frame
from concertmaster.nodes.builtin.validation.checks import Check

_EXAMPLES = 3
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Misses:
    """The rows that miss something.

    Attributes:
        place: a table with the number of each such row in `row`, and in `f0`, `f1`, ... which checks it misses.
        checks: those with a condition, in the order of these columns.
    """

    context: Context | None
    memory_mb: int
    table: Table
    place: Path | Frame
    checks: tuple[Check, ...]

    def counts(self) -> tuple[int, ...]:
        """How many rows miss each check."""
        sums = [pl.col(f"f{n}").sum() for n in range(len(self.checks))]
        return tuple(self._frame().select(sums).collect().row(0)) if self.checks else ()

    def count_any(self, chosen: Sequence[int]) -> int:
        """How many rows miss one of the chosen checks."""
        return self._frame().select(_any(chosen).sum()).collect().item() if chosen else 0

    def examples(self) -> list[tuple[str, ...]]:
        """For each check, the first rows that miss it, in words."""
        frame = self._frame()
        found = [
            frame.filter(pl.col(f"f{n}")).select(pl.col("row").bottom_k(_EXAMPLES)).collect()["row"].sort().to_list()
            for n in range(len(self.checks))
        ]
        columns = list(dict.fromkeys(name for check in self.checks for name in check.columns))
        wanted = sorted({number for numbers in found for number in numbers})
        if not wanted:
            return [() for _ in self.checks]
        query = Query(self.context, memory_mb=self.memory_mb, tables={"input": self.table})
        row = query.free()
        cells = [f"left({name}::VARCHAR, {_SHOWN_CHARACTERS})" for name in query.columns(columns)]
        text = f"SELECT {listed([row, *cells])} FROM {query.numbered(row)} WHERE {row} IN (SELECT unnest($rows))"
        values = {
            number: dict(zip(columns, shown, strict=True)) for number, *shown in query.ask(text, {"rows": wanted})
        }
        return [
            tuple(_words(number, values[number], check.columns) for number in numbers)
            for check, numbers in zip(self.checks, found, strict=True)
        ]

    def others(self, chosen: Sequence[int]) -> Table:
        """The rows that miss none of the chosen checks."""
        query = self._query()
        row, bad = query.free(), " OR ".join(f"f{n}" for n in chosen)
        return query.run(
            f"SELECT * EXCLUDE ({row}) FROM {query.numbered(row)} AS input "
            f"WHERE {row} NOT IN (SELECT row FROM missed WHERE {bad}) ORDER BY {row}"
        )

    def with_problems(self, chosen: Sequence[int], faults: Sequence[str], *, everything: bool) -> Table:
        """Rows with what is wrong with them, in a last column `problems`.

        Args:
            chosen: the checks that count.
            faults: what is wrong with the table, and so with each row.
            everything: all rows, not only those that miss one of the chosen checks.
        """
        query = self._query()
        row, name = query.free(), "problems"
        while name in {column.lower() for column in query.types}:
            name += "_"
        told = [f"CASE WHEN missed.f{n} THEN {query.value(self.checks[n].label)} END" for n in chosen]
        problems = f"nullif(concat_ws('; ', {listed([*map(query.value, faults), *told, 'NULL'])}), '')"
        bad = " OR ".join(f"f{n}" for n in chosen) or "false"
        return query.run(
            f"SELECT input.* EXCLUDE ({row}), {problems} AS {quoted(name)} FROM {query.numbered(row)} AS input "
            f"{'LEFT ' if everything else ''}JOIN (SELECT * FROM missed WHERE {bad}) AS missed "
            f"ON input.{row} = missed.row ORDER BY input.{row}"
        )

    def _query(self) -> Query:
        tables = {"input": self.table, "missed": cast("Path", self.place)}
        return Query(self.context, memory_mb=self.memory_mb, tables=tables)

    def _frame(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.place) if isinstance(self.place, Path) else cast("pl.DataFrame", self.place).lazy()


def find_misses(
    query: Query, checks: Sequence[Check], *, context: Context | None, memory_mb: int, table: Table
) -> Misses:
    """Try the checks that have a condition on every row.

    Args:
        query: with the inputs, and with the values that the conditions name.
    """
    tried = tuple(check for check in checks if check.holds is not None)
    row = query.free()
    flags = [f"({check.holds}) IS FALSE AS f{n}" for n, check in enumerate(tried)]
    bad = " OR ".join(f"f{n}" for n in range(len(tried))) or "false"
    inner = f"SELECT {listed([f'{row} AS row', *flags])} FROM {query.numbered(row)} AS input"
    reader = cast("Any", query.run(f"SELECT * FROM ({inner}) WHERE {bad}"))
    place = _kept(reader, context)
    return Misses(context, memory_mb, table, place, tried)


def _kept(reader: Any, context: Context | None) -> Path | pl.DataFrame:
    """On disk, since every row may miss something; in memory for a function that is called without a context."""
    if context is None:
        return cast("pl.DataFrame", pl.from_arrow(reader.read_all()))
    path = context.scratch() / "missed.parquet"
    with import_module("pyarrow.parquet").ParquetWriter(path, reader.schema, compression="lz4") as writer:
        for batch in reader:
            writer.write_batch(batch)
    return path


def _any(chosen: Sequence[int]) -> pl.Expr:
    return reduce(lambda one, other: one | other, (pl.col(f"f{n}") for n in chosen))


def _words(number: int, values: Mapping[str, str | None], columns: Sequence[str]) -> str:
    cells = ["missing" if values[name] is None else f"'{values[name]}'" for name in columns]
    return f"row {number}: {', '.join(cells)}" if cells else f"row {number}"

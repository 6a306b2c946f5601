"""Two tables side by side in DuckDB, which spills to disk what does not fit; in the order of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from concertmaster import Table
from concertmaster.nodes.builtin.duck.columns import quoted
from concertmaster.nodes.builtin.duck.query import Query, listed

RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Join:
    """What is joined.

    Attributes:
        kind: `inner`, `left`, `right`, `full`, `semi`, `anti` or `cross`.
        pairs: columns that have to be equal, left and right.
        merged: a key of the result is one column, from whichever side has it.
        names: of the result's columns, in order.
    """

    kind: str
    pairs: Sequence[tuple[str, str]]
    merged: bool
    names: Sequence[str]


def joined(query: Query, join: Join) -> Table:
    """The query's two tables, `input` and `RIGHT`, joined."""
    ours, theirs = query.free("left"), query.free("right")
    matches = " AND ".join(f"l.{quoted(left)} = r.{quoted(right)}" for left, right in join.pairs)
    shown = [f"{cell} AS {quoted(name)}" for cell, name in zip(_cells(query, join), join.names, strict=True)]
    places = [f"r.{theirs} NULLS LAST", f"l.{ours}"] if join.kind == "right" else [f"l.{ours} NULLS LAST"]
    if join.kind in ("inner", "left", "full", "cross"):
        places.append(f"r.{theirs}")
    return query.run(
        f"SELECT {listed(shown)} FROM {query.numbered(ours)} AS l {join.kind.upper()} JOIN "
        f"{query.numbered(theirs, RIGHT)} AS r {f'ON {matches}' if matches else ''} ORDER BY {listed(places)}"
    )


def _cells(query: Query, join: Join) -> list[str]:
    """SQL of each column, as Polars would put them."""
    left, right = list(query.types), list(query.types_of(RIGHT))
    partner = dict(join.pairs)
    if join.kind in ("semi", "anti"):
        return [f"l.{quoted(name)}" for name in left]
    if join.kind == "right":
        return [
            *(f"l.{quoted(name)}" for name in left if name not in partner),
            *(f"r.{quoted(name)}" for name in right),
        ]
    merged = {name for _, name in join.pairs} if join.merged else set[str]()
    both = join.kind == "full" and join.merged
    return [
        *(
            f"coalesce(l.{quoted(name)}, r.{quoted(partner[name])})"
            if both and name in partner
            else f"l.{quoted(name)}"
            for name in left
        ),
        *(f"r.{quoted(name)}" for name in right if name not in merged),
    ]

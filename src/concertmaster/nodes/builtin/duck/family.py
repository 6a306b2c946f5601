"""Nodes that DuckDB computes together: one locked session, one query, nothing stored in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from concertmaster.nodes.builtin.duck.rows import Bench, Rows
from concertmaster.nodes.builtin.duck.session import DEFAULT_MEMORY_MB
from concertmaster.nodes.lazy import Lazy, Member, NotTogetherError, Together


class DuckFamily:
    """Members whose functions put a query together out of what comes before."""

    def compute(self, members: Sequence[Member]) -> Together:
        """See `nodes.lazy.Family`."""
        bench, made = compose(members)
        # `as_stored` knows what is no table, so the columns are there.
        columns = [rows.as_stored().columns or () for rows in made[:-1]]
        return Together(bench.read(made[-1]), columns)


def compose(members: Sequence[Member]) -> tuple[Bench, list[Rows]]:
    """The rows of each member, none of them computed yet."""
    given = [one for member in members for ones in member.inputs.values() for one in ones if not isinstance(one, int)]
    memory_mb = max(getattr(member.config, "memory_mb", DEFAULT_MEMORY_MB) for member in members)
    bench = Bench(given, members[-1].context, memory_mb=memory_mb)
    sources, made = iter(bench.sources()), list[Rows]()
    for member in members:
        inputs: dict[str, Any] = {}
        for port, ones in member.inputs.items():
            loaded = [made[one] if isinstance(one, int) else next(sources) for one in ones]
            argument = member.type.argument(port)
            inputs[port] = loaded if argument is not None and argument.many else loaded[0]
        rows = member.type.function(**member.type.keywords(member.config, inputs, member.context))
        if not isinstance(rows, Rows):
            raise NotTogetherError(f"{member.type.spec.id} gave a {type(rows).__name__}")
        made.append(rows)
    return bench, made


DUCK = Lazy(cast("Any", DuckFamily()))

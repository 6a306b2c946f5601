"""Validation stays linear, counted in executed lines: ten times the nodes take about ten times as many.

How long it takes is a matter for `benchmarks`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from spec_snapshot import Snapshot

from concertmaster.domain.graph import graph_of
from concertmaster.domain.validation import validate
from concertmaster.domain.workflow import Edge, Node, Workflow


def chain(length: int) -> Workflow:
    """Each node refers to the one in the middle of those before it, which is far away."""
    nodes = {"n0": Node("file.read", {"path": "a.csv"})}
    for i in range(1, length):
        nodes[f"n{i}"] = Node("table.sql@1", {"query": f"select * from input where a > {{{{ nodes.n{i // 2}.rows }}}}"})
    return Workflow("chain", nodes=nodes, edges=tuple(Edge(f"n{i}", f"n{i + 1}") for i in range(length - 1)))


def lines_of(work: Callable[[], object]) -> int:
    """How many lines of Python `work` executes, rounds of loops included."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_validation_grows_with_the_size_and_not_with_its_square() -> None:
    small, large, specs = chain(100), chain(1000), Snapshot()
    assert validate(large, specs) == []
    validate(small, specs)  # what is only computed once is so by now
    assert lines_of(lambda: validate(large, specs)) < 12 * lines_of(lambda: validate(small, specs))


def test_ancestry_of_a_long_chain_is_not_quadratic() -> None:
    def pairs(length: int) -> list[tuple[str, str]]:
        return [(f"n{i // 2}", f"n{i}") for i in range(2, length)]

    small, large = graph_of(chain(300)), graph_of(chain(3000))
    assert len(large.ancestry(pairs(3000))) == 2998
    assert lines_of(lambda: large.ancestry(pairs(3000))) < 15 * lines_of(lambda: small.ancestry(pairs(300)))

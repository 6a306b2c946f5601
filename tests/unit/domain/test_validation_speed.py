"""Validation stays linear: ten times the nodes take about ten times as long, and big bad documents end."""

from __future__ import annotations

import time

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


def seconds(workflow: Workflow) -> float:
    start = time.perf_counter()
    assert [problem for problem in validate(workflow, Snapshot()) if problem.code != "expression.not_before"] == []
    return time.perf_counter() - start


def test_a_thousand_nodes_are_validated_in_a_moment() -> None:
    workflow = chain(1000)
    assert min(seconds(workflow) for _ in range(3)) < 0.5  # 0.03 on an idle machine


def test_time_grows_with_the_size_and_not_with_its_square() -> None:
    small, large = chain(500), chain(5000)
    assert min(seconds(large) for _ in range(2)) < 60 * min(seconds(small) for _ in range(3))


def test_ancestry_of_a_long_chain_is_not_quadratic() -> None:
    graph = graph_of(chain(20_000))
    pairs = [(f"n{i // 2}", f"n{i}") for i in range(2, 20_000)]
    start = time.perf_counter()
    assert len(graph.ancestry(pairs)) == len(pairs)
    assert time.perf_counter() - start < 5

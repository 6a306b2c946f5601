"""Validation of long chains, in which every node refers to one far away."""

from __future__ import annotations

import time

from benchmarks.report import Report
from concertmaster.domain.problems import has_errors
from concertmaster.domain.validation import validate
from concertmaster.domain.workflow import Edge, Node, Workflow
from concertmaster.nodes.loader import builtin_registry
from concertmaster.nodes.registry import Registry

LENGTHS = (1_000, 10_000)
ROUNDS = 5


def chain(length: int) -> Workflow:
    """A file and `length - 1` queries in a row."""
    nodes = {"n0": Node("file.read", {"path": "a.csv"})}
    for i in range(1, length):
        query = f"select * from input where a > {{{{ nodes.n{i // 2}.rows }}}}"
        nodes[f"n{i}"] = Node("table.sql@1", {"query": query})
    return Workflow("chain", nodes=nodes, edges=tuple(Edge(f"n{i}", f"n{i + 1}") for i in range(length - 1)))


def seconds(workflow: Workflow, registry: Registry) -> float:
    """The fastest of `ROUNDS` rounds, which other work on the machine disturbs least."""
    took: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        problems = validate(workflow, registry)
        took.append(time.perf_counter() - start)
        if has_errors(problems):
            raise RuntimeError(f"the chain is not valid: {problems[0].message}")
    return min(took)


def measure(report: Report) -> None:
    """Fill in one row a length."""
    registry = builtin_registry()
    for length in LENGTHS:
        report.set(f"validate {length:,} nodes", seconds(chain(length), registry) * 1e3, "ms")

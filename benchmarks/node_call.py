"""What it costs to call a node's function as an attempt does: config, inputs and result, beside the call itself."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Report
from concertmaster import Input, node
from concertmaster.data.artifacts import ArtifactStore
from concertmaster.domain.values import JsonValue
from concertmaster.engine.calling import keywords_of, saved, validated
from concertmaster.engine.conversion import Conversion
from concertmaster.nodes.node_type import node_type_of

CALLS = 20_000
ROUNDS = 5


@node(id="bench.add", effect="none")
def add(number: Input[int], more: int = 1, name: str = "total") -> dict[str, int]:
    """Add to a number."""
    return {name: number + more}


def microseconds(work: Callable[[], object]) -> float:
    """Of one call: the fastest round."""
    took: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(CALLS):
            work()
        took.append((time.perf_counter() - begun) / CALLS * 1e6)
    return min(took)


def measure(report: Report) -> None:
    """Fill in the row of calls."""
    type_ = node_type_of(add)
    assert type_ is not None
    with tempfile.TemporaryDirectory() as folder:
        conversion = Conversion(ArtifactStore(folder), Path(folder), None, lambda: False)
        config, inputs = {"more": 2, "name": "sum"}, {"in": JsonValue(3, size_bytes=1)}

        def call() -> object:
            model = validated(type_, config, node="add")
            keywords = keywords_of(type_, model, inputs, conversion, context=None, opened={})
            result = type_.split(type_.function(**keywords), outlets=("out",))
            return {name: saved(type_, name, value, conversion, redact=None) for name, value in result.items()}

        around, plain = microseconds(call), microseconds(lambda: add(3, more=2, name="sum"))
    report.set("call of a node's function by an attempt, beside the function", around - plain, "µs")

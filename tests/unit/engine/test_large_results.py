"""Large JSON results: encoded and written in a thread, whatever ran the node; the loop only ever handles small ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from concertmaster import node
from concertmaster.data.json_value import encode_json, is_small
from concertmaster.domain.values import INLINE_LIMIT_BYTES
from engine_harness import running_engine


class Witness(Mapping[str, int]):
    """Data that remembers in which threads it was encoded."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def __getitem__(self, key: str) -> int:
        self.threads.add(threading.get_ident())
        return 1

    def __iter__(self) -> Iterator[str]:
        return iter(["a"])

    def __len__(self) -> int:
        return 1


def on_the_loop(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have it run where the nodes of the package run: at once, inside the drive."""
    function.__module__ = "concertmaster.nodes.builtin.of_this_test"
    return function


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_large_result_is_not_encoded_on_the_loop(tmp_path: Path, at_once: bool) -> None:
    witness = Witness()

    async def large() -> dict[str, Any]:
        """More than is kept inline."""
        return {"text": "x" * 1_000_000, "witness": witness}

    found = node(id="t.large", effect="none")(on_the_loop(large) if at_once else large)
    async with running_engine(tmp_path, [found]) as harness:
        row, events = await harness.run(
            "{concertmaster: 1, name: large, nodes: {n: {type: t.large}}, outputs: {n: '{{ nodes.n.witness }}'}}"
        )
    assert row.status == "succeeded", row.error
    assert events[-1].body.outputs == {"n": {"a": 1}}
    assert witness.threads
    assert threading.get_ident() not in witness.threads


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "small"),
    [
        (None, True),
        (1.5, True),
        ("text", True),
        ({"a": [1, True, None, {"b": "c"}]}, True),
        (list(range(2_000)), True),
        ("\0" * 8_192, True),
        ([-1.7976931348623157e308] * 2_048, True),
        ({"\0": {"\0": "\0"}}, True),
        ("x" * 10_000, False),
        ([""] * 10_000, False),
        ({"x" * 10_000: 1}, False),
        ({"a": {1, 2}}, False),
        (endless(), False),
    ],
)
def test_what_is_small_fits_inline(value: Any, small: bool) -> None:
    assert is_small(value) is small
    if small:
        assert len(encode_json(value)) <= INLINE_LIMIT_BYTES

"""Large JSON from outside: the values of `json`, without its price."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest

from concertmaster.nodes.builtin.json_text import parsed

# Enough to be large.
PADDING = " " * (1024 * 1024)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2.5, {}, null, true, "\u00e9\\u00e9"], "a": 3}',
        "[18446744073709551616, 9223372036854775808, -9223372036854775809, 0.1, 1e5]",
        "[NaN, Infinity, 1e400]",
        '"\\ud800"',
        "[" * 300 + "]" * 300,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_large_texts_have_the_values_of_small_ones(text: str, encoding: str) -> None:
    assert repr(parsed((text + PADDING).encode(encoding))) == repr(json.loads(text))


@pytest.mark.parametrize(("text", "error"), [("[1,", json.JSONDecodeError), ("[" * 200_000, RecursionError)])
def test_what_is_wrong_is_told_as_of_small_ones(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parsed((PADDING + text).encode())
    assert gc.isenabled()


@pytest.fixture
def rounds() -> Iterator[list[Any]]:
    """Rounds of the collector since the test began."""
    seen: list[Any] = []

    def count(phase: str, info: dict[str, int]) -> None:
        seen.append((phase, info))

    gc.callbacks.append(count)
    yield seen
    gc.callbacks.remove(count)


def test_the_collector_waits_for_the_end(rounds: list[Any]) -> None:
    """It is more than half of the time in which nothing else in the server gets on."""
    text = ("[" + '{"a":[1,2,{}]},' * 50_000 + "0]").encode()
    gc.collect()
    rounds.clear()
    assert len(parsed(text)) == 50_001
    assert len(rounds) <= 2
    assert gc.isenabled()

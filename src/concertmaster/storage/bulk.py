"""Long lists in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Parts of at most `size`: databases bound the number of values in a statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]

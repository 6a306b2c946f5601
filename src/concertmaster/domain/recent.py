"""Recent: a bounded memory that forgets what was not used for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Looks(Protocol):
    """What counts how often it knew an answer, and how often it did not."""

    hits: int
    misses: int


class Recent(Generic[K, V]):
    """Keeps the entries used last, up to a `limit` of their weights. A value of None is taken for a missing one.

    Attributes:
        hits, misses: how often `get` found something, and nothing.
    """

    def __init__(self, limit: int) -> None:
        self.hits = 0
        self.misses = 0
        self._limit = limit
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def get(self, key: K) -> V | None:
        """The value, None when it is not (or no longer) known."""
        found = self._entries.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return found[0]

    def items(self) -> list[tuple[K, V]]:
        """All entries, the one used last at the end."""
        return [(key, value) for key, (value, _) in self._entries.items()]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep a value, the newest however heavy, and forget the oldest where there are too many."""
        former = self._entries.pop(key, None)
        self._entries[key] = value, weight
        self._weight += weight - (0 if former is None else former[1])
        while self._weight > self._limit and len(self._entries) > 1:
            _, (_, forgotten) = self._entries.popitem(last=False)
            self._weight -= forgotten

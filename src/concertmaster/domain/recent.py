"""Recent: a bounded memory that forgets what was not used for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps the entries used last, up to a `limit` of their weights. A value of None is taken for a missing one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def get(self, key: K) -> V | None:
        """The value, None when it is not (or no longer) known."""
        found = self._entries.get(key)
        if found is None:
            return None
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

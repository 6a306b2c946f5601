"""How often something may happen: buckets that fill up again with time. Trap: each process has its own.

Source: the token bucket, as in Turner, "New directions in communications", IEEE Communications Magazine, 1986.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Hashable
from typing import Generic, TypeVar

from concertmaster.domain.recent import Recent

CAPACITY = 60
PER_SECOND = 1.0
_KEYS = 10_000
K = TypeVar("K", bound=Hashable)


class Buckets(Generic[K]):
    """A bucket for each key; those used last are kept."""

    def __init__(self) -> None:
        # Key to (left, when that was).
        self._left = Recent[K, tuple[float, float]](_KEYS)

    def take(self, key: K, *, capacity: float, per_second: float, now: float) -> int:
        """Take one.

        Args:
            now: seconds of any clock; while it goes back nothing fills up.
        Returns:
            Seconds until the next one can be taken; 0 when this one was.
        """
        left, at = self._left.get(key) or (capacity, now)
        left = min(capacity, left + max(0.0, now - at) * per_second)
        allowed = left >= 1
        self._left.put(key, (left - 1 if allowed else left, now))
        return 0 if allowed else max(1, math.ceil((1 - left) / per_second))


class Throttle:
    """Counts refusals by address; whoever shows something valid is never counted, and never asked of here."""

    def __init__(self, *, capacity: float = CAPACITY, per_second: float = PER_SECOND) -> None:
        self._capacity = float(capacity)
        self._per_second = per_second
        self._buckets = Buckets[str]()

    def wrong(self, address: str, *, now: float) -> int:
        """Count a refusal.

        Returns:
            Seconds until the next one is answered; 0 when this one is.
        """
        return self._buckets.take(_network(address), capacity=self._capacity, per_second=self._per_second, now=now)


def _network(address: str) -> str:
    """The address; of IPv6 the network of 64 bits, which one customer has for himself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))

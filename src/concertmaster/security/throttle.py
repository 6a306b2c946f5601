"""How often an address may be wrong: a bucket each, that fills up again with time."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict

CAPACITY = 60
PER_SECOND = 1.0
_ADDRESSES = 10_000


class Throttle:
    """Counts refusals by address; whoever shows something valid is never counted, and never asked of here."""

    def __init__(self, *, capacity: float = CAPACITY, per_second: float = PER_SECOND) -> None:
        self._capacity = float(capacity)
        self._per_second = per_second
        # Address to (left, when that was), the longest unseen first.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wrong(self, address: str, *, now: float) -> int:
        """Count a refusal.

        Args:
            now: seconds of a clock that never goes back.
        Returns:
            Seconds until the next one is answered; 0 when this one is.
        """
        key = _network(address)
        left, at = self._left.pop(key, (self._capacity, now))
        left = min(self._capacity, left + (now - at) * self._per_second)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) / self._per_second))


def _network(address: str) -> str:
    """The address; of IPv6 the network of 64 bits, which one customer has for himself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))

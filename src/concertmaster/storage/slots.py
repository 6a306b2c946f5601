"""Places under the limits of node types and connections."""

from __future__ import annotations

from collections.abc import Sequence


class MemorySlots:
    """`Slots` of `domain/interfaces.py` where one process drives everything: what it holds ends with it."""

    def __init__(self) -> None:
        self._holders: dict[str, dict[str, None]] = {}

    async def take(self, resource: str, *, limit: int, holder: str) -> bool:
        """See `Slots`."""
        held = self._holders.setdefault(resource, {})
        if holder in held:
            return True
        if len(held) >= limit:
            return False
        held[holder] = None
        return True

    async def give_back(self, resource: str, *, holder: str) -> None:
        """See `Slots`."""
        held = self._holders.get(resource, {})
        held.pop(holder, None)
        if not held:
            self._holders.pop(resource, None)

    async def holders(self, resource: str) -> Sequence[str]:
        """See `Slots`."""
        return list(self._holders.get(resource, ()))

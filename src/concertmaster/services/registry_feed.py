"""Registry feed: tells open editors that the node types are others; they fetch them anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import orjson

from concertmaster.domain.access import Actor, demand
from concertmaster.domain.interfaces import Clock
from concertmaster.nodes.registry import Registry
from concertmaster.services.feeds import Line
from concertmaster.services.stream import Batch


class RegistryFeed:
    """The last change of the registry. Belongs to one event loop; cursors rise for ever, over restarts too."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._clock = clock
        self._registry = registry
        self._changed = asyncio.Event()
        self._line: Line | None = None
        self.cursor = int(clock.now().timestamp() * 1000)

    def changed(self, registry: Registry) -> None:
        """A snapshot took the place of another."""
        before, self._registry = self._registry, registry
        old = {spec.reference: spec.source_hash for spec in before.specs()}
        new = {spec.reference: spec.source_hash for spec in registry.specs()}
        self.cursor += 1
        event = {
            "execution": None,
            "seq": self.cursor,
            "at": self._clock.now(),
            "kind": "registry.changed",
            "data": {
                "added": sorted(new.keys() - old.keys()),
                "removed": sorted(old.keys() - new.keys()),
                "changed": sorted([name for name in new.keys() & old.keys() if new[name] != old[name]]),
                "quarantined": sorted([one.name for one in registry.sources if one.status == "quarantined"]),
            },
        }
        self._line = Line(self.cursor, orjson.dumps(event, option=orjson.OPT_UTC_Z))
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    async def follow(self, actor: Actor, *, cursor: int = 0) -> AsyncGenerator[Batch]:
        """The newest change after a cursor, whenever there is one; those in between are left out.

        Args:
            cursor: seq of the last change the follower has; 0 for only what is new.
        """
        demand(actor, "registry:read")
        last = cursor or self.cursor
        while True:
            changed = self._changed
            if self._line is not None and last != self.cursor:
                last = self.cursor
                yield Batch([self._line])
            elif last != self.cursor:
                # It has seen another process: whatever it knows of the registry may be old.
                last = self.cursor
                yield Batch(resync=last)
            else:
                await changed.wait()

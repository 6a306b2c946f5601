"""Hooks: what storage calls back into, on the loop. Made first, because storage is opened before anything can drive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from concertmaster.domain.interfaces import Committed
from concertmaster.engine.dispatcher import Dispatcher
from concertmaster.engine.limits import Limits
from concertmaster.engine.parts import Owner


@dataclass(slots=True)
class Hooks:
    """Callbacks of one process.

    Attributes:
        listeners: get what has become durable here, in the order of the commits; must not block.
        dispatcher, limits: None until there is something that drives.
    """

    owner: Owner = field(default_factory=Owner)
    listeners: list[Callable[[Sequence[Committed]], None]] = field(
        default_factory=lambda: list[Callable[[Sequence[Committed]], None]]()
    )
    dispatcher: Dispatcher | None = None
    limits: Limits | None = None

    def committed(self, committed: Sequence[Committed]) -> None:
        """Something has become durable."""
        for listen in self.listeners:
            listen(committed)

    def wake(self, ids: Sequence[str]) -> None:
        """Executions want attention."""
        if self.dispatcher is not None:
            self.dispatcher.wake(ids)

    def freed(self, resource: str) -> None:
        """A place got free in another process."""
        if self.limits is not None:
            self.limits.freed(resource)

    def look_everywhere(self) -> None:
        """Announcements may have been lost: whoever waits for one looks again."""
        if self.dispatcher is not None:
            self.dispatcher.poke()
        if self.limits is not None:
            for resource in self.limits.resources:
                self.limits.freed(resource)

"""What a `flow.*` node returns instead of a result: what the engine is to do with its execution."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on later, with the value on the main input; costs no thread and no memory while it waits, over restarts too.

    Attributes:
        duration: from now, used when there is no `until`.
        until: an aware instant; one that is over goes on at once.
    """

    duration: timedelta = timedelta()
    until: datetime | None = None

    def due_at(self, now: datetime) -> datetime:
        """When it goes on."""
        return now + self.duration if self.until is None else self.until

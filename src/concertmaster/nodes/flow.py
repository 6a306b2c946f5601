"""What a `flow.*` node returns instead of a result: what the engine is to do with its execution."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from concertmaster.domain.durations import LONGEST
from concertmaster.domain.errors import UserError


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on later, with the value on the main input; costs no thread and no memory while it waits, over restarts too.

    Attributes:
        duration: from now, used when there is no `until`.
        until: an aware instant; one that is over goes on at once.

    Raises:
        UserError: `wait.config`, it can be no wait: below nothing, longer than ten years, or without a zone.
    """

    duration: timedelta = timedelta()
    until: datetime | None = None

    def __post_init__(self) -> None:
        if not timedelta() <= self.duration <= LONGEST:
            raise UserError("wait.config", f"A wait takes between nothing and {LONGEST.days} days, not {self.duration}")
        if self.until is None:
            return
        if self.until.tzinfo is None:
            raise UserError("wait.config", f"A wait ends at an instant with a zone, and {self.until} has none; add one")
        try:
            object.__setattr__(self, "until", self.until.astimezone(UTC))
        except OverflowError as error:
            message = f"A wait ends between the years 1 and 9999 in UTC, and {self.until} is outside of them"
            raise UserError("wait.config", message) from error

    def due_at(self, now: datetime) -> datetime:
        """When it goes on."""
        return now + self.duration if self.until is None else self.until

"""What a `flow.*` node returns instead of a result: what the engine is to do with its execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

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


@dataclass(frozen=True, slots=True)
class Await:
    """Go on when somebody else has done something; costs as little as `Wait`.

    Attributes:
        rule: an `event` that is sent, an `approval` that a person gives, or `children`: executions of a container's
            body, or of another workflow.
        about: what exactly, by rule.
        timeout: after which it is given up.
        items: of a container: a list, or a handle of a table or list that has been stored.
        batch: rows or items that make one item; None: each is one.
    """

    rule: Literal["event", "approval", "children"]
    about: Mapping[str, Any] = field(default_factory=lambda: {})
    timeout: timedelta | None = None
    items: Any = None
    batch: int | None = None


class EventSender(Protocol):
    """What `flow.event` needs of its context beyond what every node has."""

    async def send_event(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a named event: name, key, data, keep_seconds, idempotency_key."""
        ...

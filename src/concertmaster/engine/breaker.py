"""Circuit breaker: closed, open, half-open, as pure transitions; and the breakers of this process by resource.

Source: Nygard, "Release It!", 2nd edition, 2018, section 5.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.recent import Recent

KEPT = 1_000


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens.

    Attributes:
        failures: in a row.
        open_seconds: before one attempt may try again.
    """

    failures: int = 5
    open_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Where a breaker stands; `opened_at` in seconds of the caller's clock, `trying`: one attempt is let through."""

    failures: int = 0
    opened_at: float | None = None
    trying: bool = False

    def stands(self, policy: BreakerPolicy, now: float) -> Literal["closed", "open", "half-open"]:
        """The state in the words of the field."""
        if self.opened_at is None:
            return "closed"
        return "open" if now < self.opened_at + policy.open_seconds or self.trying else "half-open"

    def tried(self) -> Breaker:
        """An attempt was let through a half-open breaker."""
        return Breaker(self.failures, self.opened_at, trying=True)

    def after(self, ok: bool | None, policy: BreakerPolicy, now: float) -> Breaker:
        """After an attempt; `ok` None: it says nothing about the other side (cancelled, a user's error)."""
        if ok:
            return Breaker()
        if ok is None:
            return Breaker(self.failures, self.opened_at)
        failures = self.failures + 1
        return Breaker(failures, now if failures >= policy.failures else None)


class Breakers:
    """The breakers of this process: each sees its own attempts only."""

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        self._breakers = Recent[str, Breaker](KEPT)

    def enter(self, resources: Sequence[str], now: float) -> None:
        """Ask before an attempt.

        Raises:
            OperationalError: `breaker.open`; `retry_after_seconds` says when it is worth trying again.
        """
        half_open: list[tuple[str, Breaker]] = []
        for resource in resources:
            breaker = self._breakers.get(resource)
            if breaker is None:
                continue
            stands = breaker.stands(self._policy, now)
            if stands == "open" and breaker.opened_at is not None:
                left = max(0.1, breaker.opened_at + self._policy.open_seconds - now)
                raise OperationalError(
                    "breaker.open",
                    f"{resource.replace(':', ' ', 1)} failed {breaker.failures} times in a row, so nothing is sent "
                    f"there for {left:.0f} s; see why it fails, or give the node a retry policy that waits longer",
                    resource=resource,
                    retry_after_seconds=left,
                    sent=False,
                )
            if stands == "half-open":
                half_open.append((resource, breaker))
        # Only now: who was refused by a later one tries nothing.
        for resource, breaker in half_open:
            self._breakers.put(resource, breaker.tried())

    def leave(self, resources: Sequence[str], ok: bool | None, now: float) -> None:
        """Tell how an attempt ended."""
        for resource in resources:
            breaker = self._breakers.get(resource)
            if breaker is not None or ok is False:
                self._breakers.put(resource, (breaker or Breaker()).after(ok, self._policy, now))

    def open(self, now: float) -> list[str]:
        """Resources whose breaker is not closed at a moment of the caller's clock."""
        return [name for name, breaker in self._breakers.items() if breaker.stands(self._policy, now) != "closed"]

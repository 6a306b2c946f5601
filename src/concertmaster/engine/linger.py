"""Linger: keeps an execution in memory for a while whose children are at work; most end soon, and loading it anew for
each of them costs more than all else that they do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from concertmaster.domain.interfaces import Placement


class Linger:
    """How long one execution does so.

    Args:
        longest: without anything new.
        on_over: called when it has lasted that long.
        over_at: the event at which it may not stay, because leaving memory ends the count of its take-overs: one that
            only waits must not pass for what ends the servers.
    """

    def __init__(
        self, placement: Placement, longest: timedelta, on_over: Callable[[], None], *, over_at: int | None
    ) -> None:
        self._placement = placement
        self._longest = longest
        self._on_over = on_over
        self._timer: asyncio.TimerHandle | None = None
        # The execution's last event when it had lasted too long.
        self._over_at = over_at

    def over(self, seq: int) -> bool:
        """Whether an execution at this event may not stay for whatever it waits."""
        return self._over_at == seq

    def may(self, seq: int) -> bool:
        """Whether an execution at this event stays; its place in memory may be wanted for its children."""
        self.stop()
        if self._placement.full or self.over(seq):
            return False
        self._timer = asyncio.get_running_loop().call_later(self._longest.total_seconds(), self._over, seq)
        return True

    def _over(self, seq: int) -> None:
        self._over_at = seq
        self._on_over()

    def stop(self) -> None:
        """It is not asked any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

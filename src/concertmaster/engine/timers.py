"""Timers: those of an execution's nodes and of its own time-out, in the process that drives it.

They only wake: what is due stands in the state, so that another process can set them anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from concertmaster.domain import events
from concertmaster.domain.execution import Failure
from concertmaster.engine.parts import Engine
from concertmaster.engine.recorder import Recorder

_DEADLINE = ""  # among the keys, the others of which are node ids


class Timers:
    """The timers of one execution."""

    def __init__(self, engine: Engine, recorder: Recorder, *, on_fire: Callable[[], None]) -> None:
        """Args:
        on_fire: called when one has fired and its event is recorded.
        """
        self._engine = engine
        self._recorder = recorder
        self._on_fire = on_fire
        self._loop = asyncio.get_running_loop()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self, key: str, left: timedelta, body: events.Body) -> None:
        """Record an event when a time is over, unless the key has a timer already."""
        if key not in self._timers:
            self._timers[key] = self._loop.call_later(max(0.0, left.total_seconds()), self._fire, key, body)

    def _fire(self, key: str, body: events.Body) -> None:
        self._timers.pop(key, None)
        if not self._recorder.state.final:
            self._recorder.record(body)
            self._on_fire()

    @property
    def _timeout(self) -> timedelta:
        return self._recorder.state.plan.workflow.policy.timeout or self._engine.settings.execution_timeout

    def deadline(self) -> datetime | None:
        """When the execution's time is over; it counts from its start, or its last retry."""
        state = self._recorder.state
        begun_at = state.phase_at or state.begun_at
        return None if begun_at is None or state.expired else begun_at + self._timeout

    def watch_deadline(self) -> None:
        """Set the timer of the execution's own time-out."""
        if _DEADLINE in self._timers:
            return
        deadline = self.deadline()
        if deadline is not None:
            message = (
                f"The execution did not end within {self._timeout}; raise policy.timeout or look at what takes so "
            )
            error = Failure("execution.timeout", f"{message}long")
            self.start(_DEADLINE, deadline - self._engine.clock.now(), events.ExecutionExpired(error))

    def stop(self, node: str) -> None:
        """Its wait is over; a later one has a timer of its own."""
        if (timer := self._timers.pop(node, None)) is not None:
            timer.cancel()

    def stop_all(self) -> None:
        """Stop every timer."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

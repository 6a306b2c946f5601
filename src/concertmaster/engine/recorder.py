"""Recorder: turns what happened into numbered events, applies them to the state and hands them to the journal.

Events are gathered for a moment and appended together: the commit is the costly part, and nothing outside learns
of an event before it is durable anyway. `durable` is the barrier that a write node waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from concertmaster.domain.events import Body, Event
from concertmaster.domain.interfaces import Append, ArtifactReference, Change, Clock, Journal, LogLine
from concertmaster.engine.failures import storable
from concertmaster.engine.state import ExecutionState, apply

GATHER_SECONDS = 0.002
LOG_LINES = 10_000
LOG_TEXT = 8_192


class Recorder:
    """The only one that appends for an execution while this process owns it."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        state: ExecutionState,
        epoch: int,
        log_lines: int,
        on_refused: Callable[[BaseException], None],
    ) -> None:
        """Args:
        log_lines: lines logged so far by earlier owners.
        on_refused: told when the journal refuses an append, for example because another owner took over.
        """
        self.state = state
        self._journal = journal
        self._clock = clock
        self._epoch = epoch
        self._log_count = log_lines
        self._on_refused = on_refused
        self._loop = asyncio.get_running_loop()
        self._events: list[Event] = []
        self._artifacts: list[ArtifactReference] = []
        self._logs: list[LogLine] = []
        self._consumed: list[int] = []
        self._change = Change()
        self._last: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def record(
        self,
        body: Body,
        *,
        change: Change | None = None,
        artifacts: Sequence[ArtifactReference] = (),
        consumed: int | None = None,
    ) -> Event:
        """Number an event, apply it to the state, and queue it with what belongs to it."""
        event = Event(self.state.execution_id, self.state.seq + 1, self._clock.now(), body)
        apply(self.state, event)
        self._events.append(event)
        self._artifacts.extend(artifacts)
        if change is not None:
            self._change = _merge(self._change, change)
        if consumed is not None:
            self._consumed.append(consumed)
        self._gather()
        return event

    def log(self, node: str, attempt: int, level: str, text: str) -> None:
        """Queue a log line; beyond `LOG_LINES` an execution's lines are dropped, and the last one says so."""
        if self._log_count > LOG_LINES:
            return
        self._log_count += 1
        if self._log_count > LOG_LINES:
            level, text = "warning", f"Log limit of {LOG_LINES} lines reached; later lines are dropped"
        text = text if len(text) <= LOG_TEXT else text[:LOG_TEXT] + " … (cut)"
        line = LogLine(self._log_count, node, attempt, self._clock.now(), level, storable(text))
        self._logs.append(line)
        self._gather()

    async def durable(self) -> None:
        """Wait until everything recorded so far is committed.

        Raises:
            StaleOwner: another owner took over.
        """
        self._flush()
        if self._last is not None:
            # Shielded: several attempts may wait for the same commit, and one of them may be cancelled.
            await asyncio.shield(self._last)

    def close(self) -> None:
        """Forget what was not appended yet; the next owner does it again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for queue in (self._events, self._artifacts, self._logs, self._consumed):
            queue.clear()

    def _gather(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        """Append, unless the last append is still on its way: under load the batches grow instead of the queue."""
        self._timer = None
        if self._last is None or self._last.done():
            self._flush()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not (self._events or self._logs or self._consumed):
            return
        batch = Append(
            self.state.execution_id,
            self._epoch,
            events=tuple(self._events),
            change=self._change,
            artifacts=tuple(self._artifacts),
            logs=tuple(self._logs),
            consumed=tuple(self._consumed),
        )
        for queue in (self._events, self._artifacts, self._logs, self._consumed):
            queue.clear()
        self._change = Change()
        try:
            self._last = self._journal.append(batch)
        except Exception as error:
            # Raised in a timer it would be lost, and the execution would wait for ever for its own events.
            self._on_refused(error)
            return
        self._last.add_done_callback(self._appended)

    def _appended(self, future: asyncio.Future[None]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self._on_refused(error)
        elif future is self._last and self._timer is None:
            self._flush()


def _merge(first: Change, second: Change) -> Change:
    """The later change wins field by field."""
    return replace(
        first,
        status=second.status or first.status,
        started_at=second.started_at or first.started_at,
        ended_at=second.ended_at or first.ended_at,
        error=second.error or first.error,
    )

"""Recorder: turns what happened into numbered events, applies them to the state and hands them to the journal.

Events are gathered for a moment and appended together: the commit is the costly part, and nothing outside learns
of an event before it is durable anyway. `durable` is the barrier that a write node waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from concertmaster.domain.events import (
    Body,
    Event,
    NodeCancelled,
    NodeFailed,
    NodeRetrying,
    NodeSucceeded,
)
from concertmaster.domain.execution import ExecutionStatus
from concertmaster.domain.interfaces import (
    Append,
    ArtifactReference,
    Change,
    Clock,
    Companion,
    Journal,
    LogLine,
    Message,
    Release,
    StopAwaiting,
)
from concertmaster.engine.failures import storable
from concertmaster.engine.fold import apply
from concertmaster.engine.snapshot import take
from concertmaster.engine.state import ExecutionState

GATHER_SECONDS = 0.002
LOG_LINES = 10_000
LOG_TEXT = 8_192
SNAPSHOT_EVENTS = 1_000


class Recorder:
    """The only one that appends for an execution while this process owns it."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        state: ExecutionState,
        status: ExecutionStatus,
        epoch: int,
        snapshot_seq: int,
        log_lines: int,
        on_refused: Callable[[BaseException], None],
    ) -> None:
        """Args:
        status: what lists show of the execution now.
        snapshot_seq: of the stored snapshot, 0 without one.
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
        self._companions: list[Companion] = []
        self._then: list[Callable[[], None]] = []
        self._change = Change()
        self._status = status
        self._snapshot_seq = snapshot_seq
        self._release: Release | None = None
        self._last: asyncio.Future[bool] | None = None
        self._refused: BaseException | None = None
        self._timer: asyncio.TimerHandle | None = None

    def record(
        self,
        body: Body,
        *,
        at: datetime | None = None,
        artifacts: Sequence[ArtifactReference] = (),
        companions: Sequence[Companion] = (),
        consumed: int | None = None,
        then: Callable[[], None] | None = None,
    ) -> Event:
        """Number an event, apply it to the state, and queue it with what belongs to it.

        Args:
            at: when it happened, where `body` was reckoned from that; now otherwise.
            then: called when it is durable.
        """
        self._stop_awaiting(body)
        event = Event(self.state.execution_id, self.state.seq + 1, at or self._clock.now(), body)
        apply(self.state, event)
        self._events.append(event)
        self._artifacts.extend(artifacts)
        self._companions.extend(companions)
        if then is not None:
            self._then.append(then)
        if self.state.status != self._status:
            self._status = self.state.status
            self._change = _change(self.state, event.at, before=self._change)
        if consumed is not None:
            self._consumed.append(consumed)
        self._gather()
        return event

    def send(self, message: Message) -> None:
        """Queue a request to another execution that goes with no event."""
        self._companions.append(message)
        self._gather()

    def _stop_awaiting(self, body: Body) -> None:
        """A node that waited for an event or a person does not any more."""
        if not isinstance(body, NodeSucceeded | NodeFailed | NodeRetrying | NodeCancelled):
            return
        if self.state.nodes[body.node].rule in ("event", "approval"):
            self._companions.append(StopAwaiting(body.node))

    def refer(self, references: Sequence[ArtifactReference]) -> None:
        """Queue references to artifacts that no event names."""
        self._artifacts.extend(references)
        if references:
            self._gather()

    def consume(self, request: int) -> None:
        """Drop a request that changes nothing."""
        self._consumed.append(request)
        self._gather()

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
            Exception: the journal refused an append for another reason.
        """
        self._flush()
        self._demand_accepted()
        if self._last is not None:
            # Shielded: several attempts may wait for the same commit, and one of them may be cancelled.
            await asyncio.shield(self._last)

    async def release(self, release: Release) -> bool:
        """Give the execution up together with everything recorded so far.

        Returns:
            False when a request has come meanwhile: it is still owned here.
        Raises:
            StaleOwner: another owner took over.
            Exception: the journal refused an append for another reason.
        """
        self._release = release
        self._flush()
        self._demand_accepted()
        assert self._last is not None
        return await asyncio.shield(self._last)

    def close(self) -> None:
        """Forget what was not appended yet; the next owner does it again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for queue in (self._events, self._artifacts, self._logs, self._consumed, self._companions):
            queue.clear()

    def _gather(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(GATHER_SECONDS, self.hurry)

    def hurry(self) -> None:
        """Append what was recorded so far: others wait for it, or it was gathered for long enough.

        Not while the last append is still on its way: under load the batches grow instead of the queue.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._last is None or self._last.done():
            self._flush()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pending = self._events or self._logs or self._consumed or self._companions or self._artifacts or self._release
        if self._refused is not None or not pending:
            return
        snapshot = None
        if self._events and self.state.seq - self._snapshot_seq >= SNAPSHOT_EVENTS and not self.state.final:
            snapshot, self._snapshot_seq = take(self.state), self.state.seq
        batch = Append(
            self.state.execution_id,
            self._epoch,
            events=tuple(self._events),
            change=self._change,
            artifacts=tuple(self._artifacts),
            logs=tuple(self._logs),
            consumed=tuple(self._consumed),
            companions=tuple(self._companions),
            snapshot=snapshot,
            release=self._release,
        )
        for queue in (self._events, self._artifacts, self._logs, self._consumed, self._companions):
            queue.clear()
        self._change, self._release = Change(), None
        then, self._then = self._then, []
        try:
            self._last = self._journal.append(batch)
        except Exception as error:
            # Raised in a timer it would be lost, and the execution would wait for ever for its own events.
            self._refuse(error)
            return
        self._last.add_done_callback(self._appended)
        if then:
            self._last.add_done_callback(lambda done: _call(done, then))

    def _appended(self, future: asyncio.Future[bool]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self._refuse(error)
        elif future is self._last and self._timer is None:
            self._flush()

    def _refuse(self, error: BaseException) -> None:
        """Nothing that follows on a refused append can be appended."""
        self._refused = self._refused or error
        self._on_refused(error)

    def _demand_accepted(self) -> None:
        if self._refused is not None:
            raise self._refused


def _call(done: asyncio.Future[bool], callbacks: Sequence[Callable[[], None]]) -> None:
    if not done.cancelled() and done.exception() is None:
        for callback in callbacks:
            callback()


def _change(state: ExecutionState, at: datetime, *, before: Change) -> Change:
    """What lists have to show after an event that changed the status; later ones win."""
    return Change(
        status=state.status,
        started_at=at if state.begun_at == at else before.started_at,
        ended_at=at if state.final else None,
        error={"failed": state.failure, "interrupted": state.interruption}.get(state.status),
    )

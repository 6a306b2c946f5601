"""Moments: the line of an execution as it was after some of its events. Pure.

The journal keeps that line up to date beside the events, so the past has to be folded: by the rules of
`engine/fold.py`, as far as they make the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from concertmaster.domain.errors import NotFound
from concertmaster.domain.events import (
    Event,
    ExecutionCancelled,
    ExecutionCancelling,
    ExecutionFailed,
    ExecutionInterrupted,
    ExecutionPaused,
    ExecutionResumed,
    ExecutionRetried,
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionWaiting,
)
from concertmaster.domain.execution import FINAL_EXECUTION, ExecutionRow, ExecutionStatus, Failure

Moment = int | datetime | None
"""After the event of a seq, or at a time; now."""


def last_seq(row: ExecutionRow, moment: Moment) -> int:
    """The seq up to which events are of interest.

    Raises:
        NotFound: `execution.moment_not_found`.
    """
    if not isinstance(moment, int):
        return row.head_seq
    if not 0 < moment <= row.head_seq:
        raise NotFound(
            "execution.moment_not_found",
            f"Execution {row.id} has the events 1 to {row.head_seq} and no event {moment}",
            seq=row.head_seq,
        )
    return moment


def until(events: Sequence[Event], moment: Moment) -> Sequence[Event]:
    """Those that had happened."""
    if not isinstance(moment, datetime):
        return events
    return [event for event in events if event.at <= moment]


class RowThen:
    """The line after some of the events; `row` of one without any is queued."""

    def __init__(self, now: ExecutionRow) -> None:
        self.row = replace(
            now, status="queued", head_seq=0, started_at=None, ended_at=None, error=None, owner=None, wake_at=None
        )
        # It counts as begun from here; a retry begins anew, although the line keeps its first start until then.
        self._begun = False

    def apply(self, events: Iterable[Event]) -> None:
        """Fold more events, in order."""
        for event in events:
            status, error = self._after(event)
            if status == self.row.status:
                self.row = replace(self.row, head_seq=event.seq)
                continue
            self.row = replace(
                self.row,
                head_seq=event.seq,
                status=status,
                started_at=event.at if isinstance(event.body, ExecutionStarted) else self.row.started_at,
                ended_at=event.at if status in FINAL_EXECUTION else None,
                error=error,
            )

    def _after(self, event: Event) -> tuple[ExecutionStatus, Failure | None]:
        status = self.row.status
        match event.body:
            case ExecutionStarted():
                self._begun = True
                return "running", None
            case ExecutionPaused():
                return "paused", None
            case ExecutionWaiting():
                return "waiting", None
            case ExecutionRetried():
                self._begun = False
                return "queued", None
            case ExecutionResumed() | ExecutionCancelling() if status in FINAL_EXECUTION:
                self._begun = False
                return "queued", None
            case ExecutionResumed():
                return "running" if self._begun else "queued", None
            case ExecutionSucceeded():
                return "succeeded", None
            case ExecutionFailed(error):
                return "failed", error
            case ExecutionInterrupted(error):
                return "interrupted", error
            case ExecutionCancelled():
                return "cancelled", None
            case _:
                # Whatever happens ends a wait.
                return ("running" if status == "waiting" else status), None

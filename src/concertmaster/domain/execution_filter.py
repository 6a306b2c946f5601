"""Which executions a list, or a request to many, means: all that every given filter lets through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from concertmaster.domain.errors import Invalid
from concertmaster.domain.execution import ExecutionRow, ExecutionStatus
from concertmaster.domain.problems import Problem, pointer


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """Filters of executions; None, or nothing, lets all through.

    Attributes:
        status: one of these.
        backfill: id of the backfill that started them.
        called: only those that a node of another execution called, or only the others.
        since, until: when they were made, to a millisecond; `until` itself is not in it.
        trigger: type of what started them.
        error: text in the code or message of their error, in whatever case.
        at_least, at_most: from their start to their end, or until now; without a start they are in neither.
    """

    workflow: str | None = None
    status: Sequence[ExecutionStatus] = ()
    backfill: str | None = None
    called: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    trigger: str | None = None
    error: str | None = None
    at_least: timedelta | None = None
    at_most: timedelta | None = None
    version: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it names everything, or, by `called` alone, about as much."""
        return all(not getattr(self, item.name) for item in fields(self) if item.name != "called")

    def demand_sound(self, *, at: str = "") -> None:
        """Refuse ranges that hold nothing.

        Args:
            at: pointer to where the filters stand.
        Raises:
            Invalid: `request.invalid`.
        """
        problems: list[Problem] = []
        if self.since is not None and self.until is not None and self.since >= self.until:
            problems.append(Problem("list.bad_range", at + pointer("until"), "until must be later than since"))
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            message = "max_seconds must not be less than min_seconds"
            problems.append(Problem("list.bad_range", at + pointer("max_seconds"), message))
        if problems:
            raise Invalid("request.invalid", problems[0].message, problems)

    def lets_through(self, row: ExecutionRow, now: datetime) -> bool:
        """Whether all filters let this execution through."""
        return (
            self.workflow in (None, row.workflow)
            and (not self.status or row.status in self.status)
            and self.backfill in (None, row.trigger.get("backfill"))
            and self.called in (None, row.parent is not None)
            and (self.since is None or row.id >= first_id(self.since))
            and (self.until is None or row.id < first_id(self.until))
            and self.trigger in (None, row.trigger.get("type"))
            and self.version in (None, row.version)
            and self.has_error(row)
            and self._has_duration(row, now)
        )

    def has_error(self, row: ExecutionRow) -> bool:
        """Whether its error has the text."""
        if self.error is None:
            return True
        error = row.error
        return error is not None and self.error.casefold() in f"{error.code} {error.message}".casefold()

    def _has_duration(self, row: ExecutionRow, now: datetime) -> bool:
        if self.at_least is None and self.at_most is None:
            return True
        if row.started_at is None:
            return False
        took = (row.ended_at or now) - row.started_at
        return (self.at_least is None or took >= self.at_least) and (self.at_most is None or took <= self.at_most)


EVERY = ExecutionFilter()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_id(at: datetime) -> str:
    """The least id that an execution made then can have: ids are UUIDv7, in order of time, exact to a millisecond."""
    made = f"{max(0, (at - _EPOCH) // timedelta(milliseconds=1)):012x}"
    return f"{made[:8]}-{made[8:]}-7000-8000-000000000000"

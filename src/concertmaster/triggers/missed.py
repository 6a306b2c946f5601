"""Missed times: what a schedule does about those at which nobody was there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from concertmaster.domain.triggers import ScheduleConfig
from concertmaster.triggers.schedule import Schedule, latest

GRACE = timedelta(seconds=60)
"""A time that is later than this was missed; before, the server was only busy."""
AT_ONCE = 20
"""So many missed times are made up for in one go: other schedules must not wait for all of them."""
COUNTED = 1_000
"""Skipped times are counted up to here."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Times in a row for which nothing is started; `count` is right below `COUNTED`."""

    first: datetime
    last: datetime
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now.

    Attributes:
        fire: times to start executions for, in order.
        next_at: the first time after now, or the first missed one that is left for the next go.
    """

    fire: tuple[datetime, ...]
    skipped: Skipped | None
    next_at: datetime | None


def what_is_due(
    schedule: Schedule, config: ScheduleConfig, *, first: datetime, now: datetime, begun: bool = False
) -> Due:
    """Decide about all times from `first`, which is due, until now.

    Times within the grace are always started. Of those missed, `skip` starts none, `all` the newest up to its limit,
    and `last` the newest one, unless a time within the grace makes up for it.

    Args:
        first: as was planned; after trouble perhaps no time of the schedule, only a moment to look again.
        begun: perhaps `first` was started already; it is started whatever the policy, which does no harm then.
    """
    before, following = first - timedelta.resolution, schedule.following(first)
    planned = schedule.following(before) == first
    if planned and now - first <= GRACE and (following is None or following > now):
        return Due((first,), None, following)
    begun = begun and planned
    edge = now - GRACE
    on_time = latest(schedule, after=max(before, edge), until=now, limit=COUNTED)
    made_up: list[datetime] = []
    wanted = {"skip": 0, "last": 0 if on_time else 1, "all": config.missed_limit}[config.missed]
    if before < edge and wanted:
        made_up = latest(schedule, after=before, until=edge, limit=wanted)
    skipped = _skipped(schedule, config, after=first if begun else before, until=edge, made_up=made_up)
    # Those on time are all started now: they may have become missed ones by the next go.
    fire, next_at = [*made_up, *on_time], schedule.following(now)
    if len(made_up) > AT_ONCE:
        fire, next_at = made_up[:AT_ONCE], made_up[AT_ONCE]
    if begun and first not in fire:
        fire.insert(0, first)
    return Due(tuple(fire), skipped, next_at)


def _skipped(
    schedule: Schedule, config: ScheduleConfig, *, after: datetime, until: datetime, made_up: list[datetime]
) -> Skipped | None:
    first = schedule.following(after)
    end = made_up[0] - timedelta.resolution if made_up else until
    if first is None or first > end:
        return None
    found = latest(schedule, after=after, until=end, limit=COUNTED)
    policy = config.missed if config.missed != "all" else f"all, but no more than {config.missed_limit}"
    reason = f"no server started it in time, and of missed times the trigger makes up for: {policy}"
    if config.missed == "skip":
        reason = "no server started it in time, and the trigger skips missed times"
    return Skipped(first, found[-1], len(found), reason)

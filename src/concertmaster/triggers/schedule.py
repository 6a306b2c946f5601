"""When a schedule is due. Matching of cron expressions is cronsim's; what clocks do when they are put is stated here.

A cron expression is read on the wall clock of its zone. Twice a year most of these clocks are put, and then:

- an expression that names its times (neither minute nor hour begins with `*`) has each of them once a day: one that
  does not exist comes at the end of the gap, one that exists twice comes the first time;
- any other follows the time that goes by: what does not exist is left out, what exists twice comes twice.

So `30 2 * * *` starts something every day, and `*/15 * * * *` every 15 minutes. An interval knows no wall clock: its
times are those since 1970-01-01T00:00:00Z that it divides.

Trap: cronsim is always given times without a zone. Its own handling of zones skips up to half an hour where clocks are
put by 30 minutes (Lord Howe), and treats expressions with seconds otherwise than those without.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from concertmaster.domain.errors import UserError
from concertmaster.domain.triggers import ScheduleConfig

LONGEST_CRON = 200
# They mean something else on each machine, or nothing at all.
_OF_THE_MACHINE = frozenset({"localtime", "Factory"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
# From here on a cron expression must find a time within 50 years; validation gives the same answer on every day.
_PROBE = datetime(2000, 1, 1)  # noqa: DTZ001
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class Schedule(Protocol):
    """Instants, in UTC."""

    def following(self, after: datetime) -> datetime | None:
        """The first one later than `after`; None when there is none within 50 years."""
        ...

    def times(self, after: datetime) -> Iterator[datetime]:
        """All that are later than `after`, in order; the same as `following` again and again, and faster."""
        ...


class Interval:
    """The multiples of a duration since 1970 UTC."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def following(self, after: datetime) -> datetime | None:
        """See `Schedule`."""
        try:
            return _EPOCH + ((after - _EPOCH) // self._interval + 1) * self._interval
        except OverflowError:
            return None

    def times(self, after: datetime) -> Iterator[datetime]:
        """See `Schedule`."""
        at: datetime | None = after
        while (at := self.following(at)) is not None:
            yield at


class Cron:
    """A cron expression on the wall clock of a zone.

    Raises:
        CronSimError: the expression cannot be read.
    """

    def __init__(self, cron: str, zone: ZoneInfo) -> None:
        self._cron = cron
        self._zone = zone
        CronSim(cron, _PROBE)
        minute, hour = cron.split()[-5:-3]
        self._named = not minute.startswith("*") and not hour.startswith("*")

    def following(self, after: datetime) -> datetime | None:
        """See `Schedule`."""
        return self._following_named(after) if self._named else self._following_elapsed(after)

    def times(self, after: datetime) -> Iterator[datetime]:
        """See `Schedule`."""
        at: datetime | None = after
        while at is not None:
            for found in self._undisturbed(at):
                at = found
                yield found
            if (at := self.following(at)) is not None:
                yield at

    def _undisturbed(self, after: datetime) -> Iterator[datetime]:
        """The next times, up to where the clock may have been put in between: from there one has to look closer."""
        local = after.astimezone(self._zone)
        offset = local.utcoffset() or timedelta()
        for wall in self._walls(_wall(local)):
            found = wall.replace(tzinfo=UTC) - offset
            local = found.astimezone(self._zone)
            # No clock is put twice within a day.
            if local.utcoffset() != offset or local.fold == 1 or found - after > _DAY:
                return
            after = found
            yield found

    def _following_named(self, after: datetime) -> datetime | None:
        for wall in self._walls(_wall(after.astimezone(self._zone))):
            found = self._instant(wall, fold=0)
            if not self._exists(wall, found):
                # In the gap, fold=1 is a moment before the change and fold=0 one after it.
                found = self._change(self._instant(wall, fold=1), found)
            if found > after:
                return found
        return None

    def _following_elapsed(self, after: datetime) -> datetime | None:
        local = after.astimezone(self._zone)
        again = self._instant(_wall(local), fold=1)
        if local.fold == 1 or again <= after:
            return self._first(_wall(local), after)
        # In the first of two passes: the second one begins before the wall clock gets any further.
        change = self._change(after, again)
        found = self._first(_wall(local), after)
        if found is not None and found < change:
            return found
        return self._first(_wall(change.astimezone(self._zone)) - _SECOND, change - timedelta.resolution)

    def _first(self, wall: datetime, after: datetime) -> datetime | None:
        """The first time later than `wall` that exists; in its second pass when the first one is over."""
        for later in self._walls(wall):
            found = self._instant(later, fold=0)
            if found <= after:
                found = self._instant(later, fold=1)
            if self._exists(later, found):
                return found
        return None

    def _walls(self, wall: datetime) -> Iterator[datetime]:
        return CronSim(self._cron, wall)

    def _instant(self, wall: datetime, *, fold: int) -> datetime:
        return wall.replace(tzinfo=self._zone, fold=fold).astimezone(UTC)

    def _exists(self, wall: datetime, instant: datetime) -> bool:
        return _wall(instant.astimezone(self._zone)) == wall

    def _change(self, before: datetime, behind: datetime) -> datetime:
        """When the clock was put, to the second; it was put once between the two."""
        offset = before.astimezone(self._zone).utcoffset()
        low, high = before.replace(microsecond=0), behind.replace(microsecond=0)
        while high - low > _SECOND:
            middle = low + (high - low) // _SECOND // 2 * _SECOND
            low, high = (middle, high) if middle.astimezone(self._zone).utcoffset() == offset else (low, middle)
        return high


_FIELDS = {
    "second": "0 to 59",
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day-of-month": "1 to 31, or L for the last",
    "month": "1 to 12, or JAN to DEC",
    "day-of-week": "0 to 7, or SUN to SAT",
}


def _unreadable(field: str, given: Sequence[str]) -> str:
    names = list(_FIELDS)[-len(given) :]
    if field not in names:
        return f"the field {field} cannot be read"
    return f"the field {field} cannot be read: {given[names.index(field)]!r} (it goes from {_FIELDS[field]})"


class Schedules:
    """`ScheduleCheck` of `domain/triggers.py`."""

    def cron_fault(self, cron: str) -> str | None:
        """See `ScheduleCheck`."""
        count = len(cron.split())
        if len(cron) > LONGEST_CRON:
            return f"is longer than {LONGEST_CRON} characters"
        if cron.strip().lower() in _NICKNAMES:
            return f"is a nickname, which is not known here; write {_NICKNAMES[cron.strip().lower()]}"
        if count not in (5, 6):
            return f"has {count} field{'' if count == 1 else 's'}; it needs 5, or 6 with the seconds first"
        try:
            if next(CronSim(cron, _PROBE), None) is not None:
                return None
        except CronSimError as error:
            field = str(error).removeprefix("Bad ")
            if field != "day-of-month" or not _fits_alone(cron):
                return _unreadable(field, cron.split())
        return "never has a time to come: no such day exists"

    def __init__(self) -> None:
        self._zones = frozenset[str]()

    def zones(self) -> Collection[str]:
        """See `ScheduleCheck`."""
        # Reads the folders of the time zone database.
        self._zones = self._zones or frozenset(available_timezones()) - _OF_THE_MACHINE
        return self._zones


def schedule_of(config: ScheduleConfig) -> Schedule:
    """What a config means.

    Raises:
        UserError: `trigger.unreadable`: it was validated elsewhere, and this machine may not know the zone.
    """
    if config.interval is not None:
        return Interval(config.interval)
    try:
        return Cron(config.cron or "", _zone(config.timezone))
    except CronSimError as error:
        raise UserError("trigger.unreadable", f"The schedule cannot be read: {error}") from error


def latest(schedule: Schedule, *, after: datetime, until: datetime, limit: int) -> list[datetime]:
    """The newest times in (after, until], oldest first, without walking through all before them."""
    window = _SECOND
    while True:
        start = max(after, until - window)
        found = list(itertools.takewhile(lambda at: at <= until, schedule.times(start)))
        if len(found) >= limit or start == after:
            return found[-limit:]
        # Twice as wide has about twice as many, so little is walked through in vain.
        window *= 2


def moment(at: datetime, zone: str) -> dict[str, Any]:
    """An instant as expressions see it: its parts on the wall clock of the zone.

    Raises:
        UserError: `trigger.unreadable`, this machine does not know the zone.
    """
    local = at.astimezone(_zone(zone))
    parts = {name: getattr(local, name) for name in ("year", "month", "day", "hour", "minute", "second")}
    return {"iso": local.isoformat(), **parts, "zone": zone}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # An unknown name is a KeyError, what is no name a ValueError, and the name of a folder an OSError.
    except (KeyError, ValueError, OSError) as error:
        raise UserError("trigger.unreadable", f"The time zone {name} is not known on this machine") from error


def _wall(local: datetime) -> datetime:
    return local.replace(tzinfo=None, fold=0)


def _fits_alone(cron: str) -> bool:
    """Whether the day of the month is sound by itself: then it only does not fit the months."""
    parts = cron.split()
    parts[-2] = "*"
    try:
        CronSim(" ".join(parts), _PROBE)
    except CronSimError:
        return False
    return True

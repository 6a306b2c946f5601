"""The times of schedules against two other libraries, over 50 years, in random zones and from random moments."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim
from hypothesis import example, given
from hypothesis import strategies as st

from concertmaster.domain.triggers import ScheduleConfig
from concertmaster.triggers.schedule import schedule_of

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc"))


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    # croniter takes `2-2` for every month.
    ends = st.lists(number, min_size=2, max_size=2, unique=True).map(sorted)
    ranges = ends.map(lambda pair: f"{pair[0]}-{pair[1]}")
    # A step as wide as its range is an error elsewhere.
    steps = st.integers(1, high - low).map(lambda step: f"*/{step}")
    return st.one_of(
        st.just("*"), number.map(str), ranges, steps, st.lists(number, min_size=1, max_size=3).map(_joined)
    )


def _joined(numbers: list[int]) -> str:
    return ",".join(map(str, sorted(set(numbers))))


DAY_NAMES = st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True).map(",".join)
# One of the two is `*`: what both together mean is a matter of opinion, and ours is that of Debian's cron.
DATES = st.one_of(st.tuples(field(1, 28), field(1, 12), st.just("*")), st.tuples(st.just("*"), field(1, 12), DAY_NAMES))
CRONS = st.tuples(field(0, 59), field(0, 23), DATES).map(lambda parts: " ".join([parts[0], parts[1], *parts[2]]))
STARTS = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))


def ours(cron: str, zone: str, after: datetime, count: int) -> list[datetime]:
    schedule = schedule_of(ScheduleConfig(cron=cron, timezone=zone))
    found: list[datetime] = []
    at: datetime | None = after
    while len(found) < count and (at := schedule.following(at)) is not None:
        found.append(at)
    return found


@given(CRONS, STARTS)
def test_without_daylight_saving_all_agree(cron: str, after: datetime) -> None:
    found = ours(cron, "UTC", after, 20)
    peer = croniter(cron, after)
    assert found == [peer.get_next(datetime) for _ in found]
    minute, hour, day, month, weekday = cron.split()
    trigger = CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=weekday.lower(), timezone=UTC)
    at = after
    for expected in found:
        at = trigger.get_next_fire_time(None, at + timedelta(seconds=1))
        assert at == expected


@given(CRONS, STARTS, st.sampled_from(ZONES))
@example("0,30 2 * * *", datetime(2026, 3, 28, tzinfo=UTC), "Europe/Rome")
def test_away_from_changes_of_the_clock_all_agree_in_every_zone(cron: str, after: datetime, zone: str) -> None:
    found = ours(cron, zone, after, 10)
    local = after.astimezone(ZoneInfo(zone))
    offsets = {_offset(at + timedelta(days=days), zone) for at in (after, *found) for days in (-2, 0, 2)}
    if len(offsets) > 1:
        return
    peer = croniter(cron, local)
    assert found == [peer.get_next(datetime).astimezone(UTC) for _ in found]


@given(CRONS, STARTS, st.sampled_from([zone for zone in ZONES if zone not in ("Australia/Lord_Howe", "Australia/LHI")]))
@example("30 2 * * *", datetime(2026, 3, 28, tzinfo=UTC), "Europe/Rome")
@example("30 2 * * *", datetime(2026, 10, 24, tzinfo=UTC), "Europe/Rome")
@example("*/30 * * * *", datetime(2026, 10, 24, 23, tzinfo=UTC), "Europe/Rome")
def test_with_daylight_saving_it_is_that_of_debian(cron: str, after: datetime, zone: str) -> None:
    """What cronsim makes of it, which imitates Debian's cron; it tells one instant twice where several times fall
    into one gap, and it fails where the clock is put by less than an hour, or by another amount than whole hours."""
    found = ours(cron, zone, after, 10)
    if any(_offset(at + timedelta(days=1), zone) - _offset(at, zone) not in _WHOLE for at in (after, *found)):
        return
    peer = (at.astimezone(UTC) for at in CronSim(cron, after.astimezone(ZoneInfo(zone))))
    once = (at for at, _ in itertools.groupby(peer) if at > after)
    assert found == list(itertools.islice(once, len(found)))


@given(CRONS, STARTS, st.sampled_from(ZONES))
@example("*/30 * * * *", datetime(2026, 10, 24, 23, tzinfo=UTC), "Europe/Rome")
def test_many_at_once_are_those_one_by_one(cron: str, after: datetime, zone: str) -> None:
    schedule = schedule_of(ScheduleConfig(cron=cron, timezone=zone))
    assert list(itertools.islice(schedule.times(after), 50)) == ours(cron, zone, after, 50)


_WHOLE = tuple(timedelta(hours=hours) for hours in (-1, 0, 1))


def _offset(at: datetime, zone: str) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()

"""Schedules: what is due when, above all where clocks are put."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from concertmaster.domain.triggers import ScheduleConfig
from concertmaster.triggers.schedule import Schedules, latest, moment, schedule_of


def times(cron: str, zone: str, after: str, count: int) -> list[str]:
    """The next times on the wall clock with their offset, from a time on that clock."""
    schedule = schedule_of(ScheduleConfig(cron=cron, timezone=zone))
    at: datetime | None = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    at_once = list(itertools.islice(schedule.times(at), count))
    found: list[datetime] = []
    for _ in range(count):
        assert at is not None
        at = schedule.following(at)
        assert at is not None
        found.append(at)
    assert at_once == found
    return [at.astimezone(ZoneInfo(zone)).strftime("%d %H:%M%z")[:-2] for at in found]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        # Rome, 29 March 2026: 02:00 becomes 03:00.
        ("30 2 * * *", "Europe/Rome", "2026-03-28 12:00", ["29 03:00+02", "30 02:30+02"]),
        ("0,30 2,3 * * *", "Europe/Rome", "2026-03-29 01:00", ["29 03:00+02", "29 03:30+02", "30 02:00+02"]),
        ("*/30 * * * *", "Europe/Rome", "2026-03-29 01:00", ["29 01:30+01", "29 03:00+02", "29 03:30+02"]),
        ("30 * * * *", "Europe/Rome", "2026-03-29 00:45", ["29 01:30+01", "29 03:30+02"]),
        ("*/30 2 * * *", "Europe/Rome", "2026-03-29 01:00", ["30 02:00+02", "30 02:30+02"]),
        # Rome, 25 October 2026: 03:00 becomes 02:00.
        ("30 2 * * *", "Europe/Rome", "2026-10-24 12:00", ["25 02:30+02", "26 02:30+01"]),
        ("30 * * * *", "Europe/Rome", "2026-10-25 01:45", ["25 02:30+02", "25 02:30+01", "25 03:30+01"]),
        (
            "*/30 * * * *",
            "Europe/Rome",
            "2026-10-25 02:00",
            ["25 02:30+02", "25 02:00+01", "25 02:30+01", "25 03:00+01"],
        ),
        ("0 0 3 * * *", "Europe/Rome", "2026-10-25 01:45", ["25 03:00+01", "26 03:00+01"]),
        # The southern hemisphere: Santiago, 5 April 2026, 00:00 becomes 23:00; 6 September, 00:00 becomes 01:00.
        ("30 23 * * *", "America/Santiago", "2026-04-04 12:00", ["04 23:30-03", "05 23:30-04"]),
        ("*/30 * * * *", "America/Santiago", "2026-04-04 23:00", ["04 23:30-03", "04 23:00-04", "04 23:30-04"]),
        ("0 0 * * *", "America/Santiago", "2026-09-05 12:00", ["06 01:00-03", "07 00:00-03"]),
        # Lord Howe, 5 April 2026: 02:00 becomes 01:30; 4 October: 02:00 becomes 02:30.
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04 12:00", ["05 01:45+11", "06 01:45+10"]),
        ("*/15 * * * *", "Australia/Lord_Howe", "2026-04-05 01:30", ["05 01:45+11", "05 01:30+10", "05 01:45+10"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00", ["04 02:30+11", "05 02:15+11"]),
        ("0 * * * *", "Australia/Lord_Howe", "2026-10-04 00:30", ["04 01:00+10", "04 03:00+11"]),
        ("* 3 * * *", "Australia/Lord_Howe", "2026-10-04 01:00", ["04 03:00+11", "04 03:01+11"]),
        # After the second pass there is none for a year, and then the clock stands as before the first one.
        (
            "*/30 2 25 10 *",
            "Europe/Rome",
            "2026-10-24 12:00",
            ["25 02:00+02", "25 02:30+02", "25 02:00+01", "25 02:30+01", "25 02:00+02"],
        ),
        # Apia had no 30 December 2011 at all.
        ("0 12 * * *", "Pacific/Apia", "2011-12-29 13:00", ["31 00:00+14", "31 12:00+14"]),
        # Kathmandu is 5:45 ahead.
        ("0 */6 * * *", "Asia/Kathmandu", "2026-01-01 05:00", ["01 06:00+05", "01 12:00+05"]),
    ],
)
def test_where_clocks_are_put(cron: str, zone: str, after: str, expected: list[str]) -> None:
    assert times(cron, zone, after, len(expected)) == expected


def test_seconds_come_first() -> None:
    schedule = schedule_of(ScheduleConfig(cron="*/20 30 6 * * *"))
    at = datetime(2026, 1, 1, 6, 30, 10, tzinfo=UTC)
    first = schedule.following(at)
    assert first == at.replace(second=20)
    assert first is not None
    assert schedule.following(first) == at.replace(second=40)


def test_a_moment_is_later_than_itself_only_once() -> None:
    schedule = schedule_of(ScheduleConfig(cron="0 6 * * *"))
    at = datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert schedule.following(at - timedelta(microseconds=1)) == at
    assert schedule.following(at) == at + timedelta(days=1)
    assert schedule.following(at + timedelta(microseconds=1)) == at + timedelta(days=1)


@pytest.mark.parametrize("minutes", [7, 15, 90, 1440])
def test_intervals_are_counted_from_1970(minutes: int) -> None:
    step = timedelta(minutes=minutes)
    schedule = schedule_of(ScheduleConfig(interval=step, timezone="Europe/Rome"))
    at: datetime | None = datetime(2026, 3, 29, 0, 12, 3, tzinfo=UTC)
    for _ in range(5):
        assert at is not None
        found = schedule.following(at)
        assert found is not None
        assert timedelta(0) < found - at <= step
        assert (found - datetime(1970, 1, 1, tzinfo=UTC)) % step == timedelta(0)
        at = found


def test_the_latest_of_very_many() -> None:
    schedule = schedule_of(ScheduleConfig(interval=timedelta(seconds=1)))
    until = datetime(2026, 1, 1, tzinfo=UTC)
    found = latest(schedule, after=until - timedelta(days=3650), until=until, limit=3)
    assert found == [until - timedelta(seconds=2), until - timedelta(seconds=1), until]
    yearly = schedule_of(ScheduleConfig(cron="0 0 1 1 *"))
    assert latest(yearly, after=until - timedelta(days=800), until=until, limit=9) == [
        datetime(year, 1, 1, tzinfo=UTC) for year in (2024, 2025, 2026)
    ]
    assert latest(yearly, after=until, until=until, limit=9) == []


@pytest.mark.parametrize(
    ("cron", "fault"),
    [
        ("0 6 * * *", None),
        ("*/5 * * * * *", None),
        ("0 0 29 2 *", None),
        ("0 9 * * mon-fri", None),
        ("0 0 L * *", None),
        ("0 0 * 2 MON#5", None),
        ("0 0 30 2 *", "never"),
        ("0 0 31 2,4,6,9,11 *", "never"),
        ("* * */20 * 1L", "never"),
        ("0 25 * * *", "hour cannot be read: '25' (it goes from 0 to 23)"),
        ("60 * * * *", "'60' (it goes from 0 to 59)"),
        ("0 0 24 * * *", "'24' (it goes from 0 to 23)"),
        ("0 0 32 * *", "day-of-month"),
        ("0 0 0 * *", "day-of-month"),
        ("0 0 * 13 *", "month"),
        ("0 0 * * FUNDAY", "day-of-week"),
        ("every day", "has 2 fields"),
        ("", "has 0 fields"),
        ("@daily", "write 0 0 * * *"),
        ("@Weekly ", "write 0 0 * * 0"),
        ("@reboot", "has 1 field;"),
        ("0 0 1 1 * 2026 *", "has 7 fields"),
        ("*/0 * * * *", "minute"),
        ("٣ * * * *", "minute"),
        ("1," * 200 + "1 * * * *", "longer"),
    ],
)
def test_crons_that_are_none(cron: str, fault: str | None) -> None:
    found = Schedules().cron_fault(cron)
    assert (found is None) == (fault is None)
    assert fault is None or (found is not None and fault in found)


def test_a_moment_in_parts() -> None:
    at = datetime(2026, 7, 1, 4, 5, 6, tzinfo=UTC)
    assert moment(at, "America/New_York") == {
        "iso": "2026-07-01T00:05:06-04:00",
        "year": 2026,
        "month": 7,
        "day": 1,
        "hour": 0,
        "minute": 5,
        "second": 6,
        "zone": "America/New_York",
    }

"""What a schedule does about times that have passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from concertmaster.domain.triggers import ScheduleConfig
from concertmaster.triggers.missed import AT_ONCE, COUNTED, Due, what_is_due
from concertmaster.triggers.schedule import schedule_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def hours(*numbers: int) -> tuple[datetime, ...]:
    return tuple(NOON.replace(hour=number) for number in numbers)


def due(missed: str, *, first: datetime, now: datetime, limit: int = 100, begun: bool = False) -> Due:
    config = ScheduleConfig(interval=timedelta(hours=1), missed=missed, missed_limit=limit)
    return what_is_due(schedule_of(config), config, first=first, now=now, begun=begun)


@pytest.mark.parametrize("missed", ["skip", "last", "all"])
def test_what_is_a_little_late_is_started(missed: str) -> None:
    found = due(missed, first=NOON, now=NOON + timedelta(seconds=50))
    assert found == Due((NOON,), None, NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("missed", "limit", "fire", "skipped"),
    [
        ("skip", 100, (), hours(7, 11)),
        ("last", 100, hours(11), hours(7, 10)),
        ("all", 100, hours(7, 8, 9, 10, 11), None),
        ("all", 2, hours(10, 11), hours(7, 9)),
    ],
)
def test_what_was_missed(
    missed: str, limit: int, fire: tuple[datetime, ...], skipped: tuple[datetime, datetime] | None
) -> None:
    found = due(missed, first=NOON.replace(hour=7), now=NOON - timedelta(minutes=30), limit=limit)
    assert found.fire == fire
    assert found.next_at == NOON
    assert (found.skipped is None) == (skipped is None)
    if found.skipped is not None and skipped is not None:
        assert (found.skipped.first, found.skipped.last) == skipped
        assert found.skipped.count == (skipped[1] - skipped[0]) // timedelta(hours=1) + 1


def test_a_time_that_is_due_makes_up_for_the_last_one() -> None:
    found = due("last", first=NOON.replace(hour=10), now=NOON + timedelta(seconds=1))
    assert found.fire == (NOON,)
    assert found.skipped is not None
    assert (found.skipped.first, found.skipped.count) == (NOON.replace(hour=10), 2)


def test_what_was_begun_is_started_whatever_the_policy() -> None:
    found = due("skip", first=NOON.replace(hour=8), now=NOON - timedelta(minutes=30), begun=True)
    assert found.fire == hours(8)
    assert found.skipped is not None
    assert (found.skipped.first, found.skipped.last) == hours(9, 11)
    assert due("all", first=NOON.replace(hour=10), now=NOON, begun=True).fire == hours(10, 11, 12)


def test_years_of_seconds_are_looked_through_at_once() -> None:
    config = ScheduleConfig(interval=timedelta(seconds=1), missed="all", missed_limit=3)
    found = what_is_due(schedule_of(config), config, first=NOON - timedelta(days=2000), now=NOON)
    assert len(found.fire) == 3 + 60
    assert found.fire[-1] == NOON
    assert found.skipped is not None
    assert found.skipped.count == COUNTED


@pytest.mark.parametrize("missed", ["skip", "last", "all"])
@pytest.mark.parametrize("begun", [False, True])
def test_a_moment_to_look_again_is_no_time(missed: str, *, begun: bool) -> None:
    look = NOON + timedelta(minutes=7)
    assert due(missed, first=look, now=look, begun=begun) == Due((), None, NOON + timedelta(hours=1))
    found = due(missed, first=look, now=NOON + timedelta(hours=1, seconds=5), begun=begun)
    assert found == Due((NOON + timedelta(hours=1),), None, NOON + timedelta(hours=2))


def test_a_long_catch_up_comes_in_parts() -> None:
    config = ScheduleConfig(interval=timedelta(minutes=1), missed="all", missed_limit=45)
    first, now, fired = NOON - timedelta(minutes=100), NOON, list[datetime]()
    skipped = 0
    while first <= now:
        found = what_is_due(schedule_of(config), config, first=first, now=now)
        assert 0 < len(found.fire) <= AT_ONCE
        fired.extend(found.fire)
        skipped += 0 if found.skipped is None else found.skipped.count
        assert found.next_at is not None
        first = found.next_at
    # The last one was not missed.
    assert fired == [NOON - timedelta(minutes=number) for number in range(45, -1, -1)]
    assert skipped == 101 - 46

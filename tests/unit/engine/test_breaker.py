"""The circuit breaker: when it opens, lets one through, and closes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.domain.errors import OperationalError
from concertmaster.engine.breaker import Breaker, BreakerPolicy, Breakers

POLICY = BreakerPolicy(failures=3, open_seconds=10)
HOST = ["host:api.example"]


def failed(breakers: Breakers, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        breakers.enter(HOST, now)
        breakers.leave(HOST, False, now)


def test_it_opens_after_failures_in_a_row_and_says_when_to_come_again() -> None:
    breakers = Breakers(POLICY)
    failed(breakers, 2)
    breakers.leave(HOST, True, 0)
    failed(breakers, 3)
    with pytest.raises(OperationalError) as refused:
        breakers.enter(HOST, 4.0)
    assert refused.value.code == "breaker.open"
    assert refused.value.details["retry_after_seconds"] == pytest.approx(6.0)
    assert refused.value.retryable
    assert breakers.open(4.0) == HOST
    breakers.enter(["host:other.example"], 4.0)


def test_half_open_lets_one_through_and_its_end_decides() -> None:
    breakers = Breakers(POLICY)
    failed(breakers, 3)
    breakers.enter(HOST, 11.0)
    with pytest.raises(OperationalError):
        breakers.enter(HOST, 11.0)
    breakers.leave(HOST, False, 12.0)
    with pytest.raises(OperationalError):
        breakers.enter(HOST, 21.0)
    breakers.enter(HOST, 22.5)
    breakers.leave(HOST, True, 23.0)
    assert breakers.open(23.0) == []
    breakers.enter(HOST, 23.0)


def test_a_trial_that_says_nothing_makes_room_for_the_next() -> None:
    breakers = Breakers(POLICY)
    failed(breakers, 3)
    breakers.enter(HOST, 11.0)
    breakers.leave(HOST, None, 12.0)
    breakers.enter(HOST, 12.0)


def test_who_is_refused_by_one_resource_does_not_try_another() -> None:
    breakers, later = Breakers(POLICY), ["connection:later"]
    failed(breakers, 3)
    for _ in range(3):
        breakers.leave(later, False, 8.0)
    with pytest.raises(OperationalError) as refused:
        breakers.enter([*HOST, *later], 11.0)
    assert refused.value.details["resource"] == later[0]
    breakers.enter(HOST, 11.0)


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.floats(0, 5)), max_size=50))
def test_it_is_open_only_after_enough_failures_without_a_success(steps: list[tuple[bool | None, float]]) -> None:
    breaker, now, in_a_row = Breaker(), 0.0, 0
    for ok, pause in steps:
        now += pause
        breaker = breaker.after(ok, POLICY, now)
        in_a_row = 0 if ok else in_a_row + (ok is False)
        assert (breaker.stands(POLICY, now) != "closed") == (in_a_row >= POLICY.failures)

"""What nodes raise and return that no journal can hold: it fails the node, and never wedges the execution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from concertmaster import OperationalError, UserError, Wait, node
from concertmaster.domain.policy import RetryPolicy
from concertmaster.engine.failures import failure_of
from concertmaster.engine.retry import next_delay
from concertmaster.storage.encoding import encode
from engine_harness import running_engine


class Mean(float):
    """What NumPy's float64 is too: a float that JSON encoders refuse."""


class Count(int):
    """A whole number of a class of its own."""


ERRORS: dict[str, Callable[[], Exception]] = {
    "mean": lambda: OperationalError("test.odd", "no", mean=Mean(1.5)),
    "count": lambda: UserError("test.odd", "no", count=Count(2**300)),
    "code": lambda: UserError("test.\ud800", "no"),
    "no code": lambda: UserError("", "no"),
    "long code": lambda: UserError("c" * 10_000, "no"),
    "list": lambda: UserError(["x"], "no"),  # type: ignore[arg-type]
    "key": lambda: UserError("test.odd", "\ud800\0", **{"\ud800": "\ud800", "n" * 9: float("nan")}),
    "half": lambda: ValueError("\ud800"),
}


@pytest.mark.parametrize("which", list(ERRORS))
async def test_an_error_with_odd_contents_is_the_failure_of_its_node(tmp_path: Path, which: str) -> None:
    @node(id="t.odd", effect="none")
    def odd() -> None:
        """Raises."""
        raise ERRORS[which]()

    async with running_engine(tmp_path, [odd]) as harness:
        row, _ = await harness.run("{concertmaster: 1, name: odd, nodes: {n: {type: t.odd}}}")
    assert row.status == "failed"
    assert row.error is not None
    assert 0 < len(row.error.code) <= 200


@pytest.mark.parametrize("which", list(ERRORS))
def test_a_failure_can_always_be_encoded(which: str) -> None:
    failure = failure_of(ERRORS[which](), node="n")
    assert b"n" in encode(failure.as_json())


WAITS: dict[str, Callable[[], Wait]] = {
    "long": lambda: Wait(timedelta(days=4_000_000)),
    "negative": lambda: Wait(timedelta(days=-1)),
    "naive": lambda: Wait(until=datetime(2030, 1, 1)),
    "before all": lambda: Wait(until=datetime.fromisoformat("0001-01-01T00:00:00+12:00")),
    "after all": lambda: Wait(until=datetime.fromisoformat("9999-12-31T23:59:59-12:00")),
}


@pytest.mark.parametrize("which", list(WAITS))
async def test_an_impossible_wait_is_the_failure_of_its_node(tmp_path: Path, which: str) -> None:
    @node(id="t.wait", effect="none")
    async def wait() -> Wait:
        """Waits."""
        return WAITS[which]()

    async with running_engine(tmp_path, [wait]) as harness:
        row, _ = await harness.run("{concertmaster: 1, name: odd, nodes: {n: {type: t.wait}}}")
    assert row.status == "failed"
    assert row.error is not None
    assert row.error.code == "wait.config"


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00"])
async def test_flow_wait_refuses_an_instant_outside_of_the_calendar(tmp_path: Path, until: str) -> None:
    async with running_engine(tmp_path) as harness:
        row, _ = await harness.run(
            f"{{concertmaster: 1, name: odd, nodes: {{n: {{type: flow.wait, config: {{until: '{until}'}}}}}}}}"
        )
    assert row.status == "failed"
    assert row.error is not None
    assert row.error.code == "wait.config"


def test_a_wait_ends_in_utc() -> None:
    instant = datetime.fromisoformat("2030-01-01T02:00:00+02:00")
    assert Wait(until=instant).until == datetime(2030, 1, 1, tzinfo=UTC)


async def test_a_huge_backoff_waits_its_longest_and_keeps_to_the_attempts(tmp_path: Path) -> None:
    calls: list[int] = []

    @node(id="t.down", effect="write", idempotent=True)
    def down() -> None:
        """Fails."""
        calls.append(1)
        raise OperationalError("test.down", "no")

    retry = "{maximum_attempts: 4, initial_interval: 1ms, backoff_coefficient: 2147483647, maximum_interval: 2ms}"
    async with running_engine(tmp_path, [down]) as harness:
        row, _ = await harness.run(
            f"{{concertmaster: 1, name: down, nodes: {{n: {{type: t.down, policy: {{retry: {retry}}}}}}}}}"
        )
    assert row.status == "failed"
    assert len(calls) == 4


@pytest.mark.parametrize("failures", [1, 2, 3, 60, 100_000])
@pytest.mark.parametrize("coefficient", [1, 10, 1e200, float("inf")])
@pytest.mark.parametrize("initial", [timedelta(), timedelta(milliseconds=1), timedelta(days=3660)])
def test_a_wait_before_a_retry_never_exceeds_its_longest(failures: int, coefficient: float, initial: timedelta) -> None:
    policy = RetryPolicy(9, initial, coefficient, timedelta(seconds=5))
    assert timedelta() <= next_delay(policy, failures, seed="x") <= timedelta(seconds=5)

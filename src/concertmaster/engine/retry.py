"""The wait before the next attempt."""

from __future__ import annotations

import math
import random
from datetime import timedelta

from concertmaster.domain.policy import RetryPolicy


def next_delay(policy: RetryPolicy, failures: int, *, seed: str) -> timedelta:
    """Wait before the next attempt, with full jitter.

    Args:
        failures: failed attempts so far, from 1.
        seed: names execution, node and attempt, so that a replay waits the same.
    Returns:
        Between 0 and the capped backoff; never above `policy.maximum_interval`.
    Raises:
        ValueError: `failures` is below 1.
    Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    if failures < 1:
        raise ValueError("failures counts from 1")
    cap_seconds = min(_backoff_seconds(policy, failures), policy.maximum_interval.total_seconds())
    return timedelta(seconds=random.Random(seed).uniform(0, cap_seconds))  # noqa: S311 (jitter, not a secret)


def _backoff_seconds(policy: RetryPolicy, failures: int) -> float:
    """The bound without its cap; beyond what a float can hold it is infinite."""
    initial_seconds = policy.initial_interval.total_seconds()
    if not initial_seconds:
        return 0.0
    try:
        return initial_seconds * policy.backoff_coefficient ** float(failures - 1)
    except OverflowError:
        return math.inf

"""The wait before the next attempt."""

from __future__ import annotations

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
    # A float power overflows near 1024; the cap is reached long before.
    factor = policy.backoff_coefficient ** min(failures - 1, 500)
    cap_seconds = min(policy.initial_interval.total_seconds() * factor, policy.maximum_interval.total_seconds())
    return timedelta(seconds=random.Random(seed).uniform(0, cap_seconds))  # noqa: S311 (jitter, not a secret)

"""The three workloads and how they are measured, for every peer alike; runs inside the peer's own environment."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

STEPS, WIDTH = 10, 100
ROUNDS = 3

Run = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How often each workload runs; a slow peer gets smaller ones, so that the whole table takes minutes."""

    singles: int = 50
    at_once: int = 200
    fan_outs: int = 15


@dataclass(frozen=True, slots=True)
class Figures:
    """What a peer's script prints as JSON in its last line; medians."""

    linear10_ms: float
    at_once_per_second: float
    n: int
    fan_out_ms: float | None  # None: the row has no such workload
    version: str
    durability: str


def last_step(done: int, expected: int) -> None:
    """Refuse a run that did not do every step.

    Raises:
        RuntimeError: it did not.
    """
    if done != expected:
        raise RuntimeError(f"{done} steps were done instead of {expected}")


async def _linear10(run: Run) -> float:
    begun = time.perf_counter()
    last_step(await run(), STEPS)
    return time.perf_counter() - begun


async def _fan_out(run: Run) -> float:
    begun = time.perf_counter()
    last_step(await run(), WIDTH + 2)
    return time.perf_counter() - begun


async def _together(run: Run, count: int) -> list[int]:
    return list(await asyncio.gather(*(run() for _ in range(count))))


async def measure(
    linear10: Run,
    fan_out: Run,
    *,
    sizes: Sizes,
    version: str,
    durability: str,
    together: Callable[[int], Awaitable[list[int]]] | None = None,
) -> None:
    """Run the workloads after warm runs of each, and print the figures.

    Args:
        linear10: starts ten steps in sequence and waits for their end; returns how many were done.
        fan_out: one step, `WIDTH` in parallel, one step; returns how many were done.
        sizes: how often.
        version: of the peer, and of the server it needs.
        durability: what survives a crash, in a few words.
        together: starts that many `linear10` before it waits for any; only for a peer whose calls block.
    """

    async def rate() -> float:
        begun = time.perf_counter()
        done = await (together(sizes.at_once) if together else _together(linear10, sizes.at_once))
        seconds = time.perf_counter() - begun
        last_step(sum(done), STEPS * sizes.at_once)
        return sizes.at_once / seconds

    await _linear10(linear10)
    await _linear10(linear10)
    singles = [await _linear10(linear10) for _ in range(sizes.singles)]
    rates = [await rate() for _ in range(ROUNDS)]
    await _fan_out(fan_out)
    fan_outs = [await _fan_out(fan_out) for _ in range(sizes.fan_outs)]
    figures = Figures(
        linear10_ms=statistics.median(singles) * 1e3,
        at_once_per_second=statistics.median(rates),
        n=sizes.at_once,
        fan_out_ms=statistics.median(fan_outs) * 1e3,
        version=version,
        durability=durability,
    )
    print(json.dumps(asdict(figures)), flush=True)

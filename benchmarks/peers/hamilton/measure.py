"""Hamilton: a library that runs a graph of functions in this process and keeps nothing."""

# The peer is installed in its own environment only: where pyright runs, its name leads to this folder or to nothing.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import asyncio
from importlib.metadata import version
from itertools import pairwise

from hamilton import ad_hoc_utils, driver

from benchmarks.peers.workload import STEPS, WIDTH, Sizes, measure


def step(name: str, *after: str) -> str:
    """Source of a function that counts itself and what the functions `after` counted.

    Hamilton reads the graph from names and signatures, so that functions made in a loop have to be made as text.
    """
    return f"def {name}({', '.join(f'{one}: int' for one in after)}) -> int:\n    return {' + '.join(['1', *after])}\n"


def built(name: str, steps: list[str]) -> driver.Driver:
    """A driver over the functions."""
    module = ad_hoc_utils.module_from_source("".join(steps), module_name=name)
    return driver.Builder().with_modules(module).build()


async def main() -> None:
    """Measure."""
    names = [f"n{index}" for index in range(STEPS)]
    chain = built("chain", [step("n0"), *(step(name, before) for before, name in pairwise(names))])
    middle = [f"m{index}" for index in range(WIDTH)]
    fan = built("fan", [step("first"), *(step(name, "first") for name in middle), step("last", *middle)])

    async def linear10() -> int:
        return chain.execute([names[-1]])[names[-1]]

    async def fan_out() -> int:
        # Each of the middle counted the first one in.
        return fan.execute(["last"])["last"] - WIDTH + 1

    await measure(
        linear10,
        fan_out,
        sizes=Sizes(singles=200, at_once=1_000),
        version=version("apache-hamilton"),
        durability="nothing: calls in one process, one after the other",
    )


if __name__ == "__main__":
    asyncio.run(main())

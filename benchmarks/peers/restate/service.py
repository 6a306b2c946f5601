"""The service that the Restate server calls; served by hypercorn, which speaks the HTTP/2 that Restate prefers."""

# The peer is installed in its own environment only: where pyright runs, its name leads to this folder or to nothing.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
from __future__ import annotations

import restate

from benchmarks.peers.workload import STEPS, WIDTH

service = restate.Service("peer")


async def step(done: int) -> int:
    """Do nothing."""
    return done + 1


@service.handler()
async def linear10(ctx: restate.Context) -> int:
    """Ten steps in sequence."""
    done = 0
    for _ in range(STEPS):
        done = await ctx.run_typed("step", step, restate.RunOptions(), done)
    return done


@service.handler()
async def fan_out(ctx: restate.Context) -> int:
    """One, many, one."""
    first = await ctx.run_typed("step", step, restate.RunOptions(), 0)
    middle = [ctx.run_typed("step", step, restate.RunOptions(), 0) for _ in range(WIDTH)]
    await restate.gather(*middle)
    done = first + sum([await one for one in middle])
    return await ctx.run_typed("step", step, restate.RunOptions(), done)


app = restate.app([service])

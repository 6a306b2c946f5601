"""Driving: placement, dispatcher and lease of this process, from its first claim to its last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol

from concertmaster.domain.interfaces import Lease
from concertmaster.engine.dispatcher import Dispatcher
from concertmaster.engine.hooks import Hooks
from concertmaster.engine.parts import Engine
from concertmaster.executors.local import LocalPlacement

# A lease of 8 s and this are how long executions of a killed process stand still at most.
LOOK_SECONDS = 1.0


class MakeLease(Protocol):
    """Makes the lease of this process; `on_lost` is called when others may own everything by now."""

    def __call__(self, *, on_lost: Callable[[], Awaitable[object]]) -> Lease: ...


@asynccontextmanager
async def driving(
    engine: Engine,
    hooks: Hooks,
    make_lease: MakeLease,
    *,
    shared: bool,
    everything: bool = True,
    begin: asyncio.Event | None = None,
) -> AsyncGenerator[LocalPlacement]:
    """Take a lease, and let the dispatcher hand out what there is to drive, until the block ends.

    Args:
        shared: other processes use the same database.
        everything: see `Dispatcher`.
        begin: when the dispatcher does.
    """
    placement = LocalPlacement(
        engine,
        on_room=lambda: dispatcher.room_made(),
        on_rest=lambda wake_at: dispatcher.expect(wake_at),
        on_missed=lambda execution_id: dispatcher.wake([execution_id]),
    )
    dispatcher = Dispatcher(
        engine.journal,
        placement,
        engine.clock,
        engine.owner,
        look_seconds=LOOK_SECONDS if shared else None,
        everything=everything,
    )

    async def start_over() -> None:
        """Others go on with what is in memory here, so it is thrown away."""
        await placement.abandon()
        engine.owner.renew()
        await lease.register(engine.owner.name)
        dispatcher.poke()

    lease = make_lease(on_lost=start_over)
    await lease.register(engine.owner.name)
    hooks.dispatcher, hooks.limits = dispatcher, engine.limits
    try:
        async with running(dispatcher.run, begin=begin):
            yield placement
    finally:
        # Drives stop at an await; what they queued is committed before the lease is given back.
        await placement.abandon()
        if shared:
            # Else nobody goes on with them before this process has ended, and its attempts with it.
            await placement.ended()
        engine.limits.close()
        await lease.release()


@asynccontextmanager
async def running(
    work: Coroutine[Any, Any, None] | Callable[[], Coroutine[Any, Any, None]], *, begin: asyncio.Event | None = None
) -> AsyncGenerator[None]:
    """Have something run beside the block, from the moment that `begin` is set."""
    task = asyncio.create_task(_after(begin, work) if callable(work) else work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _after(begin: asyncio.Event | None, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    if begin is not None:
        await begin.wait()
    await work()

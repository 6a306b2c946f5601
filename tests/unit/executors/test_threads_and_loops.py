"""Node code that hangs inside the server's process: it is left behind, and what comes later goes on."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio

from concertmaster.domain.interfaces import Abandoned
from concertmaster.executors.local import LocalCompute


@pytest_asyncio.fixture
async def compute() -> AsyncIterator[LocalCompute]:
    compute = LocalCompute(threads=2, grace_seconds=0.05, blocked_seconds=0.2)
    yield compute
    await compute.close()


def nothing() -> None:
    """For nodes that cannot be told to stop."""


async def abandoned(compute: LocalCompute, release: threading.Event, *, alone: str | None = None) -> None:
    """Leave a thread behind that ends when it is released."""
    running = threading.Event()

    def hang() -> None:
        running.set()
        release.wait(60)

    call = asyncio.create_task(compute.run(hang, where="thread", stop=nothing, alone=alone))
    await asyncio.to_thread(running.wait, 30)
    call.cancel()
    with pytest.raises(Abandoned):
        await call


async def test_a_blocked_loop_of_plugins_is_replaced_and_named(
    compute: LocalCompute, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    release = threading.Event()

    async def blocks_the_loop() -> str:
        release.wait(60)
        return "late"

    async def quick() -> str:
        return "quick"

    blocked = asyncio.create_task(compute.run(blocks_the_loop, where="plugin_loop", stop=nothing))
    async with asyncio.timeout(30):
        while not compute.stats().plugin_loops_replaced:
            await asyncio.wait({blocked}, timeout=0.01)
        assert await compute.run(quick, where="plugin_loop", stop=nothing) == "quick"
        assert not blocked.done()
        release.set()
        assert await blocked == "late"
    assert compute.stats().plugin_loops_replaced == 1
    told = [record for record in caplog.records if record.name.endswith("plugin_loop")]
    assert "in blocks_the_loop" in told[0].stack  # type: ignore[attr-defined]


async def test_a_loop_that_only_waits_is_not_replaced(compute: LocalCompute) -> None:
    async def waits() -> int:
        await asyncio.sleep(0.6)
        return 1

    assert await compute.run(waits, where="plugin_loop", stop=nothing) == 1
    assert compute.stats().plugin_loops_replaced == 0


async def test_a_write_waits_for_the_abandoned_thread_of_its_former_attempt(compute: LocalCompute) -> None:
    release = threading.Event()
    await abandoned(compute, release, alone="execution/node")
    assert compute.left_behind("execution/node")
    again = asyncio.create_task(compute.run(lambda: 2, where="thread", stop=nothing, alone="execution/node"))
    assert await compute.run(lambda: 3, where="thread", stop=nothing, alone="execution/other") == 3
    assert not again.done()
    release.set()
    assert await asyncio.wait_for(again, 30) == 2
    assert not compute.left_behind("execution/node")


async def test_a_write_waits_for_the_thread_of_its_former_attempt_from_the_start(compute: LocalCompute) -> None:
    release, running = threading.Event(), threading.Event()
    at_once: list[str] = []

    def hang() -> None:
        at_once.append("first")
        running.set()
        release.wait(60)
        at_once.remove("first")

    first = asyncio.create_task(compute.run(hang, where="thread", stop=nothing, alone="execution/node"))
    await asyncio.to_thread(running.wait, 30)
    # Told to end twice, as by a cancel and then by a lost lease; still within its grace.
    first.cancel()
    await asyncio.wait({first}, timeout=0.01)
    first.cancel()
    again = [
        asyncio.create_task(compute.run(lambda: list(at_once), where="thread", stop=nothing, alone="execution/node"))
        for _ in range(2)
    ]
    with pytest.raises(Abandoned):
        await first
    release.set()
    assert await asyncio.wait_for(asyncio.gather(*again), 30) == [[], []]


async def test_a_call_on_the_loop_of_plugins_may_use_its_grace(compute: LocalCompute) -> None:
    tidied, begun = threading.Event(), threading.Event()

    async def tidies_up() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            tidied.set()

    call = asyncio.create_task(compute.run(tidies_up, where="plugin_loop", stop=nothing))
    await asyncio.to_thread(begun.wait, 30)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert tidied.is_set()


async def test_a_call_on_the_loop_of_plugins_that_does_not_listen_is_left_behind(compute: LocalCompute) -> None:
    door, begun = threading.Event(), threading.Event()

    async def deaf() -> None:
        begun.set()
        while not door.is_set():
            try:
                await asyncio.sleep(0.005)
            except asyncio.CancelledError:
                continue

    call = asyncio.create_task(compute.run(deaf, where="plugin_loop", stop=nothing))
    await asyncio.to_thread(begun.wait, 30)
    call.cancel()
    with pytest.raises(Abandoned):
        await call
    door.set()


@pytest.mark.parametrize("where", ["thread", "plugin_loop"])
async def test_an_error_that_cannot_be_shown_is_heard_of(
    compute: LocalCompute, where: Literal["thread", "plugin_loop"]
) -> None:
    class Unspeakable(BaseException):
        def __repr__(self) -> str:
            raise SystemExit(3)

    def fails() -> None:
        raise Unspeakable

    async def fails_later() -> None:
        raise Unspeakable

    for _ in range(3):  # more often than there are threads
        with pytest.raises(RuntimeError, match="Unspeakable"):
            await asyncio.wait_for(
                compute.run(fails if where == "thread" else fails_later, where=where, stop=nothing), 30
            )


async def test_a_loop_of_plugins_that_a_node_stopped_is_replaced(compute: LocalCompute) -> None:
    begun = threading.Event()

    async def waits() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def stops() -> None:
        asyncio.get_running_loop().stop()
        await asyncio.Event().wait()

    async def quick() -> str:
        return "quick"

    waiting = asyncio.create_task(compute.run(waits, where="plugin_loop", stop=nothing))
    await asyncio.to_thread(begun.wait, 30)
    for call in (compute.run(stops, where="plugin_loop", stop=nothing), waiting):
        with pytest.raises(RuntimeError, match="stopped the loop"):
            await asyncio.wait_for(call, 30)
    assert await asyncio.wait_for(compute.run(quick, where="plugin_loop", stop=nothing), 30) == "quick"


async def test_abandoned_threads_keep_their_slots_and_are_counted(
    compute: LocalCompute, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    await abandoned(compute, release)
    await abandoned(compute, release)
    assert compute.stats().abandoned_threads == 2
    assert any("hold all slots" in record.message for record in caplog.records)
    later = asyncio.create_task(compute.run(lambda: 1, where="thread", stop=nothing))
    await asyncio.wait({later}, timeout=0.05)
    assert not later.done()
    release.set()
    assert await asyncio.wait_for(later, 30) == 1
    async with asyncio.timeout(30):
        while compute.stats().abandoned_threads:
            await asyncio.sleep(0.001)

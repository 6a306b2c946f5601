"""Eager: run a coroutine up to its first wait at once; only one that has to wait becomes a task.

A task costs two turns of the event loop, which is most of what a node that computes for microseconds costs. Trap: until
its first wait the coroutine runs inside the caller's task, so it must not ask for `asyncio.current_task` (as
`asyncio.timeout` does) before.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, cast


def start_eagerly(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Run `work`; None when it has ended already, else the task in which it goes on.

    Raises:
        Exception: what it raised before its first wait.
    """
    try:
        awaited = work.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(cast("Coroutine[Any, Any, None]", _rest(work, awaited)))


@types.coroutine
def _rest(work: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Hand on what `work` waits for, and what comes of it, until it ends."""
    while True:
        try:
            sent = yield awaited
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:
            step = lambda error=error: work.throw(error)  # noqa: E731
        else:
            step = lambda sent=sent: work.send(sent)  # noqa: E731
        try:
            awaited = step()
        except StopIteration:
            return

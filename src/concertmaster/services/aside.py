"""Small things to write down that no request waits for, nor fails with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from concertmaster.domain.errors import OperationalError

_log = logging.getLogger(__name__)


class Aside:
    """One note a key at a time; another one for it meanwhile is left out."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}

    def note(self, key: str, write: Callable[[], Awaitable[None]]) -> None:
        """Begin to write, unless this is being done."""
        if key in self._running:
            return
        self._running[key] = task = asyncio.create_task(self._write(write), name=f"note-{key}")
        task.add_done_callback(lambda _: self._running.pop(key, None))

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _write(self, write: Callable[[], Awaitable[None]]) -> None:
        try:
            await write()
        except OperationalError as error:
            _log.warning("note not written", extra={"code": error.code, "error": error.message})

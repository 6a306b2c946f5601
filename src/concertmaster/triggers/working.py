"""The loop of whoever works off what starts executions by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from concertmaster.domain.errors import ConcertMasterError

_log = logging.getLogger(__name__)
TROUBLE_SECONDS = 1.0


async def keep_working(work: Callable[[], Awaitable[float]], poked: asyncio.Event, *, on: str) -> None:
    """Do rounds of `work`, for ever; each gives the seconds until the next one, which begins earlier when poked.

    Args:
        on: what it works on, for the log.
    """
    while True:
        poked.clear()
        try:
            pause = await work()
        except ConcertMasterError as error:
            _log.warning("%s have to wait: %s", on, error.message)
            pause = TROUBLE_SECONDS
        except Exception:
            # A bug must not end the only one who works on it.
            _log.exception("working on %s failed", on)
            pause = TROUBLE_SECONDS
        if pause > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await poked.wait()

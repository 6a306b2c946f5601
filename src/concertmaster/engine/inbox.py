"""Inbox: reading the requests of others while an execution runs, which a database in trouble must not end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from concertmaster.domain.errors import OperationalError
from concertmaster.domain.interfaces import InboxItem, Journal

_log = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0


async def unanswered(journal: Journal, execution_id: str, *, again: Callable[[], None]) -> Sequence[InboxItem]:
    """The requests that nobody has answered yet; none while they cannot be read.

    Args:
        again: called after a pause when it is worth asking once more; what runs meanwhile goes on.
    """
    try:
        return await journal.inbox(execution_id)
    except OperationalError as error:
        if not error.retryable:
            raise
        place = {"execution_id": execution_id}
        _log.warning("requests cannot be read; trying again: %s", error.message, extra=place)
        asyncio.get_running_loop().call_later(PAUSE_SECONDS, again)
        return ()

"""Hook places: how many requests to webhooks wait for an answer, each with a connection that others cannot have."""

from __future__ import annotations

import resource
from collections import Counter
from contextlib import AbstractContextManager, ExitStack, nullcontext

from concertmaster.domain.errors import OperationalError, TooManyRequests
from concertmaster.domain.interfaces import TriggerRow
from concertmaster.domain.triggers_webhook import WebhookConfig

SHARE = 4
"""One webhook has this part of the places."""
RETRY_SECONDS = 1


class HookPlaces:
    """The places of this process.

    Args:
        most: of all webhooks together; a server gives half of its file descriptors to connections (`cli.http_door`),
            and of those half are left to people.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = Counter[tuple[str, str]]()

    def take(self, row: TriggerRow, config: WebhookConfig) -> AbstractContextManager[object]:
        """Take a place where the caller waits for something; the end of the block gives it back.

        Raises:
            TooManyRequests: `hook.busy`, the webhook has its share.
            OperationalError: `hook.full`, none is left.
        """
        if config.respond == "now":
            return nullcontext()
        key, most = (row.workflow, row.name), self._bound()
        share = max(most // SHARE, 1)
        if self._taken[key] >= share:
            message = f"{share} calls of this webhook wait for an answer, no more can; try again in {RETRY_SECONDS} s"
            raise TooManyRequests("hook.busy", message, retry_after=RETRY_SECONDS)
        if self._taken.total() >= most:
            raise OperationalError("hook.full", f"{most} calls of webhooks wait for an answer, no more can; try again")
        self._taken[key] += 1
        given = ExitStack()
        given.callback(self._give_back, key)
        return given

    def _give_back(self, key: tuple[str, str]) -> None:
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]

    def _bound(self) -> int:
        # Asked each time: a server that starts raises it.
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return self._most if descriptors == resource.RLIM_INFINITY else min(self._most, max(descriptors // 4, 1))
